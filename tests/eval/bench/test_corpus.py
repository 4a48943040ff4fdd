from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from corpus.errors import InvalidInput
from eval.bench.corpus import PASSAGE_WORDS, candidate, read_rows
from tests.eval.short import rows, write_rows


def test_a_document_is_cut_at_sentence_ends_and_nothing_is_lost(tmp_path: Path) -> None:
    text = "\n".join(
        " ".join(f"Sentence {at} of part {part} has these nine words." for at in range(30)) for part in "ab"
    )
    row = next(read_rows(write_rows(tmp_path / "one.jsonl", [{"text": text}])))
    passages = candidate(row, whole=False).passages
    assert all(len(passage.text.split()) <= PASSAGE_WORDS and passage.text.endswith(".") for passage in passages)
    assert " ".join(" ".join(passage.text for passage in passages).split()) == " ".join(text.split())
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)
    assert [passage.text for passage in candidate(row, whole=True).passages] == [text]


def test_a_gzipped_file_is_read_as_the_plain_one(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "labels.jsonl", rows())
    packed = tmp_path / "labels.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert list(read_rows(packed)) == list(read_rows(file))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: no JSON"),
        ("[1]", "line 2: no object"),
        ('{"title": "A"}', "line 2: 'text' is no text"),
        ('{"text": "a", "title": 1}', "line 2: 'title' is no text"),
    ],
)
def test_a_broken_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(f'{{"text": "fine"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        list(read_rows(path))


@pytest.mark.parametrize("name", ["missing.jsonl", "torn.jsonl.gz"])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    if name.startswith("torn"):
        (tmp_path / name).write_bytes(gzip.compress(b'{"text": "a"}\n')[:12])
    with pytest.raises(InvalidInput, match=name):
        list(read_rows(tmp_path / name))
