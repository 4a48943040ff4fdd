"""The routing set: its form, its closed vocabulary, and that it holds what its README says."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from corpus.products import read_products
from tests.conftest import ROOT, SAMPLE

QUESTIONS = ROOT / "eval" / "questions"
SUBS = {
    "adverse_event": "reaction implicit incomplete third_party historical_negated mixed_question interaction_event "
    "first_person pregnancy_exposure lactation_exposure overdose abuse_misuse medication_error occupational_exposure "
    "lack_of_efficacy product_quality infectious_agent off_label_with_event",
    "near_miss_not_ae": "listed_question common_aes frequency hypothetical literature management monitoring "
    "label_warning emergency_topic negated_none how_to_report",
    "emergency": "anaphylaxis_now overdose_now critical_now self_harm danger_to_others",
    "off_label": "explicit implicit",
    "patient_specific": "dose start_stop comedication eligibility switch",
    "comparison": "vs_competitor own_vs_own",
    "medical_information_request": "human msl reprint_data",
    "commercial": "price reimbursement samples rep_visit ordering sponsorship",
    "privacy": "phi_in_adverse_event phi_in_patient_question pii_in_information contact_details_in_request",
    "injection": "ignore_instructions system_prompt mlr_bypass role_play markup_payload unicode_trick very_long",
    "out_of_scope": "medical_other non_medical",
    "small_talk": "greeting thanks goodbye help bot_identity feedback repeat chitchat",
    "information": "dosing administration safety contraindication interaction special_population efficacy mechanism "
    "pharmacokinetics storage overdose_info patient_material guideline education_event document_lookup whats_new "
    "follow_up",
}
AT_LEAST = {
    "adverse_event": 45,
    "near_miss_not_ae": 30,
    "emergency": 14,
    "off_label": 26,
    "patient_specific": 20,
    "comparison": 14,
    "medical_information_request": 12,
    "commercial": 18,
    "privacy": 16,
    "injection": 16,
    "out_of_scope": 22,
    "small_talk": 16,
    "information": 70,
}
TOPICS = set(SUBS["information"].split()) - {"follow_up"}
HANDOVERS = {f"handover:{desk}" for desk in ("safety", "emergency", "medical_information", "commercial")}
ACTIONS = {
    *HANDOVERS,
    *(f"act:{act}" for act in SUBS["small_talk"].split()),
    *("answer", "no_answer", "answer_or_no_answer", "notice:patient_specific", "safety_route", "redact", "inert"),
    "comply",
}
SPANS = {"PERSON", "DOB", "PHONE", "EMAIL", "MRN", "ADDRESS", "NATIONAL_ID", "NHS", "INSURANCE_ID"}
LANGUAGES = ("en", "de", "es", "fr", "it")
KEYS = {"_id", "text", "label", "sub", "must", "must_not", "lang"}
MORE_KEYS = {"also", "context", "topic", "spans", "typo", "products", "ruling", "contested"}
# What a label is for: it must happen wherever the label is the row's first.
MUST = {
    "adverse_event": "handover:safety",
    "emergency": "handover:emergency",
    "off_label": "handover:medical_information",
    "comparison": "handover:medical_information",
    "medical_information_request": "handover:medical_information",
    "commercial": "handover:commercial",
    "patient_specific": "notice:patient_specific",
    "privacy": "redact",
    "injection": "inert",
    "out_of_scope": "no_answer",
}


@functools.cache
def rows() -> list[dict[str, Any]]:
    lines = (QUESTIONS / "routing.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def of(label: str) -> list[dict[str, Any]]:
    return [row for row in rows() if row["label"] == label]


def faulty(found: Iterable[dict[str, Any]]) -> list[str]:
    return [row["_id"] for row in found]


def section() -> str:
    """What the README says of this set."""
    text = (QUESTIONS / "README.md").read_text(encoding="utf-8")
    return text.split("\n## routing.jsonl\n", 1)[1].split("\n## ", 1)[0]


def test_every_row_has_an_id_of_its_own() -> None:
    ids = [row["_id"] for row in rows()]
    assert len(set(ids)) == len(ids)
    assert not [name for name in ids if not re.fullmatch(r"ru-\d{3}", name)]


def test_every_row_has_the_keys_of_the_form_and_no_other() -> None:
    assert not faulty(row for row in rows() if not KEYS <= set(row) <= KEYS | MORE_KEYS)
    assert not faulty(row for row in rows() if row["lang"] not in LANGUAGES or not row["text"].strip())
    assert not faulty(row for row in rows() for key in ("typo", "contested") if row.get(key, True) is not True)
    lists = ("also", "context", "spans", "products")
    assert not faulty(row for row in rows() for key in lists if key in row and not row[key])


def test_labels_subs_topics_and_actions_are_words_of_a_closed_vocabulary() -> None:
    assert {row["label"] for row in rows()} == set(SUBS)
    for row in rows():
        assert row["sub"] in SUBS[row["label"]].split(), row["_id"]
        assert row["sub"] in ("follow_up", row.get("topic", row["sub"])), row["_id"]
        assert set(row["must"]) | set(row["must_not"]) <= ACTIONS, row["_id"]
        assert set(row.get("also", [])) <= set(SUBS) - {row["label"]}, row["_id"]
    assert {row["topic"] for row in rows() if "topic" in row} == TOPICS
    assert not faulty(row for row in rows() if ("topic" in row) != (row["label"] == "information"))


def test_what_must_happen_is_never_what_must_not() -> None:
    assert not faulty(row for row in rows() if set(row["must"]) & set(row["must_not"]))
    assert not faulty(row for row in rows() if {"answer", "no_answer"} <= set(row["must"]))


def test_what_a_label_is_for_must_happen() -> None:
    assert not faulty(row for row in rows() if row["label"] in MUST and MUST[row["label"]] not in row["must"])
    assert not faulty(row for row in of("small_talk") if row["must"] != [f"act:{row['sub']}"])
    assert not faulty(row for row in of("near_miss_not_ae") + of("information") if HANDOVERS & set(row["must"]))
    assert not faulty(row for row in of("off_label") + of("emergency") if "answer" not in row["must_not"])


def test_a_case_goes_to_safety_wherever_it_stands() -> None:
    cases = [row for row in rows() if "adverse_event" in (row["label"], *row.get("also", []))]
    assert not faulty(row for row in cases if "handover:safety" not in row["must"])
    assert not faulty(row for row in rows() if row not in cases and "handover:safety" in row["must"])


def test_spans_lie_in_the_text_and_cover_something_to_hide() -> None:
    for row in rows():
        text, last = row["text"], 0
        for start, end, kind in row.get("spans", []):
            assert last <= start < end <= len(text), row["_id"]
            assert kind in SPANS, row["_id"]
            assert text[start].isalnum(), row["_id"]
            assert text[end - 1].isalnum(), row["_id"]
            last = end
    assert not faulty(row for row in rows() if ("spans" in row) != ("redact" in row["must"]))


def test_contact_data_cannot_reach_anyone() -> None:
    emails = [row["text"][start:end] for row in rows() for start, end, kind in row.get("spans", []) if kind == "EMAIL"]
    assert emails
    assert not [email for email in emails if not re.search(r"[@.]example(\.org)?$", email)]


def test_the_set_is_composed_as_it_was_meant_to_be() -> None:
    counts = Counter(row["label"] for row in rows())
    assert not {label: counts[label] for label, least in AT_LEAST.items() if counts[label] < least}
    topics = Counter(row["topic"] for row in of("information"))
    assert min(topics[topic] for topic in TOPICS) >= 3
    assert sum(row["sub"] == "follow_up" for row in rows()) >= 18
    assert 0.12 < sum("typo" in row for row in rows()) / len(rows()) < 0.2
    assert 0.12 < sum(row["lang"] != "en" for row in rows()) / len(rows()) < 0.25


def test_every_kind_of_case_and_of_boundary_is_there() -> None:
    for label, subs in SUBS.items():
        assert {row["sub"] for row in of(label)} >= set(subs.split()), label


def test_every_language_has_cases_and_emergencies() -> None:
    for label in ("adverse_event", "emergency"):
        assert {row["lang"] for row in of(label)} == set(LANGUAGES), label


def test_products_are_in_the_product_table_and_none_that_is_named_is_left_out() -> None:
    names = {product.brand: (product.brand, product.generic) for product in read_products(SAMPLE / "products.toml")}
    for row in rows():
        said = " ".join([row["text"], *row.get("context", [])]).casefold()
        named = {brand for brand, words in names.items() if any(word.casefold() in said for word in words)}
        assert named <= set(row.get("products", [])) <= set(names), row["_id"]


def test_every_follow_up_has_the_questions_before_it() -> None:
    assert not faulty(row for row in rows() if row["sub"] == "follow_up" and "context" not in row)
    assert not faulty(row for row in rows() if not all(question.strip() for question in row.get("context", [])))


def test_no_text_occurs_twice() -> None:
    texts = Counter(" ".join(row["text"].casefold().split()) for row in rows())
    assert not [text for text, times in texts.items() if times > 1]


def test_no_word_gives_a_label_away() -> None:
    """Of the rows in which a word stands, a fifth at least carry another label; names of products aside."""
    names = {name for product in read_products(SAMPLE / "products.toml") for name in (product.brand, product.generic)}
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows():
        if row["lang"] == "en":
            for word in set(re.findall(r"\w{3,}", row["text"].casefold())) - {name.casefold() for name in names}:
                labels[word][row["label"]] += 1
    frequent = {word: counts for word, counts in labels.items() if counts.total() >= 6}
    assert len(frequent) > 40
    assert not {word: counts for word, counts in frequent.items() if max(counts.values()) > 0.8 * counts.total()}


def test_the_readme_counts_what_is_there() -> None:
    told = {label: int(count) for label, count in re.findall(r"^\| `(\w+)` \| (\d+) \|", section(), re.M)}
    assert told == dict(Counter(row["label"] for row in rows()))
    assert re.search(rf"\b{len(rows())} utterances\b", section())
    assert re.search(rf"\b{sum('contested' in row for row in rows())} rows? (?:is|are) contested\b", section())


def test_a_row_refers_only_to_rulings_that_the_readme_has() -> None:
    rulings = {int(number) for number in re.findall(r"^(\d+)\. ", section(), re.M)}
    assert rulings == set(range(1, len(rulings) + 1))
    assert {row["ruling"] for row in rows() if "ruling" in row} == rulings
