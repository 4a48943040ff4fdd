"""Editions that nothing needs shrink to their manifest; those that a record needs to be answered again stay whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from corpus.database import Database, open_database
from corpus.ledger import append_leaves, new_leaf, read_head
from corpus.store import Store
from corpus.tables import bodies
from index.edition import open_edition
from index.errors import DamagedEdition, NoEdition, ShrunkEdition
from index.layout import EditionFiles, Home
from index.manifest import activate, edition_id, verify_edition
from index.shrink import SHARED_BYTES, kept_editions, shrink
from tests.homes import copied_tree
from tests.index.small import LABELS, build, candidate


@pytest.fixture(scope="module")
def grown(new_home: Callable[[], Home]) -> Iterator[tuple[Home, tuple[str, ...]]]:
    """A home with four editions, activated one after the other. Shared: each test copies it."""
    home, editions = new_home(), []
    for number in range(4):
        more = [candidate(f"Part {each} is stored below 25 °C.", name=f"{each}.pdf") for each in range(number)]
        editions.append(build(home, (*LABELS, *more)).edition)
    yield home, tuple(editions)
    shutil.rmtree(home.root)


@pytest.fixture
def home(grown: tuple[Home, tuple[str, ...]], tmp_path: Path) -> Home:
    """Its editions and an empty database, for this test alone."""
    shared, editions = grown
    home = Home(tmp_path / "home")
    home.root.mkdir()
    copied_tree(shared.editions, home.editions)
    database = open_database(home.database)
    for edition in editions:
        activate(home, edition)
        Store(database).note_edition(edition, "owner")
    database.close()
    return home


@pytest.fixture
def log(home: Home) -> Iterator[Database]:
    opened = open_database(home.database)
    yield opened
    opened.close()


def reply(database: Database, edition: str) -> int:
    """A record with a text, answered from an edition."""
    with database.writing() as connection:
        named = {"edition": {"id": edition, "manifest_sha256": edition.removeprefix("sha256:")}}
        (place,) = append_leaves(connection, [new_leaf(read_head(connection).origin, "answer", named)])
        row = {"idx": place.index, "pseudonym": "p", "nonce": b"n", "ciphertext": b"c"}
        connection.execute(insert(bodies).values(**row))
    return place.index


def whole(home: Home, log: Database) -> list[str]:
    return [kept.edition for kept in kept_editions(home, log) if not kept.shrunk]


def test_all_but_the_active_one_the_one_before_and_those_that_records_need_shrink(
    home: Home, log: Database, grown: tuple[Home, tuple[str, ...]]
) -> None:
    _, (first, second, third, fourth) = grown
    reply(log, first)
    reply(log, first)
    done = shrink(home, log)
    assert [kept.edition for kept in done.idle] == [second]
    assert set(whole(home, log)) == {first, third, fourth}
    needed = {kept.edition: kept.needed for kept in kept_editions(home, log)}
    assert needed == {first: 2, second: 0, third: 0, fourth: 0}
    for edition in (first, third, fourth):
        assert open_edition(home.edition(edition)).id == edition


def test_a_shrunk_edition_still_proves_what_it_was(
    home: Home, log: Database, grown: tuple[Home, tuple[str, ...]]
) -> None:
    _, (first, *_) = grown
    shrink(home, log)
    files = EditionFiles(home.edition(first))
    assert [path.name for path in files.root.iterdir()] == [files.manifest.name]
    assert edition_id(files.manifest.read_bytes()) == first
    assert files.vectors.name in json.loads(files.manifest.read_bytes())["files"]
    with pytest.raises(ShrunkEdition, match="shrunk to its manifest"):
        open_edition(files.root)
    with pytest.raises(ShrunkEdition):
        activate(home, first)


def test_an_edition_shrinks_once_its_last_record_has_lost_its_text(
    home: Home, log: Database, grown: tuple[Home, tuple[str, ...]]
) -> None:
    _, (first, *_) = grown
    index = reply(log, first)
    shrink(home, log)
    assert first in whole(home, log)
    with log.writing() as connection:
        connection.execute(delete(bodies).where(bodies.c.idx == index))
    assert [kept.edition for kept in shrink(home, log).idle] == [first]


def test_the_edition_to_go_back_to_is_the_one_that_was_active_before(
    home: Home, log: Database, grown: tuple[Home, tuple[str, ...]]
) -> None:
    _, (first, _, _, fourth) = grown
    activate(home, first)
    Store(log).note_edition(first, "owner")
    shrink(home, log)
    assert set(whole(home, log)) == {first, fourth}


def test_without_a_word_in_the_log_the_newest_other_edition_is_kept(
    grown: tuple[Home, tuple[str, ...]], tmp_path: Path
) -> None:
    shared, editions = grown
    home = Home(tmp_path)
    copied_tree(shared.editions, home.editions)
    activate(home, editions[0])
    database = open_database(home.database)
    found = {kept.edition: kept for kept in kept_editions(home, database)}
    assert found[editions[0]].active
    assert [kept.edition for kept in found.values() if kept.previous and not kept.active] != []
    assert len(shrink(home, database).idle) == 2
    database.close()


def test_a_dry_run_changes_nothing(home: Home, log: Database) -> None:
    before = sorted(home.editions.rglob("*"))
    done = shrink(home, log, dry_run=True)
    assert len(done.idle) == 2
    assert sorted(home.editions.rglob("*")) == before


def test_a_second_run_finds_nothing(home: Home, log: Database) -> None:
    shrink(home, log)
    again = shrink(home, log)
    assert (again.idle, again.shared) == ((), 0)


def test_equal_big_files_of_whole_editions_are_one(home: Home, log: Database) -> None:
    done = shrink(home, log)
    two = [home.edition(edition) for edition in whole(home, log)]
    models = [next(EditionFiles(folder).encoder.glob("*.onnx")) for folder in two]
    assert models[0].stat().st_size >= SHARED_BYTES
    assert models[0].samefile(models[1])
    assert done.shared >= 1
    for folder in two:
        verify_edition(folder)


def test_a_damaged_file_is_never_shared(home: Home, log: Database) -> None:
    shrink(home, log)
    for edition in whole(home, log):
        model = next(EditionFiles(home.edition(edition)).encoder.glob("*.onnx"))
        content = model.read_bytes()
        model.unlink()
        model.write_bytes(content)
    model.write_bytes(content[:-1] + b"?")
    assert shrink(home, log).shared == 0
    with pytest.raises(DamagedEdition):
        verify_edition(home.edition(edition))


def test_a_shrink_that_was_killed_is_finished_by_the_next_one(
    home: Home, log: Database, grown: tuple[Home, tuple[str, ...]]
) -> None:
    _, (first, *_) = grown
    shutil.rmtree(EditionFiles(home.edition(first)).encoder)
    assert first in {kept.edition for kept in shrink(home, log).idle}
    assert first not in whole(home, log)


def test_a_home_without_an_active_edition_is_left_alone(home: Home, log: Database) -> None:
    home.current.unlink()
    with pytest.raises(NoEdition):
        shrink(home, log)
    assert len(whole(home, log)) == 4


def test_publishing_builds_a_shrunk_edition_again(
    home: Home, log: Database, grown: tuple[Home, tuple[str, ...]]
) -> None:
    shared, (first, *_) = grown
    shrink(home, log)
    copied_tree(shared.encoders, home.encoders)
    assert build(home, LABELS).edition == first
    verify_edition(home.edition(first))
