from __future__ import annotations

import pytest

from ingest.canonical import Canonical, canonical
from ingest.errors import Quarantined
from ingest.markdown import read_markdown


def read(text: str) -> Canonical:
    return canonical(read_markdown(text.encode())[1], (), "en")


def blocks(text: str) -> list[tuple[str, tuple[str, ...], str | None, str]]:
    made = read(text)
    return [(block.kind, block.path, block.anchor, made.text[block.start : block.end]) for block in made.blocks]


def test_a_heading_gives_its_text_a_path_and_an_anchor() -> None:
    assert blocks("# Velmarin\n\n## 4.2 Posology\n\n### *Renal* impairment\n\nTake one.\n\n## 5 Storage\n\nCold.") == [
        ("heading", (), "velmarin", "Velmarin"),
        ("heading", (), "4-2-posology", "4.2 Posology"),
        ("heading", ("4.2 Posology",), "renal-impairment", "Renal impairment"),
        ("paragraph", ("4.2 Posology", "Renal impairment"), "renal-impairment", "Take one."),
        ("heading", (), "5-storage", "5 Storage"),
        ("paragraph", ("5 Storage",), "5-storage", "Cold."),
    ]


def test_the_first_heading_is_the_title() -> None:
    assert read_markdown(b"Preface.\n\n# Velmarin 75 mg\n\n# Annex")[0] == "Velmarin 75 mg"


def test_the_header_of_a_table_stands_over_its_rows_and_over_nothing_else() -> None:
    assert blocks("| Group | Dose |\n|---|---|\n| Adults | 10 mg |\n| Elderly | |\n\nTake one.") == [
        ("heading", (), None, "Group Dose"),
        ("row", ("Group Dose",), None, "Adults 10 mg"),
        ("row", ("Group Dose",), None, "Elderly"),
        ("paragraph", (), None, "Take one."),
    ]


def test_items_of_any_list_are_items_and_the_text_after_it_is_not() -> None:
    found = blocks("- pregnancy\n  1. first trimester\n- anuria\n\nTake one.")
    assert [(kind, text) for kind, _, _, text in found] == [
        ("item", "pregnancy"),
        ("item", "first trimester"),
        ("item", "anuria"),
        ("paragraph", "Take one."),
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("an eGFR &lt; 15 and \\*no\\* dialysis", "an eGFR < 15 and *no* dialysis"),
        ("**not** with [food](https://example.org)", "not with food"),
        ("once\na day", "once a day"),
        ("a `b` ![pen](pen.png)", "a b pen"),
    ],
)
def test_words_are_kept_and_their_dress_is_not(source: str, text: str) -> None:
    assert read(source).text == text


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("Dose.\n\n<table><tr><td>5 mg</td></tr></table>", "line 3"),
        ("Dose.\n\nTake <b>one</b>.", "line 3"),
        ("| A | B |\n|---|---|\n| 1 | <sup>2</sup> |", "line 3"),
        ("Dose.\n\n```\n5 mg\n```", "line 3"),
        ("Dose.\n\n    5 mg", "line 3"),
        ("<!-- draft -->\nDose.", "line 1"),
    ],
)
def test_raw_html_and_code_are_refused_with_their_line(source: str, where: str) -> None:
    """Left out, they would make an approved text say less than was approved."""
    with pytest.raises(Quarantined, match=rf"^{where}: .*; write it as text$"):
        read_markdown(source.encode())


def test_what_is_not_utf_8_is_refused_with_the_way_out() -> None:
    with pytest.raises(Quarantined, match=r"not UTF-8.*save it in UTF-8"):
        read_markdown("Kühl lagern.".encode("latin-1"))


def test_a_byte_order_mark_is_no_text() -> None:
    assert read("\ufeff# Velmarin").text == "Velmarin"


@pytest.mark.parametrize("empty", ["", " \n\n", "[velmarin]: https://example.org"])
def test_a_file_without_text_is_refused(empty: str) -> None:
    with pytest.raises(Quarantined, match="no text"):
        read_markdown(empty.encode())
