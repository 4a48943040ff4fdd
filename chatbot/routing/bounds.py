"""What a question asks beyond the products' labels: an off-label use, a comparison, another company's medicine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatbot.routing.entities import DONE, GIVEN, SINGLE, Entities, Mention, classes_in
from chatbot.routing.label import wording
from chatbot.routing.label.conditions import STATE, conditions
from chatbot.routing.label.line import OTHER
from chatbot.routing.label.row import Label, label_of
from chatbot.routing.label.words import words_of_release
from chatbot.routing.table import Table
from corpus.products import Product

OFF_LABEL, EXPLICIT, COMPARISON, OUT_OF_SCOPE = "off_label", "off_label.explicit", "comparison", "out_of_scope"
UNSURE = ".unsure"  # the end of a rule's id that decides nothing by itself
_MORE_OFTEN = 0.9  # of the licensed interval: 28 days are a month
_SHUT_OUT = {"settings:early": "settings:advanced", "settings:first": "settings:later"}
_HEARD = (wording.TREATING, wording.OWN_FOR, wording.FOR, wording.OWN_IN, wording.IN, wording.USE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One bound that a question crosses."""

    kind: str  # OFF_LABEL, EXPLICIT, COMPARISON or OUT_OF_SCOPE
    rule: str  # "bounds.condition"; with UNSURE behind it where the words don't settle it
    detail: str  # what was asked: a condition, an age, another medicine

    @property
    def sure(self) -> bool:
        """Whether the rule decides by itself."""
        return not self.rule.endswith(UNSURE)


def judge(entities: Entities, table: Table, inherited: tuple[str, ...]) -> tuple[Finding, ...]:
    """The bounds that a question crosses; ``inherited`` are the brands, folded, that the conversation is about."""
    meant = entities.products or inherited
    rows = table.named(meant)
    if not rows:
        return tuple(_elsewhere(entities, table))
    found = [*_explicit(entities), *_compared(entities, meant)]
    if "licence" not in entities.wording:
        found += _within_all(entities, [label_of(row) for row in rows])
    return tuple(dict.fromkeys(found))


def area_of(entities: Entities, products: Sequence[Product]) -> tuple[str, ...]:
    """The specialties of the portal, as its table has them, that a question touches."""
    words, known = words_of_release(), conditions()
    touched = {known.areas[each.name] for each in entities.conditions}
    touched |= {words.class_areas[name] for name in entities.others if name in words.class_areas}
    touched |= set(entities.areas)
    found = set()
    for product in products:
        areas = {known.areas[name] for name in label_of(product).conditions}
        areas |= {words.class_areas[name] for name in classes_in(product.drug_class) if name in words.class_areas}
        named = product.brand.casefold() in entities.products or classes_in(product.drug_class) & set(entities.others)
        if product.specialty and (named or areas & touched or product.specialty in entities.areas):
            found.add(product.specialty)
    return tuple(sorted(found))


def _explicit(entities: Entities) -> Iterator[Finding]:
    if "explicit" in entities.wording:
        yield Finding(EXPLICIT, "bounds.explicit", "")
    elif "explicit.unsure" in entities.wording:
        yield Finding(EXPLICIT, "bounds.explicit" + UNSURE, "")


def _compared(entities: Entities, meant: tuple[str, ...]) -> Iterator[Finding]:
    detail = ", ".join(entities.others) or ", ".join(meant)
    if "comparing" in entities.wording:
        yield Finding(COMPARISON, "bounds.comparison" if entities.others else "bounds.comparison.own", detail)
    elif "comparing.unsure" in entities.wording:
        yield Finding(COMPARISON, "bounds.comparison" + UNSURE, detail)


def _elsewhere(entities: Entities, table: Table) -> Iterator[Finding]:
    """Of a question that names no product of ours."""
    if "ours" in entities.wording and "comparing" in entities.wording:
        yield Finding(COMPARISON, "bounds.comparison", ", ".join(entities.others))
        return
    others = [name for name in entities.others if name not in table.classes]
    known = conditions()
    named = [each.name for each in entities.conditions if known.areas[each.name] != STATE]
    if others:
        yield Finding(OUT_OF_SCOPE, "scope.other_medicine", ", ".join(others))
    elif named and not entities.others and not any(_allowed(name, label) for name in named for label in table.labels):
        # A guideline of a portal's area is its matter; and where a label's row isn't known, nothing is outside it.
        near = not all(label.conditions for label in table.labels) or bool(area_of(entities, table.products))
        yield Finding(OUT_OF_SCOPE, "scope.condition" + (UNSURE if near else ""), named[0])


