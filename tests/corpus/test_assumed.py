"""Trial approvals."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from corpus.assumed import assumed_approval
from corpus.catalogue import check_number
from corpus.registry import Standing, approval_from_payload, approval_payload
from tests.builders import GB, NOON, document, registry

TODAY = NOON.date()


def test_an_assumed_approval_says_so_for_ever_and_in_its_event() -> None:
    made = assumed_approval(document("Take one."), "GB", TODAY)
    assert (made.assumed, made.approval_id, made.owner) == (True, "assumed", "")
    assert approval_from_payload(approval_payload(made)).assumed
    assert registry(made).standing(made.key, GB, NOON) is Standing.IN_FORCE


def test_other_bytes_under_the_same_name_are_another_version() -> None:
    one, other = (assumed_approval(document(text), "GB", TODAY) for text in ("Take one.", "Take two."))
    assert one.document_number == other.document_number == "label.pdf"
    assert one.version != other.version


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=255)


@example("a" * 255)
@given(names.filter(lambda name: not name.startswith(".")))  # hidden files are no content
def test_every_file_name_makes_a_number_that_a_catalogue_could_hold(name: str) -> None:
    made = assumed_approval(document("Take one.", name=name + ".pdf"), "GB", TODAY)
    assert check_number(made.document_number, "document_number", "here") == made.document_number
