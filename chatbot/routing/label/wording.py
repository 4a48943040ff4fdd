"""What the words around a condition or a medicine make of it; the phrases stand in wording.toml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from chatbot.routing.label.line import OTHER, OWN, Line
from chatbot.routing.label.phrases import MARKS, Found
from chatbot.routing.label.words import Words

# How a condition is told. TREATING to BARE may make it what is treated, HARM and NO never do.
TREATING, OWN_FOR, FOR, OWN_IN, IN, WITH, USE, BARE = (
    "treating",
    "own for",
    "for",
    "own in",
    "in",
    "with",
    "use",
    "bare",
)
WHOM = "for whom"  # "for men with it"
TOPIC = "topic"  # bare, but beside the product or at the head of the question
HARM, NO, BESIDE = "harm", "no", "beside"  # BESIDE: another medicine is for it
HOW = (TREATING, OWN_FOR, FOR, WHOM, OWN_IN, IN, WITH, USE, TOPIC, BARE, HARM, NO, BESIDE)
_GAP = {
    "treating": 3,
    "harm": 3,
    "for": 3,
    "in": 3,
    "with": 3,
    "no": 1,
}  # items between such a phrase and its condition
_NEAR = 2  # items between a product and "for" or "in"
_BESIDE = 3  # items between a phrase of comparing and the medicine it takes
_DENIED = 3  # items between "not" and "licensed"
_SHORT = 7  # words
_ASIDE = 1  # items between "with" and a medicine that is taken as well


def told(line: Line, at: int, name: str, words: Words) -> str:
    """How the condition at an item is told; see HOW."""
    start, end = line.sentence(at)
    before = _nearest(line, start, at)
    if name not in words.told["uses"] and (before is None or at - before.end > 1):
        after = _after(line, at, end)
        if after:
            return after
    if before is None:
        if name in words.told["uses"]:
            return USE
        beside = {at - 1, at + 1} & set(line.at(OWN))
        heads = at - start <= 1 and at + 1 < end and line.said[at + 1] == "," and bool(_last(line, OWN, at, end) > at)
        return TOPIC if beside or heads else BARE
    if before.means in ("harm", "no"):
        return {"harm": HARM, "no": NO}[before.means]
    ours = _last(line, OWN, start, before.start)
    others = _last(line, OTHER, start, before.start)
    if others > ours:
        return BESIDE
    near = 0 <= before.start - ours - 1 <= _NEAR if ours >= 0 else False
    if before.means == "for":
        return OWN_FOR if near else FOR
    if before.means == "in":
        if any(each.start == at + 1 for each in line.of("someone")):
            return IN  # "in diabetic patients"
        return OWN_IN if near else IN
    if before.means == "with":
        return WHOM if _for_people(line, before, start) else WITH
    return OWN_FOR if near else TREATING


def _for_people(line: Line, cue: Found, start: int) -> bool:
    """Whether "for men", "pour des patients" stands right before "with"."""
    people = [each.start for each in line.of("someone") if each.end == cue.start]
    return any(start <= each.start and 0 <= at - each.end <= 1 for each in line.of("for") for at in people)


def _nearest(line: Line, start: int, at: int) -> Found | None:
    """The phrase that decides: the nearest before a condition, of those as near the longest."""
    fits = [
        cue
        for cue in line.cues
        if cue.means in _GAP
        and start <= cue.start
        and cue.end <= at <= cue.end + _GAP[cue.means]
        and not any(item in MARKS or item == "+" for item in line.said[cue.end : at])
    ]
    return min(fits, key=lambda cue: (at - cue.end, cue.start), default=None)


def _after(line: Line, at: int, end: int) -> str:
    for cue in line.of("treated", "harmed"):
        if at < cue.start <= min(at + 2, end) and not any(item in MARKS for item in line.said[at + 1 : cue.start]):
            return TREATING if cue.means == "treated" else HARM
    return ""


def _last(line: Line, kind: str, start: int, before: int) -> int:
    return max((at for at in line.at(kind) if start <= at < before), default=-1)


def read(line: Line, words: Words) -> frozenset[str]:
    """What the words say of the whole question:

    explicit, that there is no licence, with ".unsure" where the reporting of that is spoken of; licence, whether there
    is one; above, more than the maximum; over, more than a dose; instead, one interval for another; keeps_off,
    prevention; acute; alone; together with another medicine; happened, taken or missed already; use, how to; safe,
    whether one may; comparing, with ".unsure" where medicines only may be set against each other; ours, "your pen";
    short, a handful of words.
    """
    found = set(_asks(line))
    if line.of("explicit") or any(_denied(line, cue) for cue in line.of("licence")):
        found.add("explicit.unsure" if line.of("reporting") else "explicit")
    elif any(_asked(line, cue) for cue in line.of("licence")):
        found.add("licence")
    if _ours(line):
        found.add("ours")
    if _combined(line):
        found.add("together")
    compared = _compared(line, words)
    return frozenset(found | ({compared} if compared else set()))


def _asks(line: Line) -> Iterator[str]:
    names = {
        "ask_use": "use",
        "ask_safe": "safe",
        "happened": "happened",
        "above": "above",
        "over": "over",
        "keeps_off": "keeps_off",
        "acute": "acute",
        "alone": "alone",
        "instead": "instead",
    }
    means = {cue.means for cue in line.cues}
    yield from (name for cue, name in names.items() if cue in means)
    if sum(item not in MARKS for item in line.said) <= _SHORT:
        yield "short"


def _ours(line: Line) -> list[int]:
    """Where "your pen", "your DOAC" stands, whichever product that is."""
    things = {cue.start for cue in line.cues if cue.means == "thing" or cue.means.startswith("forms:")} | set(
        line.at(OTHER)
    )
    return [cue.start for cue in line.of("ours") if things & set(range(cue.end, cue.end + 3))]


def _denied(line: Line, cue: Found) -> bool:
    return any(
        0 <= cue.start - no.end <= _DENIED and no.start >= line.sentence(cue.start)[0] for no in line.of("denied")
    )


def _asked(line: Line, cue: Found) -> bool:
    start, end = line.sentence(cue.start)
    marked = end < len(line.said) and line.said[end] == "?"
    return marked or any(start <= ask.start <= start + 1 for ask in line.of("asked"))


def _combined(line: Line) -> bool:
    """Whether a product is said to be combined with another medicine."""
    medicines = sorted((*line.at(OTHER), *line.at(OWN)))
    near = any(b - a == 2 and line.said[a + 1] == "+" for a, b in pairwise(medicines))
    return len(medicines) > 1 and (near or bool(line.of("together")))


def _compared(line: Line, words: Words) -> str:
    """ "comparing" where two medicines are set against each other, with ".unsure" where they only may be."""
    ours, others = line.at(OWN) or _ours(line), line.at(OTHER)
    if not others and len({name for named in line.named if named.kind == OWN for name in named.names}) < 2:
        return "comparing.unsure" if _stranger(line, words) else ""
    sham = {at for cue in line.of("sham") for at in range(cue.start, cue.end)}
    if any(_sets_against(line, cue, ours, others, sham, words) for cue in line.of("against")):
        return "comparing"
    if any(0 <= at - cue.end <= _BESIDE for cue in line.of("against") for at in sham):
        return ""
    weighing = line.of("weighing")
    free = [at for at in others if not _aside(line, at, words)]
    pairs = [{cue.start - 1, cue.end} for cue in line.of("or") if {cue.start - 1, cue.end} <= {*ours, *others}]
    chosen = any(pair & set(ours) and pair & set(others) and not _aside(line, min(pair), words) for pair in pairs)
    two = len(set(ours)) > 1 and not others and not line.of("together")
    sure = any(cue.said not in words.faint for cue in weighing) or bool(weighing and line.of("between"))
    if (sure and (free or chosen or two)) or chosen or (others and _worth(line)):
        return "comparing"
    return "comparing.unsure" if weighing and free and ours and not sham else ""


def _sets_against(
    line: Line, cue: Found, ours: Sequence[int], others: Sequence[int], sham: set[int], words: Words
) -> bool:
    """Whether a phrase takes a medicine behind it that is none of ours, or one of ours after another medicine."""
    if cue.said == "than" and cue.start and line.said[cue.start - 1] in ("other", "rather"):
        return False
    if cue.said in words.weak and not line.of("weighing") and not _set_against(cue, ours, others):
        return False
    span = set(range(cue.end, cue.end + _BESIDE))
    if not span & sham and span & set(others if ours else (*others, *ours)):
        return True
    return bool(span & set(ours)) and any(at < cue.start for at in (*others, *ours))


def _set_against(cue: Found, ours: Sequence[int], others: Sequence[int]) -> bool:
    """Whether a weak phrase stands right between ours and another medicine, or "against" right before one."""
    if cue.said == "against":
        return bool({cue.end, cue.end + 1} & set(others)) and any(at < cue.start for at in ours)
    return cue.end in others and (cue.start - 1 in ours or cue.said == "v")


def _aside(line: Line, at: int, words: Words) -> bool:
    """Whether another medicine is only taken as well, or was taken before."""
    start, _ = line.sentence(at)
    paired = [*line.of("between"), *(cue for cue in line.of("weighing") if cue.said in words.pairing)]
    if any(start <= cue.start < at for cue in paired):
        return False
    compared = [cue for cue in line.of("against") if 0 <= at - cue.end <= 1 and cue.end - cue.start > 1]
    return not compared and any(0 <= at - cue.end <= _ASIDE and cue.start >= start for cue in line.of("beside"))


def _worth(line: Line) -> bool:
    """Whether a question ends on what something adds, or asks what it has over another."""
    ends = [at for at, item in enumerate(line.said) if item == "?"] or [len(line.said)]
    return bool(line.of("worth_over")) or any(cue.end in ends for cue in line.of("worth"))


def _stranger(line: Line, words: Words) -> bool:
    """Whether ours is set against a word that nobody knows: most likely a new name."""
    ours = line.at(OWN)
    for cue in line.of("against"):
        if cue.said in words.weak and not (cue.said in ("than", "di", "als", "que") and line.of("weighing")):
            continue
        if any(at < cue.start for at in ours) and cue.end in line.strange:
            return True
        if any(0 <= at - cue.end <= 1 for at in ours) and any(at < cue.start for at in line.strange):
            return True
    return False
