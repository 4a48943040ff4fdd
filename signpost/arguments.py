"""The command line's form: what every command takes, and how wrong use is said."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from signpost.terminal import USAGE


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Exits 2."""
        self.exit(USAGE, f"signpost: {message}; see `{self.prog} --help`\n")


def positive(value: str) -> int:
    """A whole number of 1 or more."""
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{value} is not 1 or more")
    return number


class Commands:
    """Commands, or those of a group, each with what all of them take."""

    def __init__(self, parser: argparse.ArgumentParser, metavar: str = "COMMAND") -> None:
        self._parsers = parser.add_subparsers(
            dest=metavar.casefold(), required=True, parser_class=Parser, metavar=metavar
        )
        self._common = _common()
        self._reader = _reader()

    def add(
        self, name: str, run: Callable[[argparse.Namespace], int], text: str, *, reads: bool = False
    ) -> argparse.ArgumentParser:
        """A command that ``run`` runs; one that ``reads`` as somebody takes who that is."""
        parents = [self._common, *([self._reader] if reads else [])]
        command = self._parsers.add_parser(name, help=text, description=text, parents=parents)
        command.set_defaults(run=run)
        return command

    def group(self, name: str, text: str, metavar: str) -> Commands:
        """A command that only says which of its own commands runs."""
        return Commands(self._parsers.add_parser(name, help=text, description=text), metavar)


def _common() -> Parser:
    common = Parser(add_help=False)
    home = os.environ.get("SIGNPOST_HOME", ".signpost")
    common.add_argument("--home", type=Path, default=Path(home), help="the data folder (SIGNPOST_HOME; .signpost)")
    common.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("SIGNPOST_DATABASE") or None,
        help="postgresql://… of the database (SIGNPOST_DATABASE; a file in the home)",
    )
    common.add_argument("--json", action="store_true", help="one JSON value on stdout and nothing else")
    common.add_argument("--actor", default=os.environ.get("USER", "operator"), help="who does this, for the record")
    return common


def _reader() -> Parser:
    reader = Parser(add_help=False)
    reader.add_argument("--country", default="GB", type=str.upper, help="ISO 3166-1 alpha-2 (GB)")
    reader.add_argument("--specialty", default="", help="of the reader, for the record; hides nothing")
    reader.add_argument("--role", default="physician", help="physician, pharmacist, nurse …")
    reader.add_argument("--language", default="en", help="ISO 639-1; the question's own words count more")
    return reader
