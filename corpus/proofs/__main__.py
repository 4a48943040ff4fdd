"""`python -m corpus.proofs EXPORT --key VKEY`: verifies an export without Signpost."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from corpus.proofs.exported import verify_export
from corpus.proofs.files import Unreadable
from corpus.proofs.note import Verifier
from corpus.proofs.witness import notes_in

FINE, FAULTY, USAGE, UNREADABLE = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what holds, what isn't shown and what is wrong; 0 fine, 1 a fault, 2 wrong usage, 3 it can't be read."""
    parser = argparse.ArgumentParser(
        prog="python -m corpus.proofs", description="Verifies an export of a Signpost log."
    )
    parser.add_argument("export", type=Path, help="the folder or .zip")
    parser.add_argument("--key", required=True, help="the log's key, from somebody you trust: not from the export")
    parser.add_argument(
        "--witness", type=Path, action="append", default=[], help="a file of checkpoints kept elsewhere"
    )
    options = parser.parse_args(arguments)
    try:
        key = Verifier.parse(options.key)
    except ValueError as error:
        return _say(f"--key: {error}", USAGE)
    try:
        kept = [note for path in options.witness for note in _notes(path)]
        report = verify_export(options.export, key, kept)
    except (Unreadable, OSError, UnicodeDecodeError) as error:
        return _say(str(error), UNREADABLE)
    for line in report.holds:
        _print(f"holds      {line}")
    for line in report.open:
        _print(f"not shown  {line}")
    for kind, line in report.faults:
        _print(f"WRONG      {kind}: {line}")
    _print("NOT verified" if report.faults else "verified")
    return FAULTY if report.faults else FINE


def _notes(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="\n") as file:
        return list(notes_in(file))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _say(what: str, code: int) -> int:
    sys.stderr.write(f"{what}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
