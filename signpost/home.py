"""The home that a command's options name, and what is opened in it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.model import Audience
from index.layout import Home
from signpost.terminal import UsageError, note

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from chatbot.audit.keys import KeyStore
    from chatbot.audit.signing import Signing
    from corpus.database import Database


# Homes that this process opened: how long their logs were, and the URL of the database where it is no file of theirs.
_opened: dict[Path, tuple[int, str | None]] = {}


def open_assistant(options: argparse.Namespace, *, trial: bool = True) -> Assistant:
    """The assistant over the home's active edition."""
    from chatbot.assistant import Assistant

    home = open_home(options)
    return Assistant(home, open_database_of(home, options.database), trial=trial)


def open_database_of(home: Home, url: str | None) -> Database:
    """Its database, brought to this release's form: PostgreSQL's at ``url``, else the file in the home.

    A home stays with the kind that it was begun with: the other one would be empty, and an edition built of it too.
    """
    from corpus.database import Database, open_database
    from corpus.kept import keep_bytes

    if url and home.database.exists():
        raise UsageError(
            f"{home.root}: the database of this home is its own file; leave --database and SIGNPOST_DATABASE out, or "
            "name another --home"
        )
    place = home.server.read_text(encoding="utf-8").strip() if home.server.exists() else ""
    if place and not url:
        raise UsageError(f"{home.root}: the database of this home is {place}; name it with --database URL")
    if place and url and Database(url).place != place:  # before it is opened, which makes what it lacks
        raise UsageError(
            f"{home.root}: the database of this home is {place}, and not {Database(url).place}; if it has moved, "
            f"write that into {home.server}"
        )
    database = open_database(url or home.database)
    if url:
        keep_bytes(home.server, f"{database.place}\n".encode())
    _opened.setdefault(home.root, (_size(database), url))
    return database


def sign_what_was_appended() -> None:
    """Signs the logs that grew since this process opened them; what the command did stands, whatever comes of it."""
    from chatbot.audit.signer import Signer
    from chatbot.errors import ChatbotError
    from corpus.database import open_database
    from corpus.errors import CorpusError

    for root, (size, url) in _opened.items():
        home = Home(root)
        try:
            database = open_database(url or home.database)
            if _size(database) > size:
                Signer(database, signing_keys(home, database)).sign()
            database.close()
        except (ChatbotError, CorpusError, OSError) as error:
            note(f"signpost: done, but the log isn't signed: {error}")
    _opened.clear()


def open_keys(home: Home) -> KeyStore:
    """Its key store; raises ``Misconfigured`` when it is gone, and makes none in its place."""
    from chatbot.audit.keys import KeyStore
    from chatbot.errors import Misconfigured

    if not home.keys.exists():
        raise Misconfigured(f"{home.keys} is gone, or nothing was asked yet; if it is gone, restore it from its backup")
    return KeyStore(home.keys)


def signing_keys(home: Home, database: Database) -> KeyStore:
    """The key store of a home; raises ``Misconfigured`` when it is gone, instead of making another."""
    from chatbot.audit.checkpoints import newest_checkpoint
    from chatbot.audit.keys import KeyStore
    from chatbot.errors import Misconfigured

    if not home.keys.exists():
        with database.reading() as connection:
            if newest_checkpoint(connection) is not None:
                raise Misconfigured(
                    f"{home.keys} is gone, and the log is signed with its key; restore it from its backup"
                )
    return KeyStore(home.keys)


def signing_of(assistant: Assistant, witness: Path | None) -> Signing:
    """What signs the log of an open home; ``witness`` gets each checkpoint too."""
    from chatbot.audit.signer import Signer
    from chatbot.audit.signing import Signing

    return Signing(Signer(assistant.store.database, assistant.keys, witness))


def _size(database: Database) -> int:
    """How many records there are, whatever else the log's head says; 0 when it is gone."""
    from sqlalchemy import select

    from corpus.tables import log_head

    with database.reading() as connection:
        return connection.execute(select(log_head.c.size)).scalar() or 0


def open_home(options: argparse.Namespace) -> Home:
    """The home, which must be there: a mistyped one is no empty one."""
    home = Home(options.home)
    if not home.database.exists() and not home.server.exists():
        raise UsageError(
            f"{home.root}: no Signpost home; run `signpost ingest PATH --publish` first, or name another --home"
        )
    return home


def make_home(options: argparse.Namespace) -> Home:
    """The home, made when it isn't there."""
    home = Home(options.home)
    try:
        home.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{home.root}: {error.strerror}; name a folder that can be written with --home") from error
    return home


def audience_of(options: argparse.Namespace) -> Audience:
    """The reader that the options name; raises ``InvalidInput`` for a country that is none."""
    from corpus.calendar import zones

    zones(options.country)
    return Audience(options.country, options.role.casefold(), options.specialty.casefold(), options.language.casefold())
