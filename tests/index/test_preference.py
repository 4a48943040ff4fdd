from __future__ import annotations

import numpy as np
import pytest

from index.edition import Edition
from index.preference import (
    OTHER_LANGUAGE,
    OTHER_PRODUCT,
    is_follow_up,
    named_products,
    prefer,
    question_language,
)
from index.retrieve import retrieve


def by_file(edition: Edition, scores: np.ndarray) -> dict[str, float]:
    return {edition.document_of(i).file: round(float(score), 6) for i, score in enumerate(scores)}


@pytest.mark.parametrize(
    ("question", "products"),
    [
        ("What is the dose of VELMARIN?", ("velmarin",)),
        ("lodisartan in renal impairment", ("velmarin",)),
        ("Lumetra or Velmarin?", ("lumetra", "velmarin")),
        ("how do I store Quorvex", ("quorvex pen 150 mg",)),  # the first word of a longer name, when it is long
        ("is imbelizumab an antibody", ("quorvex pen 150 mg",)),  # a part of a combined name
        ("in which year did Nero rule", ()),  # a short first word is a word of its own
        ("velmarinol", ()),  # a name is a whole word
        ("what is the dose", ()),
    ],
)
def test_a_product_is_named_by_brand_substance_or_part(
    question: str, products: tuple[str, ...], edition: Edition
) -> None:
    assert named_products(edition, question) == products


def test_other_products_rank_lower_only_when_one_is_named(edition: Edition) -> None:
    named = by_file(edition, prefer(edition, "dose of pesiglutide", "en").scores)
    assert (named["lumetra.pdf"], named["quorvex.pdf"]) == (0.0, -OTHER_PRODUCT)
    assert named["velmarin-de.pdf"] == -OTHER_PRODUCT - OTHER_LANGUAGE
    unnamed = by_file(edition, prefer(edition, "what is the dose", "en").scores)
    assert unnamed["lumetra.pdf"] == unnamed["quorvex.pdf"] == 0.0


def test_a_follow_up_inherits_the_product_until_it_names_one(edition: Edition) -> None:
    assert prefer(edition, "and in renal impairment?", "en", ("lumetra",)).products == ("lumetra",)
    assert prefer(edition, "and Velmarin?", "en", ("lumetra",)).products == ("velmarin",)


@pytest.mark.parametrize(
    ("question", "default", "language"),
    [
        ("Wie hoch ist die empfohlene Dosis?", "en", "de"),
        ("What is the recommended dose?", "de", "en"),
        ("Velmarin", "de", "de"),  # both know it: the audience's language decides
        ("Velmarin", "en", "en"),
        ("", "en", "en"),
        ("", "fr", "de"),  # no language of this edition is the audience's: the first, always the same
    ],
)
def test_the_words_decide_the_language_and_the_audience_where_they_do_not(
    question: str, default: str, language: str, edition: Edition
) -> None:
    assert question_language(edition, question, default) == language


def test_a_preference_hides_no_passage(edition: Edition) -> None:
    preferred = prefer(edition, "Lumetra", "fr").scores
    assert (preferred <= 0).all()
    hits = retrieve(edition, "Lumetra", 99, np.ones(len(edition.passages), bool), preferred).hits
    assert sorted(hit.passage for hit in hits) == list(range(len(edition.passages)))


@pytest.mark.parametrize(
    ("question", "follows"),
    [
        ("and in severe renal impairment?", True),
        ("pregnancy", True),
        ("zolpifex dose in renal impairment", False),  # a medicine that isn't here
        ("thanks", False),
        ("and?", False),
        ("💊", False),
    ],
)
def test_a_follow_up_says_something_and_nothing_unknown(question: str, follows: bool, edition: Edition) -> None:
    assert is_follow_up(edition, question) is follows
