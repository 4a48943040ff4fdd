"""What is searched beside what was typed."""

from __future__ import annotations

import pytest

from chatbot.policy import load_policy
from chatbot.routing.lexicon import lexicon_of, query_of

TERMS = lexicon_of({"en": {"CrCl": ["creatinine clearance"], "k+": ["potassium"], "t1/2": ["half-life"]}})["en"]


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("velmarin CRCL 20", "velmarin CRCL 20 creatinine clearance"),
        ("K+ 5.8 on velmarin", "K+ 5.8 on velmarin potassium"),
        ("t1/2 of davicetam?", "t1/2 of davicetam? half-life"),
        ("ecrcl and at1/2", "ecrcl and at1/2"),  # only whole words
        ("starting dose", "starting dose"),
    ],
)
def test_a_term_is_searched_with_its_meaning_and_never_without_itself(question: str, searched: str) -> None:
    query = query_of(question, TERMS)
    assert query.text == searched
    assert query.question == question


def test_the_lexicon_has_no_empty_meaning_and_no_phrase_twice() -> None:
    for terms in load_policy().lexicon.values():
        assert all(term.means and all(term.means) for term in terms)
        assert len({term.phrase for term in terms}) == len(terms)


def test_a_lexicon_is_part_of_the_policy() -> None:
    """Another lexicon is another policy: what was answered with it says so."""
    from unittest.mock import patch

    before = load_policy().sha256
    with patch("chatbot.policy.tomllib.loads", side_effect=[*_tables(changed=True)]):
        assert load_policy().sha256 != before
    with patch("chatbot.policy.tomllib.loads", side_effect=[*_tables(changed=False)]):
        assert load_policy().sha256 == before


def _tables(*, changed: bool) -> list[dict[str, object]]:
    import tomllib

    from chatbot import policy

    files = (policy._INTENTS, policy._LEXICON, policy._FACETS, policy._NEXT_STEPS)
    tables = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    if changed:
        tables[1]["en"]["zz"] = ["something else"]
    return tables
