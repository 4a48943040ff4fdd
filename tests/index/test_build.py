from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from corpus.model import Document, document_bytes, document_from_bytes
from index import build as module
from index.build import Candidate, build_edition
from index.compile import compiled_encoder
from index.edition import Edition, open_edition
from index.encoder import EncoderFiles
from index.errors import DamagedEdition, NoEdition
from index.layout import EditionFiles, Home
from index.manifest import activate, current_edition, verify_edition
from index.reading import search_text
from index.retrieve import retrieve
from tests.index.small import LABELS, ROOT, build, candidate, silent

NEW = (*LABELS, candidate("Store below 25 °C.", name="storage.pdf"))
BUILD = "import sys; from pathlib import Path; from index.layout import Home; from tests.index import small\n"
KILLED = BUILD + (
    "import os, signal, index.build as b\n"
    "setattr(b, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))\n"
    "small.build(Home(Path(sys.argv[1])), (*small.LABELS, small.candidate('Store below 25 °C.', name='storage.pdf')))"
)


def in_another_process(script: str, *arguments: object, seed: str = "0") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)


@pytest.fixture
def home(new_home: Callable[[], Home]) -> Iterator[Home]:
    """A home with one active edition."""
    made = new_home()
    activate(made, build(made).edition)
    yield made
    shutil.rmtree(made.root)


def editions(home: Home) -> set[str]:
    return {path.name for path in home.editions.iterdir() if path.is_dir() and not path.name.startswith(".")}


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_and_hash_seed_give_the_same_id(
    seed: str, edition: Edition, new_home: Callable[[], Home]
) -> None:
    elsewhere = new_home()
    done = in_another_process(BUILD + "print(small.build(Home(Path(sys.argv[1]))).edition)", elsewhere.root, seed=seed)
    assert done.stdout.strip() == edition.id, done.stderr
    verify_edition(elsewhere.edition(edition.id))


def test_order_workers_and_a_warm_cache_change_nothing(edition: Edition, new_home: Callable[[], Home]) -> None:
    elsewhere = new_home()
    cold = build(elsewhere, LABELS[::-1], workers=2)
    shutil.rmtree(elsewhere.edition(cold.edition))
    warm = build(elsewhere, LABELS)
    assert (cold.edition, warm.edition) == (edition.id, edition.id)
    assert (cold.encoded, warm.encoded) == (2 * cold.passages, 0)  # each has one sentence
    verify_edition(elsewhere.edition(warm.edition))


@pytest.mark.parametrize(
    "changed",
    [
        candidate("The recommended starting dose is 41 mg once daily.", name="velmarin.pdf"),
        replace(LABELS[0], names=("Velmarin",)),
        replace(LABELS[0], passages=LABELS[0].passages[:2]),
    ],
    ids=["text", "names", "passages"],
)
def test_other_content_gives_another_id(changed: module.Candidate, home: Home) -> None:
    assert build(home, (changed, *LABELS[1:])).edition != current_edition(home)


def test_another_encoder_gives_another_id(home: Home) -> None:
    other = EncoderFiles(home.root / "other")
    shutil.copytree(compiled_encoder(home.encoders).root, other.root)
    settings = other.root / "encoder.json"
    settings.write_text(settings.read_text().replace("256", "128"))
    assert build_edition(LABELS, home, other, 1, silent).edition != current_edition(home)


def test_a_compiled_encoder_that_was_changed_is_compiled_again(home: Home) -> None:
    encoder = compiled_encoder(home.encoders)
    digest = encoder.digest()
    settings = encoder.root / "encoder.json"
    settings.write_text(settings.read_text().replace("256", "128"))
    assert compiled_encoder(home.encoders).digest() == digest


def test_building_again_rewrites_nothing(home: Home) -> None:
    folder = home.edition(current_edition(home))

    def state() -> list[tuple[Path, int, int]]:
        return [(file, file.stat().st_ino, file.stat().st_mtime_ns) for file in sorted(folder.rglob("*"))]

    before = state()
    build(home)
    assert state() == before


