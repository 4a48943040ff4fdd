"""Who and what a question is about: products, other medicines, conditions, people, routes and amounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatbot.answer.spelling import neighbours
from chatbot.routing.label import wording
from chatbot.routing.label.amounts import Amount, ages_by_sex, amounts_of
from chatbot.routing.label.conditions import conditions
from chatbot.routing.label.line import CONDITION, OTHER, OWN, Line, Named
from chatbot.routing.label.phrases import MARKS, Found, Item, Phrases, Slips, folded, items_of, phrases_of, skeleton
from chatbot.routing.label.words import Words, words_of_release
from corpus.products import Product

SINGLE = "single"  # how one person, or people of an age, are named
GIVEN, DONE = "given", "done"  # how a route is named that the product would take, and what is done to a form
_QUALIFIERS = ("settings", "markers", "labels")
_ALIKE = 8  # letters of a word that may be another language's for a condition
_MENDED = 7  # letters of a typed word that may be a slip of anything but a name of ours
_STEM = 3  # letters before the ending of a medicine's name
_PARTS = 4  # letters of a part of a name that stands for it: "/" parts the substances of a combination


@dataclass(frozen=True, slots=True)
class Mention:
    """Something named, and where and how."""

    name: str  # as the release calls it; "age", "weight", "mg" and "every" where an amount stands behind it
    start: int  # of the question's items, in which a name of a medicine or a condition is one
    end: int
    # Of a condition: what the words make of it (wording.HOW). Of people: SINGLE or "group". Of a route: GIVEN, DONE or
    # "named". Of a dose: OTHER where it is another medicine's.
    how: str = ""
    amount: float | None = None  # years, kg, mg, or days between two doses


@dataclass(frozen=True, slots=True)
class Entities:
    """What a question names."""

    products: tuple[str, ...]  # brands of the table, folded, sorted
    others: tuple[str, ...]  # other medicines and classes, folded, in order
    conditions: tuple[Mention, ...]
    populations: tuple[Mention, ...]
    routes: tuple[Mention, ...]  # and what is done to a form
    doses: tuple[Mention, ...]  # "mg" and "every"
    qualifiers: tuple[str, ...] = ()  # "settings:early", "markers:alk", "labels:loading", …
    wording: frozenset[str] = frozenset()  # what the words say of the question: label.wording.read
    areas: tuple[str, ...] = ()  # fields of medicine that are named


@dataclass(frozen=True, slots=True)
class _Cue:
    """A phrase of entities.toml by its table and name."""

    kind: str
    name: str
    found: Found


@dataclass(frozen=True, slots=True)
class ProductNames:
    """The names by which a portal's products are known, and those of all other medicines. Built once."""

    own: Phrases  # each means a brand, folded
    classes: dict[str, frozenset[str]]  # of the products of the table, by brand: the class and what includes it
    forms: dict[str, frozenset[str]]  # likewise
    medicines: frozenset[str]
    marked: frozenset[str]  # the same, each after a colon
    slips: Slips
    alike: Mapping[str, str]  # words of conditions by their skeleton

    @classmethod
    def of(cls, products: Sequence[Product], medicines: frozenset[str]) -> ProductNames:
        """``medicines`` are the names of medicines that any other table knows, folded."""
        words = words_of_release()
        shared = Counter(folded(product.drug_class) for product in products)
        single = [product for product in products if shared[folded(product.drug_class)] == 1 and product.drug_class]
        ours = ((f"{each} {product.drug_class}", product.brand) for product in single for each in words.ours)
        named = ((name, product.brand) for product in products for name in _names(product))
        own = phrases_of((name, brand.casefold()) for name, brand in (*named, *ours))
        known = frozenset(folded(name) for name in medicines) | words.medicines
        others = known - own.meanings.keys()
        vocabulary = {*own.words, *words.cues.words, *words.classes.words, *conditions().phrases.words, *words.plain}
        vocabulary |= {word for name in words.medicines for word in name.split(" ")}
        meant = {*words.mendable, *conditions().phrases.words, *(name for name in words.medicines if " " not in name)}
        meant |= {word for product in products for name in _names(product) for word in folded(name).split(" ")}
        return cls(
            own=own,
            classes={product.brand.casefold(): classes_in(product.drug_class) for product in products},
            forms={product.brand.casefold(): _forms(product, words) for product in products},
            medicines=others,
            marked=frozenset(f":{name}" for name in others if " " not in name),
            slips=Slips(sorted(meant), frozenset(vocabulary | others)),
            alike={skeleton(word): word for word in sorted(conditions().phrases.words) if len(word) >= _ALIKE},
        )


