"""A file is opened and parsed by its suffix, whatever the format."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.formats import MEDIA_TYPES, is_content, open_source
from ingest.parse import parse
from tests.ingest.test_office import excel, powerpoint, word

FILES = {
    ".docx": word(),
    ".htm": b"<p>Take one.",
    ".html": b"<p>Take one.",
    ".md": b"Take one.",
    ".pptx": powerpoint(),
    ".txt": b"Take one.",
    ".xlsx": excel(),
}


def test_every_format_without_pages_is_tried_here() -> None:
    assert {*FILES, ".pdf"} == set(MEDIA_TYPES)


@pytest.mark.parametrize("suffix", FILES)
def test_a_file_is_parsed_by_the_reader_of_its_suffix(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"dose{suffix.upper()}"
    file.write_bytes(FILES[suffix])
    assert is_content(Path(file.name))
    source, content = open_source(file)
    assert source.media_type == MEDIA_TYPES[suffix]
    parsed = parse(file, source, tmp_path / "pictures")
    assert [passage.text for passage in parsed.passages] == ["Take one."]
    assert parsed.document.confirmed_share() == 1.0
    assert content == FILES[suffix]


@pytest.mark.parametrize("name", ["~$dose.pptx", ".dose.txt", "dose.toml", "catalogue.csv"])
def test_locks_hidden_files_and_metadata_are_no_content(name: str) -> None:
    assert not is_content(Path(name))
