from __future__ import annotations

import pytest

from ingest.names import product_names, title_of

COVER = ["NAME OF THE MEDICINAL PRODUCT", "Velmarin 75 mg film-coated tablets"]
COMPOSITION = "Each tablet contains 75 mg of lodisartan."
BODY = "Velmarin is lodisartan. Velmarin lowers blood pressure. Lodisartan is taken once a day; lodisartan is oral."


def named(metadata: str, blocks: list[str], file: str = "label.pdf", body: str = BODY) -> tuple[str, ...]:
    return product_names(metadata, blocks, "\n".join([*blocks, body]), file)


def test_metadata_in_the_form_brand_inn_substance_names_both() -> None:
    assert named("Velmarin, INN-lodisartan", COVER) == ("Velmarin", "lodisartan")


def test_a_brand_mistyped_in_the_metadata_is_taken_from_the_strength_line() -> None:
    assert named("Velmrin, INN-lodisartan", COVER) == ("Velmarin", "lodisartan")


def test_the_strength_line_names_the_brand_and_the_composition_the_substance() -> None:
    assert named("", [*COVER, COMPOSITION]) == ("Velmarin", "lodisartan")


def test_a_file_name_that_the_text_repeats_names_the_product() -> None:
    assert named("", ["Quick guide"], "velmarin_guide.pdf", BODY + BODY) == ("velmarin",)


def test_a_file_name_that_the_text_does_not_know_names_nothing() -> None:
    assert named("", ["Quick guide"], "quorvex_guide.pdf") == ()


def test_a_strength_line_far_from_the_beginning_is_no_name() -> None:
    """An interaction section also says "Quorvex 10 mg", of another product."""
    assert named("", ["Text."] * 30 + ["Quorvex 10 mg tablets"], body="Quorvex, Quorvex and Quorvex.") == ()


@pytest.mark.parametrize(
    ("metadata", "title"),
    [
        ("Velmarin, INN-lodisartan", "Velmarin (lodisartan)"),
        ("Velmarin: a guide for physicians", "Velmarin: a guide for physicians"),
        ("Microsoft Word - velmarin_v3_final.docx", "Velmarin 75 mg film-coated tablets"),
        ("", "Velmarin 75 mg film-coated tablets"),
    ],
)
def test_the_title_is_what_a_person_wrote(metadata: str, title: str) -> None:
    assert title_of(metadata, COVER, "label.pdf", ("Velmarin", "lodisartan")) == title


def test_without_a_title_line_the_file_name_tells_documents_of_one_product_apart() -> None:
    assert title_of("", ["Quick guide"], "guide-2.pdf", ("Velmarin",)) == "Velmarin (guide-2)"
    assert title_of("Velmrin INN-lodisartan", ["Quick guide"], "guide-2.pdf", ()) == "guide-2"