def _within_all(entities: Entities, labels: Sequence[Label]) -> Iterator[Finding]:
    """What no label of the products meant allows: one that allows it is enough."""
    found = [tuple(_outside(entities, label)) for label in labels]
    for rule, detail in found[0]:
        name = rule.removesuffix(UNSURE)
        same = [{each for each, other in row if other == detail and each.startswith(name)} for row in found]
        if all(same):
            yield Finding(OFF_LABEL, name if all(name in row for row in same) else name + UNSURE, detail)


def _outside(entities: Entities, label: Label) -> Iterator[tuple[str, str]]:
    yield from _condition(entities, label)
    yield from _purpose(entities, label)
    yield from _qualified(entities, label)
    yield from _population(entities, label)
    yield from _route(entities, label)
    yield from _dose(entities, label)
    yield from _combined(entities, label)


def _condition(entities: Entities, label: Label) -> Iterator[tuple[str, str]]:
    if not label.conditions:
        return
    known = conditions()
    heard = [each for each in entities.conditions if each.how not in (wording.HARM, wording.NO)]
    inside = [each for each in heard if _allowed(each.name, label)]
    for each in heard:
        if each in inside or known.areas[each.name] == STATE:
            continue
        verdict = _treated(each, entities, label, bool(inside))
        if each.how == wording.TOPIC and verdict and "use" in entities.wording and len(heard) == 1:
            verdict = 2
        if verdict:
            rule = "bounds.condition" if verdict > 1 and not label.unread else "bounds.condition" + UNSURE
            yield rule, each.name


def _purpose(entities: Entities, label: Label) -> Iterator[tuple[str, str]]:
    """Treating what is there with what only keeps it off."""
    told = {wording.TREATING, wording.OWN_FOR, wording.FOR}
    for each in entities.conditions:
        if label.keeps_off and each.how in told and _allowed(each.name, label) and "keeps_off" not in entities.wording:
            yield "bounds.purpose" + ("" if "acute" in entities.wording else UNSURE), each.name


def _allowed(name: str, label: Label) -> bool:
    """Whether a condition is an indication, under one, or so general that it may mean one."""
    known = conditions()
    return any(known.within(name, each) or known.within(each, name) for each in label.conditions)


def _akin(name: str, label: Label) -> bool:
    """Whether a condition is of an area of medicine that the label is for."""
    areas = conditions().areas
    return areas[name] in {areas[each] for each in label.conditions}


def _treated(mention: Mention, entities: Entities, label: Label, inside: bool) -> int:
    """How sure it is that a condition is what is treated: 2 sure, 1 perhaps, 0 no."""
    words, said, how = words_of_release(), entities.wording, mention.how
    use, safe = "use" in said, "safe" in said
    if mention.name in words.told["outcomes"]:
        return {wording.OWN_FOR: 1 if safe else 2, wording.FOR: 1, wording.TREATING: 1}.get(how, 0) if not inside else 0
    if mention.name in words.told["comorbid"]:
        strong = how in (wording.OWN_FOR, wording.FOR, wording.TREATING) and use and not safe
        return 2 if strong and not inside else int(how in _HEARD and use and not safe)
    if how in (wording.OWN_FOR, wording.USE):
        return 2
    if how in (wording.FOR, wording.TREATING):
        return 1 if inside else 2
    if how == wording.WHOM:
        return 2 if use and not safe and not inside else 1
    if how == wording.OWN_IN or (how == wording.IN and use):
        return 2 if not inside and not label.keeps_off and (use or (not safe and _akin(mention.name, label))) else 1
    if how in (wording.IN, wording.BESIDE):
        return int(use and not inside)
    if how == wording.WITH:
        return int(use and not safe and not inside)
    return int((use or "short" in said) and not safe and not inside)


