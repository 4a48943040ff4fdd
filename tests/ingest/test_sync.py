"""Which files are gone, and when a whole folder says nothing."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest.sync import Vanished, vanished

ROOT = Path("/share")
UK = [ROOT / "uk" / name for name in ("a.pdf", "b.pdf", "c.pdf")]
DE = [ROOT / "de" / name for name in ("d.pdf", "e.pdf")]
KNOWN = [*UK, *DE, Path("/elsewhere/f.pdf")]


def seen(*lost: Path, gone: tuple[Path, ...] = (), roots: tuple[Path, ...] = (ROOT,)) -> Vanished:
    return vanished(KNOWN, [file for file in KNOWN if file not in lost], roots, gone)


def test_a_file_that_is_gone_from_a_folder_that_is_there_is_found() -> None:
    assert seen(UK[1]) == Vanished(5, (UK[1],), ())
    assert seen() == Vanished(5, (), ())


def test_a_folder_that_vanished_whole_proposes_nothing() -> None:
    assert seen(*UK) == Vanished(5, (), ((ROOT / "uk", 3),))
    assert seen(*UK, DE[0]) == Vanished(5, (DE[0],), ((ROOT / "uk", 3),))


def test_when_everything_is_gone_the_outermost_folder_is_named_once() -> None:
    assert seen(*UK, *DE) == Vanished(5, (), ((ROOT, 5),))


def test_a_folder_that_is_said_to_be_gone_proposes_its_files() -> None:
    assert seen(*UK, gone=(ROOT / "uk",)).files == tuple(UK)
    assert seen(*UK, *DE, gone=(ROOT / "uk",)) == Vanished(5, tuple(UK), ((ROOT, 2),))


def test_the_folder_of_a_single_file_is_that_file() -> None:
    alone = ROOT / "DOC-1" / "label.pdf"
    assert vanished([alone, *UK], UK, [ROOT], []).files == (alone,)


def test_what_lies_outside_the_paths_says_nothing() -> None:
    assert seen(KNOWN[-1]) == Vanished(5, (), ())
    assert seen(KNOWN[-1], gone=(KNOWN[-1],)).files == (KNOWN[-1],)


def test_more_than_a_tenth_at_once_is_many() -> None:
    known = [ROOT / f"{number}.pdf" for number in range(20)]
    assert not vanished(known, known[2:], [ROOT], []).is_many(2)
    assert vanished(known, known[3:], [ROOT], []).is_many(3)
    assert seen(*DE).is_many(0)


paths = st.sampled_from([ROOT / a / b for a in ("uk", "de", "uk/old") for b in ("1.pdf", "2.pdf", "3.pdf")])


@given(st.sets(paths), st.sets(paths), st.booleans())
def test_every_known_file_is_there_or_gone_or_gone_with_its_folder(
    known: set[Path], lost: set[Path], named: bool
) -> None:
    gone = [ROOT / "uk"] if named else []
    told = vanished(known, known - lost, [ROOT], gone)
    held = sum(count for _, count in told.folders)
    assert set(told.files) <= known & lost
    assert len(told.files) + held == len(known & lost)
    if named:
        assert {file for file in known & lost if file.is_relative_to(ROOT / "uk")} <= set(told.files)
