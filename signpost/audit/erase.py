"""`signpost audit erase`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from signpost.arguments import Commands
from signpost.home import open_database_of, open_home, open_keys
from signpost.terminal import FAILED, PASSED, UsageError, counted, print_json

if TYPE_CHECKING:
    from chatbot.audit.erasure import Erasure
    from chatbot.audit.keys import KeyStore


def add_erase(commands: Commands) -> None:
    """`audit erase`."""
    erase = commands.add("erase", run_erase, "Erases the texts of one reader: their rows, then their key.")
    add_subject(erase)
    erase.add_argument("--reason", required=True, metavar="TICKET", help="a ticket or a code; it stays in the log")


def add_subject(command: argparse.ArgumentParser) -> None:
    """The options that name a subject."""
    command.add_argument("--portal", help="of the subject, as its tokens have it")
    command.add_argument("--subject", help="the claim `sub` of the portal's tokens")
    command.add_argument("--pseudonym", help="instead of both: the name in the log")


def subject_of(options: argparse.Namespace, keys: KeyStore) -> str:
    """The pseudonym that the options name; raises ``UsageError`` and ``NotFound``."""
    named = options.portal is not None and options.subject is not None
    if bool(options.pseudonym) == named or (options.portal is None) != (options.subject is None):
        raise UsageError("name the subject by --portal and --subject together, or by --pseudonym alone")
    return str(options.pseudonym) if options.pseudonym else keys.known_pseudonym(options.portal, options.subject)


def run_erase(options: argparse.Namespace) -> int:
    """`signpost audit erase`: exit 0 when nothing is left, 1 when a hold keeps something."""
    from chatbot.audit.erasure import erase

    home = open_home(options)
    database, keys = open_database_of(home, options.database), open_keys(home)
    done = erase(database, keys, subject_of(options, keys), options.reason, options.actor)
    if options.json:
        print_json(_value(done))
    else:
        print("\n".join(_lines(done)))
    return PASSED if done.complete else FAILED


def _lines(done: Erasure) -> list[str]:
    said = f"record {done.index} says that {done.pseudonym} was erased: {counted(done.records, 'text')} went"
    lines = [f"{said}, and the key is destroyed" if done.complete else said]
    if done.held:
        holds = _named("hold", {hold for _, holds in done.held for hold in holds})
        stay = f"{counted(len(done.held), 'text')} {'stays' if len(done.held) == 1 else 'stay'}"
        again = f"signpost audit erase --pseudonym {done.pseudonym} --reason TICKET"
        lines.append(f"{stay}, and the key, for {holds}: {_named('record', (index for index, _ in done.held))}")
        lines.append(f"when that is released, run: {again}")
    for export in done.exports:
        lines.append(
            f"export {export.index} ({export.at[:10]}, by {export.actor}) has {counted(export.records, 'text')} of "
            "this reader: its copies lie outside, erase them there"
        )
    if done.cases:
        lines.append(f"{counted(done.cases, 'safety case')} of this reader kept, for the safety role alone")
    return lines


def _named(noun: str, numbers: Any) -> str:
    found = sorted(numbers)
    shown = ", ".join(map(str, found[:20])) + (f" and {len(found) - 20} more" if len(found) > 20 else "")
    return f"{noun}{'s' if len(found) > 1 else ''} {shown}"


def _value(done: Erasure) -> dict[str, Any]:
    return {
        "record": done.index,
        "pseudonym": done.pseudonym,
        "complete": done.complete,
        "erased": done.records,
        "held": [{"record": index, "holds": list(holds)} for index, holds in done.held],
        "exports": [
            {"record": each.index, "at": each.at, "actor": each.actor, "texts": each.records} for each in done.exports
        ],
        "safety_cases": done.cases,
    }
