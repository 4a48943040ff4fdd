"""Runs one command. Its imports stand in it, so that `ask` doesn't wait for torch and the base install serves."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from signpost import (
    ask,
    audit,
    bench,
    cases,
    documents,
    editions,
    evaluate,
    ingest,
    lexicon,
    lifecycle,
    policy,
    preclearance,
    serve,
    signoff,
)
from signpost.arguments import Commands, Parser
from signpost.extras import lacking
from signpost.home import sign_what_was_appended
from signpost.terminal import FAILED, PASSED, USAGE, UsageError, complain


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; errors are one line on stderr that says what to do."""
    from chatbot.errors import CaseRefused, ChatbotError, Forbidden, InvalidQuestion, Misconfigured
    from corpus.errors import Conflict, CorpusError, InvalidInput, NotFound
    from index.errors import IndexingError

    options = parser().parse_args(arguments)
    wrong: tuple[type[Exception], ...] = (
        UsageError,
        InvalidInput,
        NotFound,
        Conflict,
        InvalidQuestion,
        Misconfigured,
        CaseRefused,
        Forbidden,
    )
    failed: tuple[type[Exception], ...] = (ChatbotError, CorpusError, IndexingError)
    if options.command == "ingest":
        from ingest.errors import IngestError

        wrong += (IngestError,)
    try:
        try:
            code: int = options.run(options)
        finally:
            sign_what_was_appended()
    except wrong as error:
        return complain(error, USAGE)
    except failed as error:
        return complain(error, FAILED)
    except ModuleNotFoundError as error:
        if not lacking(error.name):
            raise
        return complain(Exception(lacking(error.name)), USAGE)
    except BrokenPipeError:  # the reader of our output has gone: `signpost documents | head`
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the interpreter's last flush
        return PASSED
    except OSError as error:
        return complain(Exception(_of_the_system(error)), FAILED)
    except KeyboardInterrupt:
        return complain(Exception("interrupted; run the same command again to go on where it stopped"), 130)
    return code


def _of_the_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or str(error)[-300:]}; check disk space and permissions, then run it again"


def parser() -> Parser:
    """Every command with its options."""
    made = Parser(prog="signpost", description="Approved passages, quoted word for word, with their source.")
    commands = Commands(made)
    for module in (
        ingest,
        documents,
        editions,
        lifecycle,
        signoff,
        lexicon,
        ask,
        preclearance,
        policy,
        serve,
        audit,
        cases,
        evaluate,
        bench,
    ):
        module.add_commands(commands)
    return made
