"""The catalogue says what the review gave, or says which line to mend."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from corpus.catalogue import COLUMNS, CatalogueRow, read_catalogue, read_sidecar
from corpus.errors import InvalidInput

ROW = {
    "document_number": "HP-VEL-001",
    "version": "3.0",
    "country": "GB",
    "title": "Velmarin product information",
    "status": "approved",
    "product": "Velmarin",
    "indication": "",
    "document_type": "product information",
    "roles": "Physician; pharmacist",
    "specialties": "",
    "language": "EN",
    "approval_id": "MLR-2026-0101",
    "approved_on": "2026-01-12",
    "effective_on": "2026-01-19",
    "expires_on": "2031-01-18",
    "owner": "Medical Affairs UK",
}
AS_WRITTEN = ("title", "status", "product", "indication", "document_type", "approval_id", "owner")
SIDECAR = """
document_number = "HP-VEL-001"
version = "3.0"
title = "Velmarin product information"
status = "approved"
product = "Velmarin"
document_type = "product information"
roles = ["pharmacist", "physician"]
language = "en"
approval_id = "MLR-1"
approved_on = 2026-01-12
effective_on = 2026-01-19
owner = "Medical Affairs"
"""


def table(*rows: dict[str, str]) -> str:
    """The rows as CSV; the header is the first row's keys."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def read(folder: Path, content: str | bytes) -> tuple[CatalogueRow, ...]:
    path = folder / "catalogue.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_catalogue(path)


def refusal(folder: Path, content: str | bytes) -> str:
    """The one line an owner reads; it names the file."""
    with pytest.raises(InvalidInput) as caught:
        read(folder, content)
    message = str(caught.value)
    assert message.startswith(f"{folder / 'catalogue.csv'}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_row_becomes_what_it_says(tmp_path: Path, mark: bytes) -> None:
    """With and without the byte order mark that spreadsheets write."""
    (row,) = read(tmp_path, mark + table(ROW).encode())
    assert (row.document_number, row.version, row.country) == ("HP-VEL-001", "3.0", "GB")
    assert (row.approved_on, row.effective_on) == (date(2026, 1, 12), date(2026, 1, 19))
    assert row.expires_on == date(2031, 1, 18)
    assert (row.roles, row.specialties, row.language) == (("pharmacist", "physician"), (), "en")
    assert {name: getattr(row, name) for name in AS_WRITTEN} == {name: ROW[name] for name in AS_WRITTEN}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "live"}, "status 'live' is none of approved, withdrawn, draft, in_review"),
        ({"approved_on": "12.01.2026"}, "approved_on '12.01.2026' is no date; write YYYY-MM-DD"),
        ({"effective_on": "2026-02-30"}, "effective_on '2026-02-30' is no date; write YYYY-MM-DD"),
        ({"expires_on": "never"}, "expires_on 'never' is no date; write YYYY-MM-DD"),
        ({"expires_on": "2026-01-18"}, "expires_on 2026-01-18 lies before effective_on 2026-01-19; mend one"),
        ({"country": "UK"}, "'UK' is no country of ISO 3166-1; use two capital letters such as GB or DE"),
        ({"version": "a/b"}, "version 'a/b' must be 1 to 200 characters without"),
        ({"document_number": ".."}, "document_number '..' must be 1 to 200 characters without"),
        *(
            ({column: " "}, f"'{column}' is empty; a document that is approved needs it")
            for column in ("document_number", "country", "language", "approval_id", "effective_on", "owner")
        ),
    ],
)
def test_a_wrong_cell_is_refused_with_its_line_and_what_to_write(
    tmp_path: Path, change: dict[str, str], message: str
) -> None:
    second = {**ROW, "version": "4.0", **change}
    assert f": line 3: {message}" in refusal(tmp_path, table(ROW, second))


def test_the_last_day_may_be_the_first(tmp_path: Path) -> None:
    (row,) = read(tmp_path, table({**ROW, "expires_on": ROW["effective_on"]}))
    assert row.expires_on == row.effective_on


def test_a_missing_and_an_unknown_column_are_both_named(tmp_path: Path) -> None:
    wrong = {"expiry" if column == "expires_on" else column: value for column, value in ROW.items()}
    message = refusal(tmp_path, table(wrong))
    assert ": line 1: columns missing: expires_on; unknown: expiry; the header is " + ",".join(COLUMNS) in message


@pytest.mark.parametrize("cells", ["GB", ",".join("x" * 17)])
def test_a_row_with_fewer_or_more_cells_is_refused(tmp_path: Path, cells: str) -> None:
    message = refusal(tmp_path, table(ROW) + cells + "\n")
    assert ": line 3: more or fewer cells than the header has columns; quote cells with commas" in message


