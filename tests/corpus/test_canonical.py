"""Tests of canonical JSON: always what the reference implementation of RFC 8785 writes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from corpus.canonical import canonical_bytes

_LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.floats(-1e9, 1e9)
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(_VALUES)
def test_every_value_is_written_as_the_reference_writes_it(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("text", ["\x00\x1f\x7f\x85", '"\\/', "\b\f\n\r\t", "\u2028\ufeff", "😀é", ""])
def test_every_character_is_escaped_as_the_standard_says(text: str) -> None:
    assert canonical_bytes({text: [text]}) == rfc8785.dumps({text: [text]})
    assert json.loads(canonical_bytes([text])) == [text]


def test_keys_are_ordered_by_their_utf_16_units() -> None:
    assert canonical_bytes({"\ufb33": 1, "😀": 2, "a": 3}) == '{"a":3,"😀":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize("value", [2**53, float("nan"), "\ud800", {1: 2}, {"a": {3}}, object()])
def test_what_is_no_json_value_is_refused(value: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_bytes(value)