@pytest.mark.parametrize("step", ["_write_lines", "build_topics", "write_vectors", "build_bm25", "_manifest", "_keep"])
def test_a_build_that_fails_at_any_step_leaves_the_old_edition_active_and_whole(
    step: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    active = current_edition(home)
    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
        patched.setattr(module, step, full)
        build(home, NEW)
    assert [path.name for path in home.editions.iterdir() if path.is_dir()] == [active.removeprefix("sha256:")]
    assert open_edition(home.edition(current_edition(home))).id == active


@pytest.mark.parametrize("step", ["build_bm25", "sync"])
def test_a_killed_build_leaves_the_old_edition_active_and_the_next_gives_the_same_id(
    step: str, home: Home, new_home: Callable[[], Home]
) -> None:
    active = current_edition(home)
    assert in_another_process(KILLED, home.root, step).returncode == -signal.SIGKILL
    assert editions(home) == {active.removeprefix("sha256:")}
    assert open_edition(home.edition(current_edition(home))).id == active
    again = build(home, NEW)
    assert (again.edition, again.encoded) == (build(new_home(), NEW).edition, 0)
    verify_edition(home.edition(again.edition))


def test_building_replaces_a_damaged_edition_of_the_same_id(home: Home) -> None:
    active = current_edition(home)
    EditionFiles(home.edition(active)).passages.write_text("[]\n")
    assert build(home).edition == active
    verify_edition(home.edition(active))


def test_only_activation_changes_which_edition_is_active(home: Home) -> None:
    old, new = current_edition(home), build(home, NEW).edition
    assert current_edition(home) == old
    activate(home, new)
    assert current_edition(home) == new
    activate(home, old)
    assert current_edition(home) == old


def test_a_damaged_or_unknown_edition_is_not_activated(home: Home) -> None:
    active, new = current_edition(home), build(home, NEW).edition
    EditionFiles(home.edition(new)).vectors.write_bytes(b"")
    for wanted, refusal in [(new, DamagedEdition), ("sha256:" + "0" * 64, NoEdition)]:
        with pytest.raises(refusal):
            activate(home, wanted)
        assert current_edition(home) == active


def test_an_edition_activated_without_its_prefix_is_active_under_its_full_id(home: Home) -> None:
    active = current_edition(home)
    activate(home, active.removeprefix("sha256:"))
    assert current_edition(home) == active == open_edition(home.edition(active)).id


def test_a_home_without_an_edition_says_publish(new_home: Callable[[], Home]) -> None:
    with pytest.raises(NoEdition, match="run `signpost publish`"):
        current_edition(new_home())


def test_a_passage_is_found_by_product_and_heading_it_does_not_mention(edition: Edition) -> None:
    assert not any("lodisartan" in passage.text or "Posology" in passage.text for passage in edition.passages)
    for query in ("lodisartan", "posology"):
        hits = retrieve(edition, query, 3, np.ones(len(edition.passages), bool)).hits
        assert all(hit.bm25 > 0 for hit in hits)


def test_a_title_is_read_where_it_adds_to_the_names() -> None:
    passage = LABELS[0].passages[0]
    assert search_text(passage, "Dosing card", ("Velmarin",)).startswith("Velmarin. Dosing card. 4.2 Posology\n")
    assert search_text(passage, "VELMARIN tablets", ("Velmarin",)).startswith("Velmarin. 4.2 Posology\n")
    assert search_text(passage, "Dosing card", ()).startswith("Dosing card. 4.2 Posology\n")
    assert search_text(passage, "Dosing card", ()).endswith(passage.text)


class Counted:
    """A document that is made when it is read, as one in the store is; notes how many are in the memory by then."""

    alive: ClassVar[weakref.WeakSet[Document]] = weakref.WeakSet()
    most = 0

    def __init__(self, given: Candidate) -> None:
        self.sha256, self._kept = given.sha256, (document_bytes(given.document), given.passages, given.names)

    def read(self) -> Candidate:
        content, passages, names = self._kept
        made = document_from_bytes(content)
        Counted.alive.add(made)
        Counted.most = max(Counted.most, len(Counted.alive))
        return Candidate(made, passages, names)


def test_however_many_documents_there_are_few_are_in_the_memory_at_once(edition: Edition, home: Home) -> None:
    built = build_edition([Counted(given) for given in LABELS], home, compiled_encoder(home.encoders), 1, silent)
    assert built.edition == edition.id
    assert 0 < Counted.most <= 2 < len(LABELS)
    assert not Counted.alive


def test_a_document_without_a_passage_moves_no_other(home: Home) -> None:
    made = build(home, (*LABELS, replace(candidate("Contents", name="empty.pdf"), passages=())))
    opened = open_edition(home.edition(made.edition))
    assert len(opened.documents) == len(LABELS) + 1
    for number, passage in enumerate(opened.passages):
        assert opened.document_of(number).sha256 == passage.document
