"""The key store: a name and a key a subject, and nothing of either once they are destroyed."""

from __future__ import annotations

import hashlib
import hmac
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from chatbot.audit.keys import KeyStore
from corpus.errors import NotFound


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys.db")


def left(folder: Path) -> bytes:
    """Every byte that a key store left behind."""
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def tags(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name: tag for tag, name in connection.execute("SELECT tag, pseudonym FROM subjects")}


def test_a_subject_keeps_its_name_and_its_key(store: KeyStore, tmp_path: Path) -> None:
    name = store.pseudonym("portal", "dr-1")
    again = KeyStore(tmp_path / "keys.db")
    assert again.pseudonym("portal", "dr-1") == again.known_pseudonym("portal", "dr-1") == name
    assert again.known_subject_key(name) == store.subject_key(name)


def test_no_two_subjects_share_a_name(store: KeyStore) -> None:
    pairs = [("a", "b\nc"), ("a\nb", "c"), ("a", "b"), ("b", "a"), ("ab", ""), ("", "ab")]
    assert len({store.pseudonym(*pair) for pair in pairs}) == len(pairs)


def test_who_is_not_known_gets_no_name_by_being_looked_for(store: KeyStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nobody of this name"):
        store.known_pseudonym("portal", "dr-1")
    assert tags(tmp_path / "keys.db") == {}


def test_who_comes_back_after_an_erasure_is_somebody_else(store: KeyStore, tmp_path: Path) -> None:
    name = store.pseudonym("portal", "dr-1")
    key = store.subject_key(name)
    store.destroy([name])
    with pytest.raises(NotFound):
        store.known_pseudonym("portal", "dr-1")
    again = store.pseudonym("portal", "dr-1")
    assert again != name
    assert store.subject_key(again) != key
    assert KeyStore(tmp_path / "keys.db").pseudonym("portal", "dr-1") == again


def test_a_key_that_was_destroyed_is_neither_found_nor_made_again(store: KeyStore) -> None:
    name = store.pseudonym("portal", "dr-1")
    store.destroy([name])
    with pytest.raises(NotFound):
        store.known_subject_key(name)
    with pytest.raises(NotFound):
        store.subject_key(name)


def test_no_byte_of_a_destroyed_key_stays_in_any_file(store: KeyStore, tmp_path: Path) -> None:
    """Among hundreds of others that are made and destroyed, so that SQLite moves rows from page to page."""
    chance, path = random.Random(7), tmp_path / "keys.db"  # noqa: S311 - an order, no secret
    names = [store.pseudonym("portal", f"dr-{number}") for number in range(200)]
    found = tags(path)
    secrets = {name: (store.subject_key(name), found[name].encode(), name.encode()) for name in names}
    chance.shuffle(names)
    for at in range(0, 150, 50):
        assert all(part in left(tmp_path) for part in secrets[names[at]])
        store.destroy(names[at : at + 50])
        remains = left(tmp_path)
        for name in names[: at + 50]:
            assert [part for part in secrets[name] if part in remains] == []
        assert sorted(file.name for file in tmp_path.iterdir()) == ["keys.db"]
    assert all(store.known_subject_key(name) == secrets[name][0] for name in names[150:])


def test_a_journal_that_a_kill_left_is_overwritten_by_the_next_one(store: KeyStore, tmp_path: Path) -> None:
    name = store.pseudonym("portal", "dr-1")
    key = store.subject_key(name)
    with closing(sqlite3.connect(tmp_path / "keys.db", isolation_level=None)) as killed:
        killed.execute("PRAGMA journal_mode=PERSIST")
        killed.execute("BEGIN")
        killed.execute("DELETE FROM keys WHERE name = ?", (f"subject:{name}",))
        killed.execute("DELETE FROM subjects")
        killed.execute("COMMIT")
    assert key in left(tmp_path)
    KeyStore(tmp_path / "keys.db").destroy([name])
    assert key not in left(tmp_path)
    assert not (tmp_path / "keys.db-journal").exists()


def test_two_processes_give_a_new_subject_one_name(store: KeyStore, tmp_path: Path) -> None:
    other = KeyStore(tmp_path / "keys.db")
    assert other.pseudonym("portal", "dr-1") == store.pseudonym("portal", "dr-1")


def test_processes_that_destroy_and_make_keys_at_once_wait_for_each_other(store: KeyStore, tmp_path: Path) -> None:
    def come_and_go(subject: str) -> set[str]:
        mine = KeyStore(tmp_path / "keys.db")
        names = set()
        for _ in range(6):
            names.add(name := mine.pseudonym("portal", subject))
            mine.destroy([name])
        return names

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(come_and_go, map(str, range(4))))
    assert len(set().union(*found)) == 24
    assert tags(tmp_path / "keys.db") == {}


def test_a_name_of_an_early_release_goes_on_until_it_is_destroyed(store: KeyStore) -> None:
    early = hmac.new(store.secret("pseudonym"), b"portal\ndr-1", hashlib.sha256).hexdigest()
    key = store.subject_key(early)
    assert store.known_pseudonym("portal", "dr-1") == store.pseudonym("portal", "dr-1") == early
    assert store.subject_key(early) == key
    store.destroy([early])
    assert store.pseudonym("portal", "dr-1") != early
