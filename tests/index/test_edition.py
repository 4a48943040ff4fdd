from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from index.edition import Edition, open_edition
from index.errors import DamagedEdition, NoEdition
from index.layout import EditionFiles
from index.manifest import FORMAT, edition_id, verify_edition
from tests.index.small import LABELS


@pytest.fixture
def copy(edition_folder: Path, tmp_path: Path) -> Path:
    """The small edition, to be damaged."""
    return Path(shutil.copytree(edition_folder, tmp_path / edition_folder.name))


def files_of(folder: Path) -> list[Path]:
    found = sorted(file for file in folder.rglob("*") if file.is_file())
    assert {"manifest.json", "passages.jsonl", "vectors.faiss", "encoder.onnx"} <= {file.name for file in found}
    return found


def test_an_edition_holds_every_passage_word_for_word(edition: Edition) -> None:
    documents = {candidate.document.sha256: candidate.document for candidate in LABELS}
    assert list(edition.passages) == [
        p for key in sorted(documents) for c in LABELS for p in c.passages if p.document == key
    ]
    for number, passage in enumerate(edition.passages):
        document = documents[passage.document]
        assert document.text[passage.start : passage.end] == passage.text
        assert edition.document_of(number).source_sha256 == document.source.sha256


def test_every_file_stands_in_the_manifest(edition_folder: Path) -> None:
    listed = set(verify_edition(edition_folder)["files"])
    assert {str(file.relative_to(edition_folder)) for file in files_of(edition_folder)} == {*listed, "manifest.json"}


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0], ids=["first", "middle", "last"])
def test_one_changed_byte_in_any_file_is_refused_with_the_file_named(place: float, copy: Path) -> None:
    for file in files_of(copy):
        whole = file.read_bytes()
        damaged = bytearray(whole)
        damaged[int(place * (len(whole) - 1))] ^= 1
        file.write_bytes(damaged)
        with pytest.raises(DamagedEdition) as refused:
            open_edition(copy)
        assert str(file) in str(refused.value)
        file.write_bytes(whole)
    assert open_edition(copy).id == f"sha256:{copy.name}"


def test_a_missing_file_is_refused_with_the_file_named(copy: Path) -> None:
    for file in files_of(copy):
        whole = file.read_bytes()
        file.unlink()
        with pytest.raises((DamagedEdition, NoEdition)) as refused:
            open_edition(copy)
        assert str(copy if file.name == "manifest.json" else file) in str(refused.value)
        file.write_bytes(whole)


def test_an_edition_under_another_ones_name_is_refused(copy: Path) -> None:
    other = copy.rename(copy.with_name("0" * 64))
    with pytest.raises(DamagedEdition, match=r"manifest\.json: not the manifest this edition is named after"):
        open_edition(other)


def test_an_edition_of_another_release_says_publish_again(copy: Path) -> None:
    manifest = EditionFiles(copy).manifest
    manifest.write_bytes(manifest.read_bytes().replace(f'"format": {FORMAT}'.encode(), b'"format": 1'))
    renamed = copy.rename(copy.with_name(edition_id(manifest.read_bytes()).removeprefix("sha256:")))
    with pytest.raises(DamagedEdition, match=f"format 1, this release reads {FORMAT}; publish again"):
        open_edition(renamed)


def test_the_mask_is_true_for_the_passages_of_the_given_sources_alone(edition: Edition) -> None:
    chosen = {LABELS[0].document.source.sha256, LABELS[3].document.source.sha256, "f" * 64}
    mask = edition.mask(chosen)
    assert [edition.document_of(i).source_sha256 in chosen for i in range(len(edition.passages))] == mask.tolist()
    assert mask.sum() == 4
    assert not edition.mask(set()).any()
