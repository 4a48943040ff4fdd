"""What is searched beside what was typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatbot.policy import load_policy
from chatbot.routing.lexicon import KINDS, NAMES, Lexicon, Term, lexicon_of, query_of
from tests.conftest import ROOT

LEXICON = lexicon_of(
    {
        "en": {
            "abbreviation": {"CrCl": ["creatinine clearance"], "k+": ["potassium"], "t1/2": ["half-life"]},
            "lay": {"heart attack": ["myocardial infarction"]},
        }
    }
)["en"]


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("velmarin CRCL 20", "velmarin CRCL 20 creatinine clearance"),
        ("K+ 5.8 on velmarin", "K+ 5.8 on velmarin potassium"),
        ("t1/2 of davicetam?", "t1/2 of davicetam? half-life"),
        ("ecrcl and at1/2", "ecrcl and at1/2"),  # only whole words
        ("after a heart-attack", "after a heart-attack myocardial infarction"),
        ("vitamin K", "vitamin K"),  # a phrase with other signs counts only with them
        ("starting dose", "starting dose"),
    ],
)
def test_a_term_is_searched_with_its_meaning_and_never_without_itself(question: str, searched: str) -> None:
    query = query_of(question, LEXICON)
    assert " ".join([query.read, *query.meanings]) == searched
    assert query.question == question


def test_the_lexicon_has_no_empty_meaning_and_no_phrase_twice() -> None:
    for lexicon in load_policy().lexicon.values():
        assert all(all(term.means) and term.kind in KINDS for term in lexicon.terms)
        assert all(term.means or term.kind == "brand" for term in lexicon.terms)
        assert len({term.phrase for term in lexicon.terms}) == len(lexicon.terms)


def test_terms_are_looked_up_by_the_words_of_the_question_and_not_one_by_one() -> None:
    class Counted(dict[str, tuple[Term, ...]]):
        asked = 0

        def get(self, key: str, default: Any = None) -> Any:
            Counted.asked += 1
            return super().get(key, default)

    large = Lexicon(tuple(Term(f"phrase {number} of many", ("meaning",)) for number in range(50_000)))
    object.__setattr__(large, "_by_words", Counted(large._by_words))
    question = "what is the starting dose of velmarin in phrase 4711 of many patients with renal impairment"
    assert [term.phrase for term in large.in_question(question)] == ["phrase 4711 of many"]
    assert 0 < Counted.asked <= len(question.split()) * 4  # of one to four words, from each word on


def test_a_lexicon_is_part_of_the_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another lexicon is another policy: what was answered with it says so."""
    before, own = load_policy().sha256, (ROOT / "chatbot" / "routing" / "lexicon.toml").read_text(encoding="utf-8")
    file = tmp_path / "lexicon.toml"
    monkeypatch.setattr("chatbot.policy._LEXICON", file)
    file.write_text(own, encoding="utf-8")
    assert load_policy().sha256 == before
    file.write_text(own.replace("[en.lay]\n", '[en.lay]\nzz = ["something else"]\n'), encoding="utf-8")
    assert load_policy().sha256 != before


def test_no_brand_means_another_brand_and_no_substance_another_substance() -> None:
    for lexicon in load_policy().lexicon.values():
        named = {term.phrase: term for term in lexicon.terms if term.kind in NAMES}
        brands = {term.phrase for term in lexicon.terms if term.kind == "brand" and term.means}
        for term in lexicon.terms:
            said = {meaning.casefold() for meaning in term.means}
            assert not said & brands, term
            if term.kind == "class":
                assert not said & set(named), term


@pytest.mark.parametrize(
    ("one", "other"), [("haemoglobin", "hemoglobin"), ("paediatric", "pediatric"), ("oedema", "edema")]
)
def test_both_spellings_find_each_other(one: str, other: str) -> None:
    lexicon = load_policy().lexicon["en"]
    assert query_of(f"{one} in adults", lexicon).meanings == (other,)
    assert query_of(f"{other} in adults", lexicon).meanings == (one,)