def _qualified(entities: Entities, label: Label) -> Iterator[tuple[str, str]]:
    """A stage, a line of treatment or a marker of a tumour that the label shuts out."""
    asked, allowed = set(entities.qualifiers), label.qualifiers
    if not any(_allowed(each.name, label) and each.how != wording.HARM for each in entities.conditions):
        return
    for one, other in [*_SHUT_OUT.items(), *((other, one) for one, other in _SHUT_OUT.items())]:
        if one in asked and one not in allowed and other in allowed and other not in asked:
            yield "bounds.setting" + ("" if one in _SHUT_OUT else UNSURE), one.partition(":")[2]
    markers = {name for name in asked if name.startswith("markers:")}
    licensed = {name for name in allowed if name.startswith("markers:")}
    if markers and licensed and not markers & licensed:
        yield "bounds.marker" + UNSURE, sorted(markers)[0].partition(":")[2]


def _population(entities: Entities, label: Label) -> Iterator[tuple[str, str]]:
    if not label.ages or "happened" in entities.wording:
        return
    use, safe = "use" in entities.wording, "safe" in entities.wording
    # A child that was born or is breast-fed isn't the one who is treated.
    counted = any(each.name.startswith(("age", "pregnancy", "lactation")) for each in entities.populations)
    for each in entities.populations:
        if each.amount is not None and each.name == "age":
            if not any(low <= each.amount < high for low, high in label.ages):
                yield "bounds.age", f"{each.amount:g} years"
        elif each.name in words_of_release().ages and not counted and (use or "short" in entities.wording):
            low, high = words_of_release().ages[each.name]
            if not any(low < above and start < high for start, above in label.ages):
                sure = each.how == SINGLE and use and not safe
                yield "bounds.population" + ("" if sure else UNSURE), each.name
    if label.women and any(each.name == "men" for each in entities.populations):
        yield "bounds.population" + ("" if use else UNSURE), "men"
    weights = [each.amount for each in entities.populations if each.name == "weight" and each.amount]
    if label.weight and weights and min(weights) < label.weight:
        yield "bounds.weight" + UNSURE, f"{min(weights):g} kg"


def _route(entities: Entities, label: Label) -> Iterator[tuple[str, str]]:
    for each in entities.routes:
        if each.how == DONE:
            if label.whole and each.name in ("crush", "open", "split", "dissolve", "chew"):
                yield "bounds.form" + ("" if each.name == "crush" else UNSURE), each.name
        elif each.name == "feeding tube":
            if "oral" in label.routes and each.how == GIVEN:
                yield "bounds.form" + ("" if label.whole else UNSURE), each.name
        elif each.how == GIVEN and label.routes and each.name not in label.routes:
            yield "bounds.route", each.name


def _dose(entities: Entities, label: Label) -> Iterator[tuple[str, str]]:
    if "happened" in entities.wording:
        return
    if "above" in entities.wording:
        yield "bounds.dose", "above the maximum"
    ours = [each for each in entities.doses if each.how != OTHER and each.amount]
    often = [each for each in ours if each.name == "every" and each.amount]
    for each in ours:
        if each.name == "mg" and label.maximum and each.amount:
            times = next(
                (1 / o.amount for o in often if o.amount and o.amount < 1 and 0 <= o.start - each.end <= 2), 1.0
            )
            over = (
                each.amount * times == label.maximum and "over" in entities.wording and "safe" not in entities.wording
            )
            if over or each.amount * times > label.maximum:
                yield "bounds.dose", f"{each.amount * times:g} mg"
    if label.every and often:
        least = min(each.amount or label.every for each in often)
        if least < label.every * _MORE_OFTEN:
            told = {"use", "short", "instead"} & entities.wording
            unsure = not told or "labels:loading" in entities.qualifiers
            both = any(each.amount == label.every for each in often) and "instead" not in entities.wording
            yield "bounds.frequency" + (UNSURE if unsure or both else ""), f"every {least:g} days"


def _combined(entities: Entities, label: Label) -> Iterator[tuple[str, str]]:
    if label.alone and "together" in entities.wording:
        sure = "use" in entities.wording and "safe" not in entities.wording and len(entities.products) > 1
        yield "bounds.combination" + ("" if sure else UNSURE), ", ".join(entities.others)
    if label.added and "alone" in entities.wording:
        yield "bounds.monotherapy", "monotherapy"
