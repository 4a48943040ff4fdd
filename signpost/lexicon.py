"""`signpost lexicon`: the terms that are searched beside a question, and lists of them that a home brings along."""

from __future__ import annotations

import argparse
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from chatbot.routing.forms import FORMS
from index.layout import Home
from signpost.arguments import Commands
from signpost.home import open_home
from signpost.terminal import PASSED, UsageError, console, print_json

if TYPE_CHECKING:
    from chatbot.routing.imported import TermList
    from chatbot.routing.names import Names

_WHEN = "at the next publish, or at its next start"


def add_commands(commands: Commands) -> None:
    """`lexicon` and its commands."""
    group = commands.group("lexicon", "Terms that are searched beside a question, and your own lists of them.", "DO")
    bring = group.add("import", run_import, "Check a list of terms and keep it in the home.")
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--form", required=True, choices=FORMS, help="what the rows are")
    bring.add_argument("--language", default="en", type=str.casefold, help="of the terms, where no row says (en)")
    group.add("list", run_list, "The lists that were imported, and how many terms there are of each kind.")
    show = group.add(
        "show", run_show, "What a text may be searched with beside itself; what no passage has is dropped then."
    )
    show.add_argument("text", metavar="TEXT")
    show.add_argument("--language", default="en", type=str.casefold, help="of the text (en)")
    remove = group.add("remove", run_remove, "Take an imported list out again.")
    remove.add_argument("name", metavar="NAME", help="as `signpost lexicon list` names it")


def run_import(options: argparse.Namespace) -> int:
    """`signpost lexicon import`"""
    from chatbot.routing.imported import in_force, read_list, with_names

    home = open_home(options)
    names = _names(home)
    with _alone(home):
        kept = [each for each in _kept(home) if each.name != options.file.name]
        read = read_list(options.file, options.form, options.language, with_names(names, kept))
        in_force([*kept, *read.lists], names)  # says which terms of another list are names from now on
        _keep(home, [*kept, *read.lists])
    terms = sum(len(each.terms) for each in read.lists)
    left_out = {reason: count for reason, count in read.left_out.items() if count}
    if options.json:
        print_json({"name": options.file.name, "terms": terms, "left_out": left_out})
    else:
        told = "".join(f", {count} left out ({reason})" for reason, count in left_out.items())
        print(f"{options.file.name}: {terms} terms{told}; a running service takes them up {_WHEN}")
    return PASSED


def run_list(options: argparse.Namespace) -> int:
    """`signpost lexicon list`"""
    from chatbot.policy import load_policy
    from chatbot.routing.lexicon import KINDS

    kept = _kept(open_home(options))
    own = load_policy().lexicon
    rows = [("this release", "", language, lexicon.terms) for language, lexicon in sorted(own.items())]
    rows += [(each.name, each.form, each.language, each.terms) for each in kept]
    counted = [
        {
            "name": name,
            "form": form,
            "language": language,
            **{kind: sum(t.kind == kind for t in terms) for kind in KINDS},
        }
        for name, form, language, terms in rows
    ]
    if options.json:
        print_json({"lists": counted})
        return PASSED
    table = Table("list", "form", "language", *KINDS)
    for row in counted:
        table.add_row(*(str(value) for value in row.values()))
    console().print(table)
    return PASSED


def run_show(options: argparse.Namespace) -> int:
    """`signpost lexicon show`"""
    from chatbot.policy import load_policy
    from chatbot.routing.imported import in_force, lists_bytes
    from chatbot.routing.lexicon import NO_LEXICON, query_of

    home = open_home(options)
    policy = load_policy(imported=lists_bytes(in_force(_kept(home), _names(home))))
    query = query_of(options.text, policy.lexicon.get(options.language, NO_LEXICON))
    if options.json:
        terms = [{"phrase": term.phrase, "kind": term.kind, "means": list(term.means)} for term in query.terms]
        print_json({"terms": terms})
        return PASSED
    for term in query.terms:
        print(f"{term.phrase} ({term.kind}): {', '.join(term.means)}")
    if not query.terms:
        print("no term stands in it")
    return PASSED


def run_remove(options: argparse.Namespace) -> int:
    """`signpost lexicon remove`"""
    home = open_home(options)
    with _alone(home):
        return _remove(home, options)


def _remove(home: Home, options: argparse.Namespace) -> int:
    from chatbot.errors import Misconfigured

    try:
        kept = _kept(home)
    except Misconfigured:
        home.lexicon.unlink()
        return _removed(options, f"{home.lexicon}, which couldn't be read,")
    left = [each for each in kept if each.name != options.name]
    if len(left) == len(kept):
        raise UsageError(f"no list '{options.name}' was imported; `signpost lexicon list` names those that were")
    _keep(home, left)
    return _removed(options, options.name)


def _removed(options: argparse.Namespace, what: str) -> int:
    if options.json:
        print_json({"removed": what})
    else:
        print(f"{what} is out; a running service drops it {_WHEN}")
    return PASSED


def _kept(home: Home) -> tuple[TermList, ...]:
    from chatbot.routing.imported import kept_lists

    return kept_lists(home.lexicon)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One import at a time, as with publishing: another process waits, and none loses another's list."""
    with home.lexicon_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed
        yield


def _keep(home: Home, lists: Iterable[TermList]) -> None:
    """By rename, synced before and after: a service that starts meanwhile reads the old file or the new one."""
    from chatbot.routing.imported import lists_bytes

    part = home.lexicon.with_suffix(".part")
    with part.open("wb") as stream:
        stream.write(lists_bytes(lists))
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(home.lexicon)
    folder = os.open(home.root, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _names(home: Home) -> Names:
    """The names of medicines that are known without any list."""
    from chatbot.policy import load_policy
    from chatbot.routing.names import known_names
    from corpus.products import read_products

    policy = load_policy()
    products = read_products(home.products) if home.products.exists() else ()
    return known_names(policy.lexicon, policy.medicines, products)