def entities_of(question: str, table: ProductNames) -> Entities:
    """What a question names, held against a portal's products."""
    words = words_of_release()
    line = _line(items_of(question), table, words)
    cues = [_cue(cue) for cue in line.cues if ":" in cue.means]
    amounts = list(amounts_of(line.said, words))
    sexed = [Mention("age", 0, 0, SINGLE, age) for age in ages_by_sex(question)]
    return Entities(
        products=tuple(sorted({brand for named in line.named if named.kind == OWN for brand in named.names})),
        others=tuple(dict.fromkeys(named.names[0] for named in line.named if named.kind == OTHER)),
        conditions=tuple(
            Mention(name, named.at, named.at + 1, wording.told(line, named.at, name, words))
            for named in line.named
            if named.kind == CONDITION
            for name in named.names
        ),
        populations=(*sexed, *_populations(cues, amounts, words)),
        routes=tuple(_routes(line, cues, words)),
        doses=tuple(_doses(line, cues, amounts)),
        qualifiers=tuple(dict.fromkeys(cue.found.means for cue in cues if cue.kind in _QUALIFIERS)),
        wording=wording.read(line, words),
        areas=tuple(sorted({cue.name for cue in cues if cue.kind == "fields"})),
    )


def _cue(found: Found) -> _Cue:
    kind, _, name = found.means.partition(":")
    return _Cue(kind, name, found)


