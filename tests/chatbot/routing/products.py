"""A portal of another fictional company: its product table, for tests of what a question asks beyond it."""

from __future__ import annotations

from chatbot.routing.bounds import Finding, judge
from chatbot.routing.entities import Entities, ProductNames, entities_of
from chatbot.routing.table import Table
from corpus.products import Product

MEDICINES = frozenset({"latanoprost", "symbicort", "upadacitinib"})


def _product(brand: str, generic: str, drug_class: str, specialty: str, **rest: str) -> Product:
    listed = {key: tuple(filter(None, rest.get(key, "").split("; "))) for key in ("forms", "routes", "indications")}
    return Product(
        brand,
        generic,
        drug_class,
        specialty,
        populations=tuple(rest["populations"].split("; ")),
        limits=rest.get("limits", ""),
        **listed,
    )


PRODUCTS = (
    _product(
        "Zosvaris", "zoster vaccine, recombinant", "vaccine", "vaccines", forms="suspension for injection",
        routes="intramuscular", indications="prevention of herpes zoster", populations="adults from 50 years",
    ),
    _product(
        "Ocuvela", "bimaprost", "prostaglandin analogue", "ophthalmology", forms="eye drops, solution",
        routes="ocular", indications="open-angle glaucoma; ocular hypertension", populations="adults",
        limits="one drop once daily",
    ),
    _product(
        "Cephalyx", "orvanezumab", "CGRP antibody", "neurology", forms="pre-filled pen 100 mg",
        routes="subcutaneous", indications="migraine prevention", populations="adults", limits="once a month",
    ),
    _product(
        "Artrovia", "felcacitinib", "JAK inhibitor", "rheumatology", forms="film-coated tablet 10 mg",
        routes="oral", indications="moderate to severe rheumatoid arthritis", populations="adults",
        limits="maximum 20 mg a day; tablets are swallowed whole",
    ),
    _product(
        "Mamlyza", "tresticlib", "CDK4/6 inhibitor", "oncology", forms="capsule 75 mg", routes="oral",
        indications="HR-positive, HER2-negative advanced breast cancer in combination with an aromatase inhibitor",
        populations="adults",
    ),
    _product(
        "Breathara", "formodil/beclanide", "ICS/LABA", "respiratory", forms="pressurised inhaler",
        routes="inhalation", indications="asthma", populations="adults; children from 6 years", limits="twice daily",
    ),
    _product(
        "Convulsara", "ristamate", "antiseizure medicine", "neurology", forms="tablet 50 mg", routes="oral",
        indications="focal seizures, adjunctive", populations="adults; adolescents from 12 years",
    ),
    _product(
        "Dermosone", "calvutriol", "vitamin D analogue", "dermatology", forms="ointment", routes="cutaneous",
        indications="mild to moderate atopic dermatitis", populations="children from 2 years; adults",
    ),
    _product(
        "Tumovex", "pradolimab", "PD-1 antibody", "oncology", forms="concentrate for infusion", routes="intravenous",
        indications="unresectable melanoma", populations="adults", limits="monotherapy only",
    ),
)  # fmt: skip
TABLE = Table.of(PRODUCTS)
NAMES = ProductNames.of(PRODUCTS, MEDICINES)


def read(question: str) -> Entities:
    """What a question names, held against this portal."""
    return entities_of(question, NAMES)


def found(question: str, *inherited: str) -> tuple[Finding, ...]:
    """The bounds that a question crosses on this portal."""
    return judge(read(question), TABLE, inherited)


def sure(question: str, *inherited: str) -> set[str]:
    """The kinds of bound that it crosses beyond doubt, each by its first word: an explicit off-label use is one."""
    return {each.kind.partition(".")[0] for each in found(question, *inherited) if each.sure}