def test_the_same_document_version_and_country_twice_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, table(ROW, {**ROW, "country": "DE"}, {**ROW, "country": "gb"}))
    assert ": line 4: HP-VEL-001 3.0 GB stands already at " in message
    assert message.endswith("line 2; remove one of them")


@pytest.mark.parametrize(
    "content",
    [table({**ROW, "title": "Fachinformation für Ärzte"}).encode("cp1252"), table(ROW).encode("utf-16"), b'a,"b\n'],
)
def test_what_is_no_csv_in_utf_8_is_refused(tmp_path: Path, content: bytes) -> None:
    message = refusal(tmp_path, content)
    assert "not a readable catalogue" in message
    assert message.endswith("; save it as CSV in UTF-8")


@pytest.mark.parametrize("content", ["", "\n", "HP-VEL-001;3.0;GB\n"])
def test_a_catalogue_without_its_header_is_refused(tmp_path: Path, content: str) -> None:
    assert ": line 1: columns missing: document_number, version," in refusal(tmp_path, content)


def sidecar(folder: Path, content: str) -> tuple[CatalogueRow, ...]:
    path = folder / "velmarin.toml"
    path.write_text(content, encoding="utf-8")
    return read_sidecar(path, "velmarin.pdf")


def test_a_sidecar_is_one_approval(tmp_path: Path) -> None:
    (row,) = sidecar(tmp_path, SIDECAR + 'country = "GB"\n')
    assert (row.file, row.country, row.effective_on) == ("velmarin.pdf", "GB", date(2026, 1, 19))
    assert row.roles == ("pharmacist", "physician")
    assert row.describes("velmarin.pdf")


def test_a_sidecar_gives_each_country_its_own_approval(tmp_path: Path) -> None:
    """The keys on top hold for all; a table's own key wins over them."""
    tables = (
        '[[approval]]\ncountry = "GB"\n'
        '[[approval]]\ncountry = "DE"\napproval_id = "MLR-2"\neffective_on = 2026-02-01\nexpires_on = 2027-01-31\n'
    )
    gb, de = sidecar(tmp_path, SIDECAR + tables)
    assert (gb.country, gb.approval_id, gb.effective_on, gb.expires_on) == ("GB", "MLR-1", date(2026, 1, 19), None)
    assert (de.country, de.approval_id, de.effective_on) == ("DE", "MLR-2", date(2026, 2, 1))
    assert de.expires_on == date(2027, 1, 31)
    assert gb.title == de.title == "Velmarin product information"


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("country = ", "not a readable sidecar: .*; mend the file"),
        ("approval = [1]", "write one .*approval.* table a country"),
        ('[approval]\ncountry = "GB"', "write one .*approval.* table a country"),
        ('[[approval]]\nland = "GB"', r"approval 1: unknown keys \['land'\]; the keys are document_number,"),
        ('[[approval]]\ncountry = "GB"\n[[approval]]\ncountry = "UK"', "approval 2: 'UK' is no country"),
        ('[[approval]]\ncountry = "GB"\n[[approval]]\ncountry = "GB"', "approval 2: .* stands already at .*approval 1"),
    ],
)
def test_a_wrong_sidecar_is_refused_with_its_table_and_the_way_out(tmp_path: Path, added: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"velmarin\.toml: {message}"):
        sidecar(tmp_path, SIDECAR + added)


def test_a_version_written_as_a_bare_number_is_refused(tmp_path: Path) -> None:
    """TOML reads 1.10 as 1.1, which is another version."""
    with pytest.raises(InvalidInput, match="approval 1: version is a bare number; write it in quotes"):
        sidecar(tmp_path, SIDECAR.replace('"3.0"', "1.10") + 'country = "GB"\n')


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HP-VEL-001.pdf", True),
        ("hp-vel-001.PDF", True),
        ("HP-VEL-001-3.0.pdf", True),
        ("HP-VEL-001_3.0.md", True),
        ("HP-VEL-001 v3.0.pdf", True),
        ("HP-VEL-001-2.0.pdf", False),
        ("HP-VEL-001-3.0-draft.pdf", False),
        ("HP-VEL-0011.pdf", False),
        ("HP-VEL-0013.0.pdf", False),
    ],
)
def test_a_row_describes_the_file_named_by_its_number_or_number_and_version(
    tmp_path: Path, name: str, expected: bool
) -> None:
    (row,) = read(tmp_path, table(ROW))
    assert row.describes(name) is expected


def test_a_row_that_names_its_file_describes_that_one_alone(tmp_path: Path) -> None:
    (row,) = read(tmp_path, table({**ROW, "file": "label final.pdf"}))
    assert row.describes("label final.pdf")
    assert not row.describes("HP-VEL-001.pdf")
    assert not row.describes("Label final.pdf")