def medicines_in(question: str, table: ProductNames) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every medicine named, in order: OWN or OTHER, and its words as they are typed."""
    words, items = words_of_release(), items_of(question)
    said = [_meant(item, table) for item in items]
    at = 0
    while at < len(said):
        kind, names, end = _named(said, items, at, table, words)
        if names and kind in (OWN, OTHER):
            yield kind, tuple(item.typed for item in items[at:end])
        at = end


def classes_in(text: str) -> frozenset[str]:
    """The classes that a value of the product table names, with what includes them; its own words otherwise."""
    words, said = words_of_release(), folded(text).split(" ")
    found = {name for hit in words.classes.within(said) for name in words.class_line(hit.means)}
    return frozenset(found or {folded(text)})


def _names(product: Product) -> Iterator[str]:
    yield from (product.brand, product.generic)
    for part in product.generic.replace("+", "/").replace(" and ", "/").replace(",", "/").split("/"):
        if len(part.strip()) >= _PARTS:
            yield part.strip()


def _forms(product: Product, words: Words) -> frozenset[str]:
    said = [folded(form).split(" ") for form in product.forms]
    return frozenset(hit.means for row in said for hit in words.cues.within(row) if hit.means.startswith("forms:"))


def _line(items: Sequence[Item], table: ProductNames, words: Words) -> Line:
    """The items with every medicine and condition as one."""
    said = [_meant(item, table) for item in items]
    out: list[str] = []
    named: list[Named] = []
    strange: set[int] = set()
    at = 0
    while at < len(said):
        kind, names, end = _named(said, items, at, table, words)
        if names:
            named.append(Named(kind, len(out), names))
            out.append(kind)
        else:
            if table.slips.unknown(said[at]):
                strange.add(len(out))
            out.append(said[at])
        at = end
    line = Line(out, named, tuple(words.cues.within(out)), frozenset(strange))
    return _with_ours(line, table)


def _meant(item: Item, table: ProductNames) -> str:
    """The word, or the one that it is a slip of; never a name of ours where it may be another medicine."""
    meant = table.slips.meant(item.said)
    if not meant and len(item.said) >= _ALIKE and table.slips.unknown(item.said):
        return table.alike.get(skeleton(item.said), item.said)
    own = [word for word in meant if word in table.own.meanings]
    if not meant or item.said in table.medicines or (not own and _is_medicine(item.said, table)):
        return item.said
    if not own and len(item.said) < _MENDED:
        return item.said
    if own and (len(own) < len(meant) or neighbours(f":{item.said}", table.marked)):
        return item.said
    return meant[0] if len(meant) == 1 else item.said


def _is_medicine(word: str, table: ProductNames) -> bool:
    return word in table.medicines or _has_stem(word, words_of_release())


def _has_stem(word: str, words: Words) -> bool:
    if not word.endswith(words.stems) or word in words.not_stems or not word.isalpha():
        return False
    return any(word.endswith(stem) and len(word) >= len(stem) + _STEM for stem in words.stems)


def _named(
    said: Sequence[str], items: Sequence[Item], at: int, table: ProductNames, words: Words
) -> tuple[str, tuple[str, ...], int]:
    """The medicine or condition that begins at an item, and where it ends; the longest wins, ours before others."""
    own = table.own.longest_at(said, at)
    if own is not None:
        return OWN, table.own.meanings.get(own.said, (own.means,)), own.end
    known = conditions()
    condition = known.phrases.longest_at(said, at)
    if condition is not None and known.written(condition.said) and not _capitals(items, at, condition.end):
        condition = None
    drug_class = words.classes.longest_at(said, at)
    if drug_class is not None and (condition is None or drug_class.end > condition.end):
        return OTHER, (drug_class.means,), drug_class.end
    if condition is not None:
        return CONDITION, (condition.means,), condition.end
    end = next((at + size for size in (3, 2, 1) if " ".join(said[at : at + size]) in table.medicines), None)
    if end is not None:
        return OTHER, (" ".join(said[at:end]),), end
    if _has_stem(said[at], words) and said[at] not in words.plain:
        return OTHER, (said[at],), at + 1
    return "", (), at + 1


def _capitals(items: Sequence[Item], start: int, end: int) -> bool:
    return all(item.typed.isupper() or item.typed[0].isdigit() for item in items[start:end])


def _with_ours(line: Line, table: ProductNames) -> Line:
    """ "Your pen", "your ARB": ours, where just one product of the table is meant."""
    for cue in line.cues:
        if cue.means not in ("ours", "yours"):
            continue
        span = (
            range(cue.end, min(cue.end + 3, len(line.said)))
            if cue.means == "ours"
            else range(max(cue.start - 3, 0), cue.start)
        )
        for at in span:
            fits = _fitting(line, at, table)
            if len(fits) == 1:
                line = line.with_own(at, fits)
                break
    return line


def _fitting(line: Line, at: int, table: ProductNames) -> tuple[str, ...]:
    found: set[str] = set()
    for named in line.named:
        if named.kind == OTHER and named.at == at:
            found |= {brand for brand, classes in table.classes.items() if named.names[0] in classes}
    meant = {cue.means for cue in line.cues if cue.start <= at < cue.end}
    found |= {brand for brand, forms in table.forms.items() if forms & meant}
    if "thing" in meant and len(table.forms) == 1:
        found |= set(table.forms)
    return tuple(sorted(found))


def _populations(cues: Sequence[_Cue], amounts: Sequence[Amount], words: Words) -> Iterator[Mention]:
    for each in amounts:
        if each.kind in ("age", "weight"):
            yield Mention(each.kind, each.start, each.end, SINGLE, each.value)
    for cue in cues:
        if cue.kind == "populations":
            how = SINGLE if cue.found.said in words.single else "group"
            yield Mention(cue.name, cue.found.start, cue.found.end, how)


def _doses(line: Line, cues: Sequence[_Cue], amounts: Sequence[Amount]) -> Iterator[Mention]:
    for each in amounts:
        if each.kind in ("mg", "every"):
            yield Mention(each.kind, each.start, each.end, line.owner(each.start), each.value)
    taken = {at for each in amounts for at in range(each.start, each.end)}
    for cue in cues:
        days = float(cue.name) if cue.kind == "frequencies" else 0.0
        if days and cue.found.start not in taken and not line.covered(cue.found):
            yield Mention("every", cue.found.start, cue.found.end, line.owner(cue.found.start), days)


def _routes(line: Line, cues: Sequence[_Cue], words: Words) -> Iterator[Mention]:
    for kind, name, cue in ((each.kind, each.name, each.found) for each in cues):
        if kind == "manipulations":
            yield Mention(name, cue.start, cue.end, DONE)
        elif kind == "adverbs":
            yield Mention(name, cue.start, cue.end, GIVEN)
        elif kind == "routes":
            before = line.said[cue.start - 1] if cue.start else "."
            after = line.said[cue.end] if cue.end < len(line.said) else "."
            if before in words.numbered:
                continue
            given = after in MARKS or after == OWN or after in words.given or before in (OWN, "via", "by")
            yield Mention(name, cue.start, cue.end, GIVEN if given else "named")
