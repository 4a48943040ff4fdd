"""The witness file: each checkpoint again, where whoever changes the database doesn't reach."""

from __future__ import annotations

import fcntl
import io
import os
from pathlib import Path

from chatbot.errors import LogRefused
from corpus.proofs.note import Unsigned, told
from corpus.proofs.witness import append_form, notes_in

_TAIL = 64 * 1024  # bytes: some hundred notes


class Witness:
    """A file that notes are appended to, durably, by every process that signs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self) -> str:
        """The newest note; empty when there is none."""
        try:
            with self.path.open("rb") as file:
                notes, _ = _tail(file.fileno())
        except FileNotFoundError:
            return ""
        return notes[-1] if notes else ""

    def append(self, note: str) -> None:
        """Adds a note unless it, or a newer one, stands there; raises ``LogRefused`` and ``OSError``.

        What an interrupted process left unfinished at the end goes: it never said anything.
        """
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            notes, unfinished = _tail(descriptor)
            if notes and not _follows(notes[-1], note, self.path):
                return
            end = os.fstat(descriptor).st_size - unfinished
            os.ftruncate(descriptor, end)
            begun = b"" if os.pread(descriptor, 2, max(0, end - 2)) in (b"", b"\n\n") else b"\n"
            _write(descriptor, begun + append_form(note).encode(), end)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            _sync_folder(self.path.parent)


def _tail(descriptor: int) -> tuple[list[str], int]:
    """The last notes of a file, and how many bytes stand unfinished behind them."""
    start = max(0, os.fstat(descriptor).st_size - _TAIL)
    text = os.pread(descriptor, _TAIL, start).decode("latin-1")  # a character is a byte
    if start:  # begin behind a whole note: its last lines are signatures
        _, _, text = text.partition("\n\n\u00e2\u0080\u0094 ")
        _, _, text = text.partition("\n\n")
    notes = list(notes_in(io.StringIO(text, newline="\n")))
    unfinished = max(0, len(text) - sum(len(append_form(note)) for note in notes))
    return [note.encode("latin-1").decode("utf-8", "replace") for note in notes], unfinished


def _write(descriptor: int, content: bytes, at: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, at)
        content, at = content[written:], at + written


def _follows(last: str, note: str, path: Path) -> bool:
    """Whether the note says more than the last one in the file."""
    try:
        before, now = (told(each) for each in (last, note))
    except Unsigned as error:
        raise LogRefused(f"{path}: its last checkpoint is none: {error}; name another --witness") from error
    if before.origin != now.origin:
        raise LogRefused(f"{path} is the witness of {before.origin}; name another --witness for {now.origin}")
    if before.size == now.size and before.root != now.root:
        raise LogRefused(f"{path} has another root for {now.size} records; run `signpost audit verify --witness`")
    return before.size < now.size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
