"""`signpost ingest` and `signpost publish`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from corpus.findings import finding_values
from index.layout import Home
from signpost.arguments import Commands, positive
from signpost.home import make_home, open_database_of, open_home
from signpost.publish_diff import add_diff, run_diff, wants_diff
from signpost.sync import files_of, sync
from signpost.terminal import PASSED, UsageError, console, note, now, print_json, progress, shown

if TYPE_CHECKING:
    from corpus.catalogue import CatalogueRow
    from corpus.lifecycle import Kept
    from corpus.model import Approval, Document
    from corpus.registry import Event, Registry
    from corpus.store import Store
    from corpus.waiting import Waiting
    from index.encoder import EncoderFiles
    from index.encodings import Elsewhere
    from index.publish import Means, Published
    from ingest.outcomes import Outcome

_CORES = os.cpu_count() or 1


def add_commands(commands: Commands) -> None:
    """`ingest` and `publish`."""
    ingest = commands.add("ingest", run_ingest, "Read files and folders and stage documents.", reads=True)
    ingest.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    ingest.add_argument("--catalogue", type=Path, help="CSV, one row a document and country")
    ingest.add_argument("--mapping", type=Path, help="reads --catalogue as another system's export: a TOML file")
    text = "PATHs are all there should be: propose to withdraw what is gone from them"
    ingest.add_argument("--sync", action="store_true", help=text)
    text = "with --sync: a file or folder that is gone on purpose; may be repeated"
    ingest.add_argument("--gone", type=Path, action="append", default=[], metavar="PATH", help=text)
    ingest.add_argument("--publish", action="store_true", help="make them live at once")
    text = "Build an edition of what is staged and approved, and activate it."
    publish = commands.add("publish", run_publish, text, reads=True)
    add_diff(publish)
    for command in (ingest, publish):
        command.add_argument("--workers", type=positive, default=_CORES, help=f"processes and threads ({_CORES})")
        command.add_argument("--encoder", type=Path, help="a sentence-transformers folder (all-MiniLM-L6-v2)")
        command.add_argument("--precision", choices=("int8", "fp32"), default="int8", help="of the encoder (int8)")
        command.add_argument("--products", type=Path, help="the portal's products.toml, kept in the home")
        command.add_argument("--assume-approved", action="store_true", help="trials only: approve what has no metadata")


def run_ingest(options: argparse.Namespace) -> int:
    """`signpost ingest`"""
    from corpus.store import Store

    if options.gone and not options.sync:
        raise UsageError("--gone says what a --sync may propose; give both")
    home = make_home(options)
    # The largest first: nobody waits at the end for one worker with the longest of them.
    files = sorted(files_of(options.paths, options.gone), key=lambda file: (-file.stat().st_size, file))
    rows = _read_rows(options)
    if options.products:
        keep_products(options.products, home)
    store = Store(open_database_of(home, options.database))
    started = time.monotonic()
    outcomes = _stage(options, files, rows, home, store)
    said = {row.where: row for row in (*rows, *(row for outcome in outcomes for row in outcome.rows))}
    _withdraw_by_catalogue(said.values(), store, options.actor)
    kept = _kept_by_hand(said.values(), store)
    more: dict[str, Any] = {"edition": None, "encoded": None, "kept": [_kept_row(each) for each in kept]}
    for each in kept:
        note(_said_of(each))
    if options.sync:
        more["sync"] = sync(store, files, options.paths, options.gone, options.actor).as_json()
    for row in rows:
        if row.status == "approved" and not any(row.describes(file.name) for file in files):
            note(f"{row.where}: no file here is {row.file or row.document_number}; the row was not used")
    try:
        if options.publish or options.assume_approved:
            if any(outcome.document for outcome in outcomes):
                published = _publish(options, home, store)
                more |= {name: published[name] for name in ("edition", "encoded")}
            else:
                note("no file could be read, so nothing was published")
    finally:  # what became of the files is said whatever became of the publish
        _report_ingest(options, outcomes, time.monotonic() - started, more)
    return PASSED


def _stage(
    options: argparse.Namespace, files: Sequence[Path], rows: Sequence[CatalogueRow], home: Home, store: Store
) -> list[Outcome]:
    from ingest.pipeline import ingest

    outcomes: list[Outcome] = []
    with progress("reading", options.json, "files") as tell:
        tell(0, len(files))
        for outcome in ingest(files, rows, store, home.folders(), options.workers):
            outcomes.append(outcome)
            tell(len(outcomes), len(files))
    return sorted(outcomes, key=lambda outcome: outcome.file)


def _report_ingest(
    options: argparse.Namespace, outcomes: Sequence[Outcome], seconds: float, more: dict[str, Any]
) -> None:
    passages = sum(outcome.passages for outcome in outcomes)
    if not options.json:
        _print_outcomes(outcomes, passages, seconds, options.assume_approved)
        if more["edition"]:
            print(f"edition {more['edition']} is active ({more['encoded']} texts encoded now)")
        return
    by_state = {
        state: [str(outcome.file) for outcome in outcomes if outcome.state == state]
        for state in ("staged", "unchanged")
    }
    bad = [
        {"file": str(o.file), "reason": o.reason, "findings": finding_values(o.source, o.findings)}
        for o in outcomes
        if o.state == "quarantined"
    ]
    confirmed = {str(outcome.file): round(outcome.confirmed, 4) for outcome in outcomes if outcome.document}
    value = {**by_state, "quarantined": bad, "passages": passages, "seconds": round(seconds, 3)}
    print_json({**value, "confirmed": confirmed, **more})


def run_publish(options: argparse.Namespace) -> int:
    """`signpost publish`"""
    from corpus.store import Store

    home = open_home(options)
    if wants_diff(options):
        return run_diff(options)
    if options.products:
        keep_products(options.products, home)
    value = _publish(options, home, Store(open_database_of(home, options.database)))
    if options.json:
        print_json(value)
    else:
        print(
            f"edition {value['edition']}: {value['documents']} documents, {value['passages']} passages "
            f"({value['encoded']} encoded now), registry version {value['registry_version']}"
        )
    return PASSED


def _withdraw_by_catalogue(rows: Iterable[CatalogueRow], store: Store, actor: str) -> None:
    """What a catalogue or sidecar doesn't call approved any more ends at once, also when its file didn't come along."""
    from corpus.lifecycle import withdrawal_events

    keys = [(row.document_number, row.version, row.country) for row in rows if row.status != "approved"]
    if keys:
        store.drop_waiting(keys)  # else the next publish would approve what the catalogue took back meanwhile

    def events(registry: Registry) -> list[Event]:
        known = [key for key in keys if key in registry.entries]
        return withdrawal_events(registry, known, actor, now(), "the catalogue says it is not approved")

    store.decide(events)


def _read_rows(options: argparse.Namespace) -> tuple[CatalogueRow, ...]:
    """What the catalogue says, whoever wrote it."""
    from corpus.catalogue import read_catalogue
    from corpus.export import read_export
    from corpus.mapping import read_mapping

    if options.mapping and not options.catalogue:
        raise UsageError("--mapping says how to read an export; name the export with --catalogue")
    if not options.mapping:
        return read_catalogue(options.catalogue) if options.catalogue else ()
    export = read_export(options.catalogue, read_mapping(options.mapping))
    unused = f": {', '.join(export.unused)}" if export.unused else ""
    note(
        f"{options.catalogue}: {len(export.rows)} rows read, {export.skipped} skipped by their status; "
        f"{len(export.unused)} columns not read{unused}"
    )
    return export.rows


def _kept_by_hand(rows: Iterable[CatalogueRow], store: Store) -> list[Kept]:
    from corpus.lifecycle import AMENDABLE, kept_by_hand

    said = {
        (row.document_number, row.version, row.country): {name: getattr(row, name) for name in AMENDABLE}
        for row in rows
        if row.status == "approved"
    }
    return kept_by_hand(store.registry(), said)


def _said_of(kept: Kept) -> str:
    name = " ".join(kept.key)
    if kept.withdrawn_at:
        return f"{name} stays withdrawn (since {kept.withdrawn_at[:10]}); `signpost reinstate` takes that back"
    said = [
        f"{field} stays {shown(held)} (the catalogue says {shown(told)})"
        for field, (held, told) in kept.amended.items()
    ]
    return f"{name} was amended by hand: {', '.join(said)}"


def _kept_row(kept: Kept) -> dict[str, Any]:
    amended = {field: {"holds": shown(held), "catalogue": shown(told)} for field, (held, told) in kept.amended.items()}
    return {"document": " ".join(kept.key), "withdrawn_at": kept.withdrawn_at, "amended": amended}


def _publish(options: argparse.Namespace, home: Home, store: Store) -> dict[str, Any]:
    from index.publish import publish

    with progress("encoding", options.json, "passages") as tell:
        published = publish(home, store, means_of(options, home, tell), options.actor, assume_of(options))
    note_waiting(published.waiting)
    return _publish_value(published)


def assume_of(options: argparse.Namespace) -> Callable[[Document], Approval] | None:
    """What makes an approval of a document without metadata; None unless the options say that it is a trial."""
    from corpus.assumed import assumed_approval
    from corpus.calendar import zones

    if not options.assume_approved:
        return None
    # The day that has begun in all of the country: a trial answers at once.
    today = min(datetime.now(zone).date() for zone in zones(options.country))
    return lambda document: assumed_approval(document, options.country, today)


def means_of(options: argparse.Namespace, home: Home, tell: Callable[[int, int], None]) -> Means:
    """What the options say an edition is built with."""
    from chatbot.routing.utterances import shipped_lesson
    from index.compile import compiled_encoder
    from index.publish import Means

    def encoder() -> EncoderFiles:
        if not options.json and not home.encoders.exists():
            note("compiling the encoder and fitting the routing model, once: a minute or two")
        return compiled_encoder(home.encoders, options.encoder, options.precision)

    def elsewhere(files: EncoderFiles) -> Elsewhere | None:
        from index.gpu import gpu_encoder

        found = gpu_encoder(files, options.encoder)
        if options.precision == "fp32" and not options.json:
            note(f"fp32 on {found.name}" if found else "fp32 on this processor: torch finds no GPU here")
        return found

    return Means(encoder, options.workers, tell, shipped_lesson(), elsewhere)


def note_waiting(found: Iterable[Waiting]) -> None:
    """Says which staged files a publish leaves out, and why."""
    for each in found:
        note(f"{Path(each.staging.file).name} waits for a person, not published: {each.reason}; see `signpost preview`")


def _publish_value(published: Published) -> dict[str, Any]:
    """What `publish --json` says."""
    return {
        "edition": published.built.edition,
        "documents": published.documents,
        "passages": published.built.passages,
        "encoded": published.built.encoded,
        "events": published.events,
        "registry_version": published.registry_version,
        "waiting": [{"file": Path(each.staging.file).name, "reason": each.reason} for each in published.waiting],
    }


def keep_products(path: Path, home: Home) -> None:
    from corpus.products import read_products

    read_products(path)
    home.products.write_bytes(path.read_bytes())


def _print_outcomes(outcomes: Sequence[Outcome], passages: int, seconds: float, assumed: bool) -> None:
    table = Table("file", "state", "passages", "confirmed", "note")
    for outcome in outcomes:
        unapproved = "approval assumed: a trial" if assumed else "no metadata: never cited until it is approved"
        note = outcome.reason or (unapproved if outcome.unapproved else "")
        share = f"{outcome.confirmed:.1%}" if outcome.document else ""
        table.add_row(outcome.file.name, outcome.state, str(outcome.passages or ""), share, note)
    console().print(table)
    print(f"{len(outcomes)} files, {passages} passages, {seconds:.1f} s")
