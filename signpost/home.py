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


_opened: dict[Path, int] = {}  # homes that this process opened, and how long their logs were


def open_assistant(options: argparse.Namespace, *, trial: bool = True) -> Assistant:
    """The assistant over the home's active edition."""
    from chatbot.assistant import Assistant

    home = open_home(options)
    return Assistant(home, open_database_of(home), trial=trial)


def open_database_of(home: Home) -> Database:
    """Its database, brought to this release's form."""
    from corpus.database import open_database

    database = open_database(home.database)
    _opened.setdefault(home.root, _size(database))
    return database


def sign_what_was_appended() -> None:
    """Signs the logs that grew since this process opened them; what the command did stands, whatever comes of it."""
    from chatbot.audit.signer import Signer
    from chatbot.errors import ChatbotError
    from corpus.database import open_database
    from corpus.errors import CorpusError

    for root, size in _opened.items():
        home = Home(root)
        try:
            database = open_database(home.database)
            if _size(database) > size:
                Signer(database, signing_keys(home, database)).sign()
            database.close()
        except (ChatbotError, CorpusError, OSError) as error:
            note(f"signpost: done, but the log isn't signed: {error}")
    _opened.clear()


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
    from corpus.ledger import read_head

    with database.reading() as connection:
        return read_head(connection).size


def open_home(options: argparse.Namespace) -> Home:
    """The home, which must be there: a mistyped one is no empty one."""
    home = Home(options.home)
    if not home.database.exists():
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
