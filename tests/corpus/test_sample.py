"""The sample corpus: made from its sources, approved row by row, and said to be fictional."""

from __future__ import annotations

import csv
import functools
import json
import tomllib
from pathlib import Path

import docx
import pytest

from corpus.sample.make import DOCUMENTS, SOURCES, made
from index.layout import Home
from ingest.formats import MEDIA_TYPES
from ingest.witness import fold, read_pages
from tests.conftest import SAMPLE, Cli

FICTIONAL = {"en": "fictional", "de": "erfunden", "es": "ficticio"}
FILES = sorted(DOCUMENTS.iterdir())
MADE = {".pdf", ".docx"}


@functools.cache
def rows() -> list[dict[str, str]]:
    with (SAMPLE / "catalogue.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@functools.cache
def remade() -> dict[Path, bytes]:
    return dict(made())


def rows_of(file: Path) -> list[dict[str, str]]:
    return [row for row in rows() if f"{row['document_number']}_{row['version']}" == file.stem]


@functools.cache
def texts(file: Path) -> list[str]:
    """The folded text of each page; of the whole document in formats without pages."""
    if file.suffix == ".pdf":
        return read_pages(file.read_bytes())
    if file.suffix == ".docx":
        return [fold(" ".join(paragraph.text for paragraph in docx.Document(str(file)).paragraphs))]
    return [fold(file.read_text(encoding="utf-8"))]


def test_every_pdf_and_docx_is_made_again_byte_for_byte() -> None:
    """An approval is of bytes: what is approved must be what the sources make, on any machine."""
    assert set(remade()) == {file for file in FILES if file.suffix in MADE}
    assert [path.name for path, content in remade().items() if path.read_bytes() != content] == []


def test_a_change_of_a_source_would_be_seen(tmp_path: Path) -> None:
    """That nothing differs above is worth something: one other word makes other bytes."""
    from corpus.sample.make import make

    for source in (SOURCES / "HP-VEL-007_1.2.md", SOURCES / "HP-VEL-002_2.0.typ"):
        changed = tmp_path / source.name
        (tmp_path / "house.typ").write_bytes((SOURCES / "house.typ").read_bytes())
        changed.write_text(source.read_text(encoding="utf-8").replace("Velmarin", "Velmarine"), encoding="utf-8")
        assert make(changed) != make(source)


def test_every_document_has_a_row_and_every_row_a_document() -> None:
    assert [file.name for file in FILES if not rows_of(file)] == []
    described = [row for file in FILES for row in rows_of(file)]
    assert [row for row in rows() if row not in described] == []


def test_the_sample_is_large_and_varied_enough_to_try_things_on() -> None:
    assert len(FILES) >= 40
    assert {file.suffix for file in FILES} == {".pdf", ".docx", ".html", ".md"} <= set(MEDIA_TYPES)
    assert {row["country"] for row in rows()} == {"GB", "DE", "ES"}
    assert {row["language"] for row in rows()} == {"en", "de", "es"}
    assert len({row["approval_id"] for row in rows()}) == len(rows())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_page_says_that_the_product_is_fictional(file: Path) -> None:
    """A PDF on each of its pages, for one that is printed alone; the others once."""
    said = FICTIONAL[rows_of(file)[0]["language"]]
    assert [number for number, text in enumerate(texts(file), 1) if said not in text.casefold()] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_document_is_about_the_product_its_row_names(file: Path) -> None:
    table = tomllib.loads((SAMPLE / "products.toml").read_text(encoding="utf-8"))
    brands = {product["brand"] for product in table["product"]}
    (brand,) = {row["product"] for row in rows_of(file)}
    assert brand in brands
    assert any(brand in text for text in texts(file))


def test_every_state_a_document_can_come_into_is_there_to_be_seen(sample: Home, cli: Cli) -> None:
    done = cli("documents", "--json", "--home", sample.root)
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    states = {(row["document"], row["version"], row["country"]): row["state"] for row in listed["documents"]}
    assert listed["not_published"] == []
    assert set(states) == {(row["document_number"], row["version"], row["country"]) for row in rows()}
    assert states["HP-QUO-011", "1.0", "GB"] == "withdrawn"
    assert states["HP-NER-011", "1.0", "GB"] == "expired"
    assert states["HP-VEL-001", "4.0", "GB"] == "not yet effective"
    assert states["HP-LUM-002", "1.0", "GB"] == "superseded"
    assert states["HP-LUM-002", "2.0", "GB"] == states["HP-VEL-001", "3.0", "GB"] == "in force"
