"""The fixed texts as readers get them: each template with every combination of what the code may fill in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from jinja2 import nodes

from chatbot.answer.texts import environment_of, parameters_of
from chatbot.policy import Policy

_READING = environment_of({}, formal=True)  # what reads templates, and fills none
COMBINATIONS = 64  # of one template's values; with more of them, one value is changed at a time
# What the code fills in, in the order shown; "" where it may have nothing. A parameter that isn't here takes the values
# that its template compares it with or looks it up by, and else something or nothing.
VALUES: Mapping[str, tuple[str, ...]] = {
    "crisis": ("116 123", ""),
    "heading": ("4.2 Posology", ""),
    "intent": ("document_lookup", "whats_new", "education_event"),
    "kinds": ("PERSON", "DOB", "PHONE", "EMAIL", "ADDRESS", "MRN", "DOB PERSON PHONE"),
    "line": ("+44 20 7946 0000", ""),
    "meant": ("Avelora", ""),
    "minutes": ("1", "12"),
    "number": ("112", "999 / 112", ""),
    "product": ("Avelora", ""),
    "reason": ("not_supported", "no_content", "out_of_scope", "safety_text_missing", "injection"),
    "scheme": ("National scheme", ""),
    "scheme_url": ("https://scheme.example", ""),
    "url": ("https://portal.example/report", ""),
}


@dataclass(frozen=True, slots=True)
class Example:
    """One text that readers may get."""

    tone: str  # formal, informal, or both where they don't differ
    given: tuple[tuple[str, str], ...]  # by parameter, in the order of their names
    text: str


@dataclass(frozen=True, slots=True)
class Tones:
    """One policy, addressing its readers formally and informally."""

    own: Policy  # in the portal's tone
    other: Policy

    def examples(self, name: str, language: str) -> tuple[Example, ...]:
        """Every text that the template ``name`` gives in ``language``, each once, in the portal's tone first."""
        texts: dict[str, tuple[dict[str, str], list[bool]]] = {}
        for policy, formal in ((self.own, self.own.portal.formal), (self.other, not self.own.portal.formal)):
            for given in combinations(policy, name, language):
                text = policy.render(name, language, **given).text
                tones = texts.setdefault(text, (given, []))[1]
                if formal not in tones:
                    tones.append(formal)
        return tuple(Example(_tone(said), tuple(sorted(given.items())), text) for text, (given, said) in texts.items())


def tones_of(policy: Policy) -> Tones:
    """A policy in both tones; the templates of the other one are compiled here."""
    return Tones(policy, replace(policy, environment=environment_of(policy.templates, formal=not policy.portal.formal)))


def combinations(policy: Policy, name: str, language: str) -> list[dict[str, str]]:
    """What the code may fill into a template, together: all of it, or one value changed at a time."""
    asked = sorted(parameters_of(policy.templates[f"{language}/{name}"], _READING))
    sources = tuple(source for identity, source in policy.templates.items() if identity.partition("/")[2] == name)
    values = [_values(parameter, sources) for parameter in asked]
    every = 1
    for row in values:
        every *= len(row)
    chosen = product(*values) if every <= COMBINATIONS else _one_at_a_time(values)
    return [given for row in chosen if _possible(given := dict(zip(asked, row, strict=True)))]


def _possible(given: Mapping[str, str]) -> bool:
    """No address of a scheme without its name: the tables have both or neither."""
    return bool(given.get("scheme", "1")) or not given.get("scheme_url")


def _one_at_a_time(values: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    first = tuple(row[0] for row in values)
    yield first
    for at, row in enumerate(values):
        for value in row[1:]:
            yield (*first[:at], value, *first[at + 1 :])
    yield tuple(row[-1] for row in values)


def _values(parameter: str, sources: tuple[str, ...]) -> tuple[str, ...]:
    known = (*VALUES.get(parameter, ()), *_named(parameter, sources))
    return tuple(dict.fromkeys(known)) or (f"‹{parameter}›", "")


@cache
def _named(parameter: str, sources: tuple[str, ...]) -> tuple[str, ...]:
    """The values that a template, in any language, compares the parameter with or looks it up by."""
    found: dict[str, None] = {}
    for source in sources:
        tree = _READING.parse(source)
        for comparison in tree.find_all(nodes.Compare):
            if _is(comparison.expr, parameter):
                found |= dict.fromkeys(op.expr.value for op in comparison.ops if isinstance(op.expr, nodes.Const))
        if any(_is(key, parameter) for key in _looked_up(tree)):
            for pair in tree.find_all(nodes.Pair):
                if isinstance(pair.key, nodes.Const):
                    found[str(pair.key.value)] = None
    return tuple(found)


def _looked_up(tree: nodes.Template) -> Iterator[nodes.Node]:
    for item in tree.find_all(nodes.Getitem):
        yield item.arg
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "get" and call.args:
            yield call.args[0]


def _is(node: nodes.Node, parameter: str) -> bool:
    return isinstance(node, nodes.Name) and node.name == parameter


def _tone(said: Sequence[bool]) -> str:
    if len(said) == 2:
        return "both"
    return "formal" if said[0] else "informal"
