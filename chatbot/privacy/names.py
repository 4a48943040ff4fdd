"""Names of persons, told by what stands before or behind them: a title, "my mum", "name", a number, an age."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from chatbot.privacy.numbers import Span
from chatbot.privacy.parts import Parts, Row
from chatbot.privacy.personal import PersonalData
from chatbot.privacy.words import Text

_AGE = re.compile(
    r"[ ,(]{1,3}(?:aged? |age: ?)?\d{1,3}"
    r"(?:[ -]?(?:yo|y/o|y\.o\.|yrs?|years?|year-old|j\.|jahre|ans|años|anni|a\.)(?!\w)"
    r"|[ -]?(?:y|j|m|f|w)(?!\w)|(?=[,);]|$))",
    re.IGNORECASE,
)
_HEADER = re.compile(r"[\s,;|^A-Z]{1,4}(?:\d{6,10}(?!\w)|\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(?!\w))")
_MIDDLE = re.compile(r"[^\W\d_]{2,} [A-Z]\. [^\W\d_]{2,}")  # Ken N. Moreau
_SEPARATED = re.compile(r"[\s,;:|/().#°º–-]*")
_LINK = re.compile(r"[\s:,.=\-–(\"“]{0,4}")
_INITIALS = re.compile(r"[\s:.=]{0,3}((?:[A-Z]\.? ?){1,3}[A-Z]\.?)(?!\w)")
_DOTTED_INITIALS = re.compile(r"[ :]{1,2}((?!S\.C|I\.V|I\.M|P\.O|P\.R|E\.R|U\.S|U\.K)(?:[A-Z]\. ?){2,4})")
_BETWEEN = 3  # words between a name and its number


class Found(NamedTuple):
    """A name with the index of the word behind it."""

    start: int
    end: int
    after: int


@dataclass(frozen=True)
class NamesOf:
    """The rules over one text."""

    read: Text
    data: PersonalData
    never: Callable[[str], bool]

    def spans(self) -> list[Span]:
        """The names in the text, none over another."""
        parts = Parts(self.read, self.data.names, self.never)
        found: list[Span] = []
        at = 0
        while at < len(self.read.words):
            name = self._at(at, parts)
            if name is None:
                at += 1
            else:
                found.append((name.start, name.end, "PERSON"))
                at = max(name.after, at + 1)
        return found

    def _at(self, at: int, parts: Parts) -> Found | None:
        cues = self.read.by_word.get(at, ())
        for cue in cues:
            rule = _RULES.get(cue.kind)
            name = rule(self, cue.first, cue.after, parts) if rule else None
            if name is not None:
                return name
        # A word that announces a name is none itself, unless it is a given name, too.
        announces = any(cue.kind in _RULES for cue in cues) and not parts.is_given(at)
        return None if announces else self._bare(at, parts)

    # --- behind a cue -------------------------------------------------------------------------------------------

    def _titled(self, first: int, after: int, parts: Parts) -> Found | None:
        """Mrs Ilse Wendland, Prof. Dr. med. Müller, mr khan; but no "meine frau hustet"."""
        while self._is_title(after):
            after += 1
        if self._is_role(first):
            return None
        if not self._near(after, " .'’\n"):
            return None
        sure = any(cue.kind == "titled_small" for cue in self.read.by_word.get(first, ()))
        row = parts.row(after, titled=True)
        if row is not None:
            return Found(row.start, row.end, row.after) if sure else self._take(row)
        small = parts.small(after)
        named = first == 0 or self.read.words[first - 1].folded not in self.data.names.determiners
        return self._take(small) if small and ((sure and named) or small.given) else None

    def _dotted(self, first: int, after: int, parts: Parts) -> Found | None:
        """M. Dupont, but no M. Crohn, no M. tuberculosis and no Ken M. Dupont."""
        if first and self._gap_before(first) == " " and self.read.words[first - 1].text.istitle():
            return None
        said, stopped = self.read.words[after - 1].text, self._near(after, " .") and self._gap_before(after) != " "
        is_ms = said.casefold() == "ms"
        row = parts.row(after) if (said[0].isupper() or is_ms) and (stopped or said == "Ms") else None
        if row is not None:
            return self._take(row) if row.size > 1 or not parts.is_eponym(after) else None
        small = parts.small(after) if is_ms and self._near(after, " .") else None
        return self._take(small) if small and self._numbered(small) else None

    def _family(self, _: int, after: int, parts: Parts) -> Found | None:
        """Familie Aslan, nurse Joy Adams."""
        row = parts.row(after) if self._near(after, " ") else None
        return self._take(row) if row and (row.plain or row.size > 1) else None

    def _patient(self, first: int, after: int, parts: Parts) -> Found | None:
        """patient Maeve O'Dowd, pt R.T.; of a single word only one that is surely a name."""
        initials = _DOTTED_INITIALS.match(self.read.text, self.read.words[after - 1].end)
        if initials:
            return self._matched(initials)
        if after < len(self.read.words) and self.read.words[after].folded in self.data.names.calls:
            after += 1
        if not self._near(after, " :,(."):
            return None
        row = parts.row(after)
        if row is None:
            small = parts.small(after, strict=True)
            return self._take(small) if small and (small.given or self._numbered(small)) else None
        loose = row.plain and not parts.german and not parts.is_eponym(after)
        loose = loose and self._gap_before(after) in (" ", ": ", ":")
        sure = row.given or self._aged(row) or self._numbered(row)
        return self._take(row) if sure or (row.size > 1 and not row.behind) or (loose and row.size == 1) else None

    def _called(self, first: int, after: int, parts: Parts) -> Found | None:
        """name: Tessa Lund, née Dupont, my name is priya raman."""
        if first and self.read.words[first - 1].folded in self.data.names.things:
            return None
        while (
            after < len(self.read.words)
            and self._near(after, " :=?!")
            and self.read.words[after].folded in self.data.names.links
        ):
            after += 1
        if not self._near(after, " :=,.?\"“'(\n"):
            return None
        row = parts.row(after)
        if row is not None:
            return self._take(row) if row.plain or row.size > 1 else None
        surely = self._gap_before(after).strip() in (":", "=")
        surely = surely or self.read.words[after - 1].folded in self.data.names.surely
        small = parts.small(after, strict=not surely)
        return self._take(small) if small and (surely or small.given or self._numbered(small)) else None

    def _initials(self, _: int, after: int, __: Parts) -> Found | None:
        """initials R.T., initials: M T."""
        initials = _INITIALS.match(self.read.text, self.read.words[after - 1].end)
        return self._matched(initials) if initials else None

    def _self(self, _: int, after: int, parts: Parts) -> Found | None:
        """I'm Nuria Salas; but I'm Portuguese."""
        row = parts.row(after) if self._near(after, " :,") else None
        return self._take(row) if row and (row.given or (row.size > 1 and row.plain and not parts.german)) else None

    def _signed(self, _: int, after: int, parts: Parts) -> Found | None:
        """A name that ends the text behind "Kind regards", or stands behind "signed:"."""
        row = parts.row(after) if self._near(after, " ,.!-–:\n") else None
        last = row is not None and (row.after == len(self.read.words) or ":" in self._gap_before(after))
        return self._take(row) if row and last and row.plain else None

    # --- by what stands behind ----------------------------------------------------------------------------------

    def _bare(self, at: int, parts: Parts) -> Found | None:
        """Ned Farrow NHS 943 476 5919; TRAN, Bao | 1980-01-31; Eva Solberg, 77; Astrid Moen."""
        row = parts.row(at)
        told = row and (row.size > 1 or row.given or self._numbered(row))
        if row and told and row.plain and not row.behind and self._after_number(at):
            return self._take(row)
        if row is None:
            small = parts.small(at, strict=True) if parts.is_given(at) else None
            return self._take(small) if small and small.size > 1 and self._numbered(small) else None
        if row.turned and not row.behind and (self._numbered(row) or _HEADER.match(self.read.text, row.end)):
            return self._take(row)
        if row.behind or not row.plain:
            return None
        owner = self.read.words[row.after - 1].folded.endswith("'s")
        if (row.given and (row.size > 1 or self._numbered(row))) or (owner and self._numbered(row)):
            return self._take(row)
        initialled = _MIDDLE.match(self.read.text[row.start : row.end]) and not parts.german
        if row.size > 1 and (initialled or self._numbered(row) or self._aged(row) or parts.has_credentials(row.after)):
            return self._take(row)
        return None

    def _numbered(self, row: Row) -> bool:
        """Whether a number of a person follows, after its cue or a few words."""
        marks = self.data.marks.values()
        words = self.read.words
        end, at = words[row.after - 1].end, row.after
        for _ in range(_BETWEEN + 2):
            gap = _SEPARATED.match(self.read.text, end)
            end = gap.end() if gap else end
            if end < len(self.read.text) and self.read.text[end] in marks:
                return True
            if at >= len(words) or words[at].start != end or not self._joins(at):
                return False
            end, at = words[at].end, at + 1
        return False

    def _joins(self, at: int) -> bool:
        kinds = {cue.kind for cue in self.read.by_word.get(at, ())}
        return self.read.words[at].folded in self.data.names.joins or bool(kinds & self.data.values.keys())

    def _aged(self, row: Row) -> bool:
        return _AGE.match(self.read.text, row.end) is not None

    def _after_number(self, at: int) -> bool:
        """Whether a number of a person stands right before."""
        before = self.read.text[: self.read.words[at].start].rstrip(" ,;|(/–-")
        return bool(before) and before[-1] in self.data.marks.values()

    def _take(self, row: Row | None) -> Found | None:
        """A row as a name; where the whole text is in capitals only one that something else tells."""
        if row is None or (row.shouted and not (row.given or self._numbered(row) or self._aged(row))):
            return None
        return Found(row.start, row.end, row.after)

    # --- small questions ----------------------------------------------------------------------------------------

    def _near(self, after: int, signs: str) -> bool:
        """Whether only ``signs`` stand between a cue and the word behind it."""
        return after < len(self.read.words) and len(gap := self._gap_before(after)) <= 4 and not set(gap) - set(signs)

    def _gap_before(self, at: int) -> str:
        return self.read.gap(at - 1)

    def _is_role(self, at: int) -> bool:
        """Whether somebody is told to be what follows: "you are Dr …" names no person."""
        before = (cue for back in range(1, 4) for cue in self.read.by_word.get(at - back, ()))
        return any(cue.kind == "role" and cue.after == at for cue in before)

    def _is_title(self, at: int) -> bool:
        return any(cue.kind == "title" for cue in self.read.by_word.get(at, ()))

    def _matched(self, match: re.Match[str]) -> Found:
        end = match.start(1) + len(match.group(1).rstrip())
        after = next((at for at, word in enumerate(self.read.words) if word.start >= end), len(self.read.words))
        return Found(match.start(1), end, after)


_Rule = Callable[[NamesOf, int, int, Parts], "Found | None"]
_RULES: Mapping[str, _Rule] = {
    "title": NamesOf._titled,
    "dotted": NamesOf._dotted,
    "family": NamesOf._family,
    "patient": NamesOf._patient,
    "kin": NamesOf._patient,
    "called": NamesOf._called,
    "initials": NamesOf._initials,
    "self": NamesOf._self,
    "reach": NamesOf._self,
    "signed": NamesOf._signed,
}


def names_in(read: Text, data: PersonalData, never: Callable[[str], bool]) -> list[Span]:
    """The names in a text; no word that is ``never`` personal is part of one."""
    return NamesOf(read, data, never).spans()
