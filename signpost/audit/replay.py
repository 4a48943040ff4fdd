"""`signpost audit replay`."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from signpost.arguments import Commands
from signpost.home import open_database_of, open_home
from signpost.terminal import FAILED, INVALID, PASSED, UsageError, console, print_json, progress

if TYPE_CHECKING:
    from chatbot.replay import Outcome, Replayed, Replayer

_SHOWN = 50  # rows of a table on a terminal; --json has all of them


def add_replay(commands: Commands) -> None:
    """`audit replay`."""
    text = "Answer a logged turn again, in its own state and in today's, and compare the bytes. The log is only read."
    replay = commands.add("replay", run_replay, text)
    replay.add_argument("index", nargs="?", type=int, metavar="N", help="the record's index")
    replay.add_argument("--all", action="store_true", help="every reply, each in its own state")
    replay.add_argument("--from", dest="first", type=int, metavar="I", help="with --all: from this record on")
    replay.add_argument("--to", dest="last", type=int, metavar="J", help="with --all: up to this record")


def run_replay(options: argparse.Namespace) -> int:
    """`signpost audit replay`"""
    from chatbot.replay import Replayer

    if (options.index is None) is not options.all:
        raise UsageError("name one record, or all of them: signpost audit replay N, or signpost audit replay --all")
    if not options.all and (options.first is not None or options.last is not None):
        raise UsageError("--from and --to go with --all")
    home = open_home(options)
    replayer = Replayer(home, open_database_of(home, options.database))
    return _all(options, replayer) if options.all else _one(options, replayer)


def _one(options: argparse.Namespace, replayer: Replayer) -> int:
    if options.index < 0:
        raise UsageError(f"{options.index} is no record; the first one has the index 0")
    found = replayer.replay(options.index)
    if options.json:
        print_json(_value(found))
    else:
        print(f"record {found.index}, {found.kind}, portal {found.portal}")
        print(f"in its own state: {_said(found.own)}")
        print(f"today: {_said(found.today)}")
    return _code([found.own])


def _all(options: argparse.Namespace, replayer: Replayer) -> int:
    first, last = options.first or 0, options.last
    chosen = [index for index in replayer.log.replies() if index >= first and (last is None or index <= last)]
    if not chosen:
        raise UsageError("no reply stands in that part of the log")
    rows: list[tuple[int, Outcome]] = []
    with progress("replaying", options.json, "replies") as tell:
        for done, (index, outcome) in enumerate(_each(replayer, chosen), 1):
            rows.append((index, outcome))
            tell(done, len(chosen))
    counts: Counter[str] = Counter(outcome.gap or outcome.result for _, outcome in rows)
    other = [(index, outcome) for index, outcome in rows if outcome.result != "identical"]
    if options.json:
        value = {"replies": len(rows), "counts": dict(sorted(counts.items()))}
        print_json({**value, "not_identical": [{"index": index, **_outcome(outcome)} for index, outcome in other]})
    else:
        _print_all(len(rows), counts, other)
    return _code([outcome for _, outcome in rows])


def _each(replayer: Replayer, chosen: Sequence[int]) -> Iterator[tuple[int, Outcome]]:
    """What became of each; one that is damaged hides no other."""
    from chatbot.errors import ChatbotError
    from chatbot.replay import Outcome
    from corpus.errors import CorpusError

    for index in chosen:
        try:
            yield index, replayer.in_own_state(index).own
        except (ChatbotError, CorpusError) as error:
            yield index, Outcome(difference=f"nothing comes now: {error}")


def _print_all(count: int, counts: Counter[str], other: Sequence[tuple[int, Outcome]]) -> None:
    if other:
        table = Table("record", "result", "what")
        for index, outcome in other[:_SHOWN]:
            table.add_row(str(index), outcome.result, _said(outcome))
        console().print(table)
    if len(other) > _SHOWN:
        print(f"and {len(other) - _SHOWN:,} more; --json has them all")
    lost = {name: n for name, n in sorted(counts.items()) if name not in ("identical", "differs")}
    more = f", {sum(lost.values()):,} not rebuilt ({', '.join(f'{n:,} {name}' for name, n in lost.items())})"
    said = f"{counts['identical']:,} identical, {counts['differs']:,} differ"
    print(f"{count:,} replies, each in its own state: {said}{more if lost else ''}")


def _code(outcomes: Sequence[Outcome]) -> int:
    """1 when a reply differs in its own state, else 3 when one can't be rebuilt."""
    results = {outcome.result for outcome in outcomes}
    return FAILED if "differs" in results else INVALID if "not rebuilt" in results else PASSED


def _said(outcome: Outcome) -> str:
    from chatbot.replay import without_words

    if outcome.result == "identical":
        return "the same bytes"
    if outcome.gap:
        return f"not rebuilt ({outcome.gap}): {outcome.why}"
    moved = f"; since then another {', '.join(outcome.moved)}" if outcome.moved else ""
    return f"differs at {without_words(outcome.difference)}{moved}"


def _value(found: Replayed) -> dict[str, Any]:
    names = {"index": found.index, "kind": found.kind, "portal": found.portal}
    return {**names, "own": _outcome(found.own), "today": _outcome(found.today)}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    from chatbot.replay import without_words

    return {
        "result": outcome.result.replace(" ", "_"),
        "difference": without_words(outcome.difference) or None,
        "moved": list(outcome.moved),
        "lacks": outcome.gap or None,
        "why": outcome.why or None,
    }
