"""Files that have to be read -> what became of them: parsed apart, several at a time, each put on record at its end."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace

from corpus.store import kept_of
from ingest.errors import Quarantined, Unfinished
from ingest.outcomes import Asked, Outcome, Run
from ingest.parse import Parsed, parsed
from ingest.reasons import WAY_OUT, reason_of
from ingest.refusals import Refusal, remember
from ingest.sandbox.workers import Reading, Workers


def read_all(run: Run, found: Iterator[Outcome | Asked], workers: int) -> Iterator[Outcome]:
    """Reads what is ``found`` and has to be read, ``workers`` at a time; outcomes among it are passed on."""
    pending: dict[Future[Reading], Asked] = {}
    with Workers(workers) as pool:
        for each in found:
            if isinstance(each, Outcome):
                yield each
                continue
            folders, sha256 = run.folders, each.source.sha256
            pending[pool.submit(folders.sources / sha256, each.source, folders.pages / sha256)] = each
            while len(pending) > 2 * workers:
                yield from _finished(run, pending)
        while pending:
            yield from _finished(run, pending)


def _finished(run: Run, pending: dict[Future[Reading], Asked]) -> Iterator[Outcome]:
    """Whatever a file did to its reader is an outcome; what the disk or the system did ends the run."""
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        asked, reading = pending.pop(future), future.result()
        yield replace(_outcome(run, asked, reading), usage=reading.usage)


def _outcome(run: Run, asked: Asked, reading: Reading) -> Outcome:
    try:
        made = parsed(reading.read(), asked.size)
    except Unfinished as error:
        return run.quarantine(asked.file, asked.source.sha256, str(error), error.findings)
    except Quarantined as error:
        return _refused(run, asked, Refusal(str(error), error.findings, readable=False))
    if run.is_accepted(asked.source, made.findings):
        return _stored(run, asked, made)
    return _refused(run, asked, Refusal(f"{reason_of(made.findings)}; {WAY_OUT}", made.findings, readable=True))


def _stored(run: Run, asked: Asked, made: Parsed) -> Outcome:
    run.store.add_document(made.document, made.size, made.passages, made.boxes, made.coverage)
    return run.stage(asked.file, asked.source, kept_of(made.document, made.passages), asked.rows, "staged")


def _refused(run: Run, asked: Asked, refusal: Refusal) -> Outcome:
    remember(run.folders, asked.source, refusal)
    return run.quarantine(asked.file, asked.source.sha256, refusal.reason, refusal.findings)
