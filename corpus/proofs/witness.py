"""A file of checkpoints that somebody keeps outside the log's database: notes one behind the other, oldest first.

An empty line follows each. What is left at the end of a file whose writer lost power is no note, and says nothing.
"""

from __future__ import annotations

_GAP = "\n\n"


def append_form(note: str) -> str:
    """A note as it is appended to a file."""
    return f"{note}\n"


def notes_in(text: str) -> tuple[list[str], str]:
    """The notes of a file, and what stands unfinished at its end; a file of one note needs no empty line behind it."""
    *pieces, rest = text.split(_GAP)
    if len(pieces) % 2 and rest.endswith("\n"):
        pieces, rest = [*pieces, rest[:-1]], ""
    elif len(pieces) % 2:
        pieces, rest = pieces[:-1], f"{pieces[-1]}{_GAP}{rest}"
    return [f"{body}{_GAP}{signed}\n" for body, signed in zip(pieces[::2], pieces[1::2], strict=True)], rest
