"""A file of checkpoints that somebody keeps outside the log's database: notes one behind the other, oldest first.

An empty line follows each. What is left at the end of a file whose writer lost power is no note, and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def append_form(note: str) -> str:
    """A note as it is appended to a file."""
    return f"{note}\n"


def notes_in(lines: Iterable[str]) -> Iterator[str]:
    """The notes of a file's lines, each with its line feed; the last one needs no empty line behind it."""
    body: list[str] = []
    signed: list[str] | None = None
    for line in lines:
        if line != "\n":
            (body if signed is None else signed).append(line)
        elif signed is None:
            signed = []
        else:
            yield f"{''.join(body)}\n{''.join(signed)}"
            body, signed = [], None
    if signed and signed[-1].endswith("\n"):
        yield f"{''.join(body)}\n{''.join(signed)}"
