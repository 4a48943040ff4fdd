"""Another system's export becomes catalogue rows, or says which cell to mend and how."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from corpus.catalogue import read_catalogue
from corpus.errors import InvalidInput
from corpus.export import Export, read_export
from corpus.mapping import read_mapping
from tests.conftest import ROOT, SAMPLE, Cli

EXAMPLE = ROOT / "docs" / "examples" / "vault"
MAPPING = """
[file]
dates = ["%Y-%m-%d", "%d-%b-%Y"]
[columns]
document_number = "document_number__v"
version = ["major_version_number__v", "minor_version_number__v"]
country = "country__v"
title = "title__v"
status = "status__v"
document_type = "type__v"
roles = "audience__c"
approval_id = "approval_number__c"
approved_on = "approved_date__c"
effective_on = "effective_date__v"
expires_on = "expiration_date__v"
[constants]
language = "en"
owner = "Medical Affairs"
[values.status]
"Approved for Use" = "approved"
"Obsolete" = "withdrawn"
"In Review" = "skip"
[values.country]
"United Kingdom" = "GB"
"United States" = "US"
"Germany" = "DE"
"""
ROW = {
    "document_number__v": "HP-VEL-001",
    "major_version_number__v": "3",
    "minor_version_number__v": "0",
    "country__v": "United Kingdom",
    "title__v": "Velmarin product information",
    "status__v": "Approved for Use",
    "type__v": "product information",
    "audience__c": "Physician",
    "approval_number__c": "MLR-1",
    "approved_date__c": "2026-01-12",
    "effective_date__v": "19-Jan-2026",
    "expiration_date__v": "",
}


def table(*rows: dict[str, str], delimiter: str = ",", end: str = "\n") -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0].keys(), lineterminator=end, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def read(folder: Path, content: str | bytes, mapping: str = MAPPING) -> Export:
    path, settings = folder / "export.csv", folder / "vault.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    settings.write_text(mapping, encoding="utf-8")
    return read_export(path, read_mapping(settings))


def refusal(folder: Path, content: str | bytes, mapping: str = MAPPING) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(folder, content, mapping)
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(f"{folder}/", "")


def test_the_documented_example_says_what_our_own_catalogue_says() -> None:
    export = read_export(EXAMPLE / "export.csv", read_mapping(EXAMPLE / "vault.toml"))
    own = {(row.document_number, row.version, row.country): row for row in read_catalogue(SAMPLE / "catalogue.csv")}
    found = {(row.document_number, row.version, row.country): row for row in export.rows}
    irish = found.pop(("HP-VEL-009", "1.0", "IE"))
    assert irish.expires_on == date(2036, 6, 14)
    assert len(found) == 5
    for key, row in found.items():
        assert replace(row, where="", status="") == replace(own[key], where="", status="")
    assert {key[0] for key, row in found.items() if row.status == "withdrawn"} == {"HP-QUO-011"}
    assert (export.skipped, export.unused) == (1, ("id", "name__v", "format__v"))


def test_the_guide_has_the_example_word_for_word() -> None:
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    assert (EXAMPLE / "vault.toml").read_text(encoding="utf-8") in guide


def test_the_documented_command_stages_what_the_export_approves(cli: Cli, tmp_path: Path) -> None:
    file = SAMPLE / "documents" / "HP-VEL-009_1.0.md"
    export = ("--catalogue", EXAMPLE / "export.csv", "--mapping", EXAMPLE / "vault.toml")
    done = cli("ingest", file, *export, "--json", "--home", tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert "6 rows read, 1 skipped by their status; 3 columns not read: id, name__v, format__v" in done.stderr
    listed = json.loads(cli("documents", "--json", "--home", tmp_path / "home").stdout)["documents"]
    assert [(row["document"], row["country"], row["state"]) for row in listed] == [
        ("HP-VEL-009", "GB", "waits for publish"),
        ("HP-VEL-009", "IE", "waits for publish"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_form_of_the_file_is_found_out(tmp_path: Path, delimiter: str, end: str, encoding: str) -> None:
    content = table(ROW | {"title__v": "Ärzte; Velmarin, 40 mg | new"}, delimiter=delimiter, end=end).encode(encoding)
    (row,) = read(tmp_path, content).rows
    assert (row.version, row.country, row.title) == ("3.0", "GB", "Ärzte; Velmarin, 40 mg | new")
    assert (row.effective_on, row.expires_on, row.owner) == (date(2026, 1, 19), None, "Medical Affairs")


def test_latin_1_is_refused_with_what_to_write_and_read_when_it_is_said(tmp_path: Path) -> None:
    content = table(ROW | {"title__v": "Fachinformation für Ärzte"}).encode("cp1252")
    said = refusal(tmp_path, content)
    assert said.startswith("export.csv: line 2 is not in utf-8; export it as UTF-8, or say what it is: encoding =")
    (row,) = read(tmp_path, content, MAPPING.replace("[file]", '[file]\nencoding = "cp1252"')).rows
    assert row.title == "Fachinformation für Ärzte"


def test_an_encoding_that_the_file_contradicts_is_refused(tmp_path: Path) -> None:
    content = table(ROW | {"title__v": "für “Ärzte”"})
    latin = MAPPING.replace("[file]", '[file]\nencoding = "latin-1"')
    assert "it is in UTF-8, " in refusal(tmp_path, content, latin)
    assert "its first bytes say utf-8" in refusal(tmp_path, content.encode("utf-8-sig"), latin)
    assert 'write encoding = "cp1252"' in refusal(tmp_path, content.encode("cp1252"), latin)
    assert "zero bytes" in refusal(tmp_path, content.encode("utf-16-le"))


def test_a_line_feed_in_a_cell_is_layout_and_the_next_row_keeps_its_line(tmp_path: Path) -> None:
    first = ROW | {"title__v": "Velmarin\r\nproduct information"}
    (row,) = read(tmp_path, table(first)).rows
    assert row.title == "Velmarin product information"
    said = refusal(tmp_path, table(first, ROW | {"effective_date__v": "soon", "minor_version_number__v": "1"}))
    assert said.startswith("export.csv: row 2 (line 4): effective_on (from effective_date__v) 'soon' is no date in")


def test_each_country_of_a_cell_is_an_approval(tmp_path: Path) -> None:
    rows = read(tmp_path, table(ROW | {"country__v": "Germany, United Kingdom"})).rows
    assert [row.country for row in rows] == ["DE", "GB"]


def test_a_value_with_the_separator_in_it_is_quoted_in_its_cell(tmp_path: Path) -> None:
    mapping = MAPPING + '[values.roles]\n"Nurse, specialist" = "nurse"\n"Physician" = "physician"\n'
    (row,) = read(tmp_path, table(ROW | {"audience__c": '"Nurse, specialist",Physician'}), mapping).rows
    assert row.roles == ("nurse", "physician")


@pytest.mark.parametrize(
    ("country", "field", "day"),
    [
        ("GB", "effective_date__v", date(2026, 6, 1)),
        ("US", "effective_date__v", date(2026, 6, 1)),
        ("US", "expiration_date__v", date(2026, 5, 31)),
        ("DE", "expiration_date__v", date(2026, 6, 1)),
    ],
)
def test_an_instant_is_a_day_in_the_country_the_cautious_one_where_it_could_be_two(
    tmp_path: Path, country: str, field: str, day: date
) -> None:
    """Half past one in New York is the evening before in Honolulu: it starts later there, and ends earlier."""
    mapping = MAPPING.replace('"%d-%b-%Y"', '"%d-%b-%Y", "%Y-%m-%dT%H:%M:%S.%f%z"')
    at = "2026-06-01T05:30:00.000Z"
    name = {"GB": "United Kingdom", "US": "United States", "DE": "Germany"}[country]
    cells = ROW | {"country__v": name, "effective_date__v": "2026-01-19", field: at}
    (row,) = read(tmp_path, table(cells), mapping).rows
    assert (row.effective_on if field == "effective_date__v" else row.expires_on) == day


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effective_date__v": "46022"}, "effective_on (from effective_date__v) '46022' is what a spreadsheet made of"),
        ({"effective_date__v": "########"}, "'########' is what a spreadsheet made of a date; export again"),
        ({"effective_date__v": "12/31/26"}, "'12/31/26' is no date in %Y-%m-%d, %d-%b-%Y; add its form to file.dates"),
        ({"document_number__v": "1.23E+11"}, "document_number__v '1.23E+11' is what a spreadsheet made of it; export"),
        ({"major_version_number__v": "01-Feb"}, "major_version_number__v '01-Feb' is what a spreadsheet made of it"),
        ({"minor_version_number__v": ""}, "version (from major_version_number__v and minor_version_number__v): one"),
        ({"status__v": "Steady State"}, "status (from status__v) has 'Steady State', for which [values.status] in"),
        ({"country__v": "Kingdom"}, "country (from country__v) has 'Kingdom', for which [values.country] in"),
        ({"country__v": ""}, "country (from country__v) is empty; an approval is for a country"),
        ({"approval_number__c": ""}, "'approval_id' is empty; a document that is approved needs it (approval_id (from"),
        (
            {"expiration_date__v": "2026-01-01"},
            "(effective_on (from effective_date__v); expires_on (from expiration_da",
        ),
    ],
)
def test_a_wrong_cell_is_refused_with_row_column_and_way_out(
    tmp_path: Path, change: dict[str, str], message: str
) -> None:
    said = refusal(tmp_path, table(ROW, ROW | {"document_number__v": "HP-2"} | change))
    assert said.startswith("export.csv: row 2 (line 3): ")
    assert message in said


def test_a_country_that_is_none_says_where_and_how(tmp_path: Path) -> None:
    mapping = MAPPING.replace('"Germany" = "DE"', '"Germany" = "GE2"')
    said = refusal(tmp_path, table(ROW | {"country__v": "Germany"}), mapping)
    assert "row 1 (line 2): country (from country__v): 'GE2' is no country" in said
    assert said.endswith("or add the word to [values.country] in vault.toml")


def test_a_date_that_two_forms_read_differently_is_refused(tmp_path: Path) -> None:
    mapping = MAPPING.replace('"%d-%b-%Y"', '"%d/%m/%Y", "%m/%d/%Y"')
    (row,) = read(tmp_path, table(ROW | {"effective_date__v": "31/01/2026"}), mapping).rows
    assert row.effective_on == date(2026, 1, 31)
    said = refusal(tmp_path, table(ROW | {"effective_date__v": "04/05/2026"}), mapping)
    assert "'04/05/2026' reads as 2026-04-05 and 2026-05-04; leave one form in file.dates" in said


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    cells = {name: value for name, value in ROW.items() if name != "expiration_date__v"}
    said = refusal(tmp_path, table(cells, delimiter=";"))
    assert said.startswith("export.csv: line 1: no column expiration_date__v; it has document_number__v, major_version")


@pytest.mark.parametrize("content", ["", "\n", 'a,"b\n', table(ROW) + "one,two\n", table(ROW) + table(ROW)])
def test_what_is_no_table_is_refused(tmp_path: Path, content: str) -> None:
    assert refusal(tmp_path, content).startswith("export.csv: ")


def test_a_document_version_and_country_stands_once(tmp_path: Path) -> None:
    said = refusal(tmp_path, table(ROW, ROW))
    assert "row 2 (line 3): HP-VEL-001 3.0 GB stands already at export.csv: row 1 (line 2)" in said


def test_a_skipped_row_needs_nothing_else_and_is_counted(tmp_path: Path) -> None:
    export = read(tmp_path, table(ROW, dict.fromkeys(ROW, "") | {"status__v": "in review"}))
    assert (len(export.rows), export.skipped) == (1, 1)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[file]", "[fil]", "unknown: fil; what it can have: [file], [columns]"),
        ("[file]", '[file]\nquote = "x"', "unknown: file.quote"),
        ("[file]", '[file]\ndelimiter = "||"', "file.delimiter '||' is not one character"),
        ("[file]", '[file]\nencoding = "klingon"', "file.encoding: unknown encoding: klingon; write utf-8, cp1252"),
        ('"%d-%b-%Y"', '"%d.%m.%y"', "file.dates: '%d.%m.%y' lacks a day, a month or a year of four digits"),
        ('"%Y-%m-%d", "%d-%b-%Y"', "", "file.dates is a list of forms"),
        ('owner = "Medical Affairs"', "", "nothing gives owner; add them to [columns] or [constants]"),
        ('language = "en"', 'language = "en"\ntitle = "x"', "title stands in [columns] and in [constants]"),
        ('title = "title__v"', 'title = ["a", "b"]', "columns.title: only a version is put together"),
        ('title = "title__v"', "title = 3", "columns.title: write the name of their column in quotes"),
        ('title = "title__v"', 'titel = "title__v"', "[columns] has titel; our fields are document_number"),
        (
            '= "withdrawn"',
            '= "gone"',
            "[values.status] gives gone; ours are approved, withdrawn, draft, in_review, skip",
        ),
        ('"Germany" = "DE"', '"Germany" = 49', "values.country.Germany is no text; write it in quotes"),
        ("[file]", "[file", "not a readable mapping"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_key(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in MAPPING
    said = refusal(tmp_path, table(ROW), MAPPING.replace(before, after, 1))
    assert said.startswith("vault.toml: ")
    assert message in said
