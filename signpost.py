"""The command line: composes the packages, decides nothing.

Every command's imports stand in it, so that `ask` doesn't wait for torch and the base install serves without it.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from corpus.model import Audience
from index.layout import Home

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from corpus.catalogue import CatalogueRow
    from corpus.database import Database
    from corpus.model import Approval, Document
    from corpus.registry import Event, Registry
    from corpus.store import Staging, Store
    from index.encoder import EncoderFiles
    from ingest.pipeline import Outcome

PASSED, FAILED, USAGE = 0, 1, 2
_CORES = os.cpu_count() or 1


class UsageError(Exception):
    """The command line or a file it names is wrong: exit 2."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; errors are one line on stderr that says what to do."""
    from chatbot.errors import ChatbotError, InvalidQuestion, Misconfigured
    from corpus.errors import Conflict, CorpusError, InvalidInput, NotFound
    from index.errors import IndexingError

    options = _parser().parse_args(arguments)
    wrong: tuple[type[Exception], ...] = (
        UsageError,
        InvalidInput,
        NotFound,
        Conflict,
        InvalidQuestion,
        Misconfigured,
    )
    failed: tuple[type[Exception], ...] = (ChatbotError, CorpusError, IndexingError)
    if options.command == "ingest":
        from ingest.errors import IngestError

        wrong += (IngestError,)
    try:
        code: int = options.run(options)
    except wrong as error:
        return _complain(error, USAGE)
    except failed as error:
        return _complain(error, FAILED)
    except BrokenPipeError:  # the reader of our output has gone: `signpost documents | head`
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the interpreter's last flush
        return PASSED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        cause = error.strerror or str(error)[-300:]
        return _complain(Exception(f"{where}{cause}; check disk space and permissions, then run it again"), FAILED)
    except KeyboardInterrupt:
        return _complain(Exception("interrupted; run the same command again to go on where it stopped"), 130)
    return code


def run_ingest(options: argparse.Namespace) -> int:
    """`signpost ingest`"""
    from corpus.catalogue import read_catalogue
    from corpus.store import Store
    from ingest.pipeline import find_files, ingest

    home = _home(options)
    files = find_files(options.paths)
    rows = read_catalogue(options.catalogue) if options.catalogue else ()
    if options.products:
        _keep_products(options.products, home)
    store = Store(_database(home))
    started = time.monotonic()
    outcomes: list[Outcome] = []
    with _progress("reading", options.json) as tell:
        tell(0, len(files))
        for outcome in ingest(files, rows, store, home.pages, home.sources, options.workers):
            outcomes.append(outcome)
            tell(len(outcomes), len(files))
    outcomes.sort(key=lambda outcome: outcome.file)
    said = {row.where: row for row in (*rows, *(row for outcome in outcomes for row in outcome.rows))}
    _withdraw_by_catalogue(said.values(), store, options.actor)
    for row in rows:
        if row.status == "approved" and not any(row.describes(file.name) for file in files):
            _note(f"{row.where}: no file here is {row.file or row.document_number}; the row was not used")
    edition = None
    try:
        if options.publish or options.assume_approved:
            if any(outcome.document for outcome in outcomes):
                edition = _publish(options, home, store)["edition"]
            else:
                _note("no file could be read, so nothing was published")
    finally:  # what became of the files is said whatever became of the publish
        _report_ingest(options, outcomes, time.monotonic() - started, edition)
    return PASSED


def _report_ingest(
    options: argparse.Namespace, outcomes: Sequence[Outcome], seconds: float, edition: str | None
) -> None:
    passages = sum(outcome.passages for outcome in outcomes)
    if not options.json:
        _print_outcomes(outcomes, passages, seconds, options.assume_approved)
        if edition:
            print(f"edition {edition} is active")
        return
    by_state = {
        state: [str(outcome.file) for outcome in outcomes if outcome.state == state]
        for state in ("staged", "unchanged")
    }
    bad = [{"file": str(o.file), "reason": o.reason} for o in outcomes if o.state == "quarantined"]
    confirmed = {str(outcome.file): round(outcome.confirmed, 4) for outcome in outcomes if outcome.document}
    value = {**by_state, "quarantined": bad, "passages": passages, "seconds": round(seconds, 3)}
    _print_json({**value, "confirmed": confirmed, "edition": edition})


def run_publish(options: argparse.Namespace) -> int:
    """`signpost publish`"""
    from corpus.store import Store

    home = _home(options)
    if options.products:
        _keep_products(options.products, home)
    value = _publish(options, home, Store(_database(home)))
    if options.json:
        _print_json(value)
    else:
        print(
            f"edition {value['edition']}: {value['documents']} documents, {value['passages']} passages "
            f"({value['encoded']} encoded now), registry version {value['registry_version']}"
        )
    return PASSED


def run_editions(options: argparse.Namespace) -> int:
    """`signpost editions list|verify|activate`"""
    from index.build import activate
    from index.edition import current_edition, verify_edition
    from index.errors import IndexingError, NoEdition

    home = _home(options)
    if options.action == "activate":
        if not options.edition:
            raise UsageError("name the edition: signpost editions activate ID")
        activate(home, options.edition)
        if options.json:
            _print_json({"active": current_edition(home)})
        else:
            print(f"{current_edition(home)} is active")
        return PASSED
    try:
        active: str | None = current_edition(home)
    except NoEdition:
        active = None
    rows = []
    chosen = [options.edition.removeprefix("sha256:")] if options.edition else None
    names = sorted(p.name for p in home.editions.glob("*") if p.is_dir() and not p.name.startswith("."))
    for name in chosen or names:
        state = "not checked"
        if options.action == "verify":
            try:
                verify_edition(home.edition(name))
                state = "whole"
            except IndexingError as error:
                state = str(error)
        rows.append({"edition": f"sha256:{name}", "active": f"sha256:{name}" == active, "state": state})
    if options.json:
        _print_json({"editions": rows})
    else:
        for row in rows:
            print(f"{'*' if row['active'] else ' '} {row['edition']}  {row['state']}")
    damaged = options.action == "verify" and any(row["state"] != "whole" for row in rows)
    return FAILED if damaged else PASSED


def run_documents(options: argparse.Namespace) -> int:
    """`signpost documents`"""
    from corpus.registry import Standing
    from corpus.store import Store

    store = Store(_database(_home(options)))
    registry = store.registry()
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for key, entry in sorted(registry.entries.items()):
        approval = entry.approval
        role = approval.roles[0] if approval.roles else ""
        audience = Audience(approval.country, role, "", approval.language)
        rows.append(
            {
                "document": key[0],
                "version": key[1],
                "country": key[2],
                "title": approval.title,
                "state": str(registry.standing(key, audience, now)),
                "assumed": approval.assumed,
                "effective_on": approval.effective_on.isoformat(),
                "expires_on": approval.expires_on.isoformat() if approval.expires_on else None,
            }
        )
    known = {entry.approval.source_sha256 for entry in registry.entries.values()}
    staged = [
        {"file": Path(s.file).name, "state": _staged_state(s), "reason": s.reason}
        for s in store.stagings()
        if s.source_sha256 not in known
    ]
    if options.json:
        _print_json({"documents": rows, "not_published": staged})
        return PASSED
    table = Table("document", "version", "country", "state", "effective", "expires", "title")
    for row in rows:
        state = row["state"] + (" (assumed)" if row["assumed"] and row["state"] == Standing.IN_FORCE else "")
        dates = (row["effective_on"], row["expires_on"] or "")
        table.add_row(row["document"], row["version"], row["country"], state, *dates, row["title"])
    for item in staged:
        table.add_row(item["file"], "", "", item["state"], "", "", item["reason"])
    _console().print(table)
    return PASSED


def run_withdraw(options: argparse.Namespace) -> int:
    """`signpost withdraw`"""
    from corpus.registry import withdrawal_events
    from corpus.store import Store

    store = Store(_database(_home(options)))
    if not options.reason.strip():
        raise UsageError("give the reason: --reason TEXT")
    registry = store.registry()
    keys = [
        entry.approval.key
        for entry in registry.versions(options.document)
        if options.version in (None, entry.approval.version)
        and options.only_country in (None, entry.approval.country)
        and not entry.withdrawn
    ]
    if not keys:
        raise UsageError(f"nothing of '{options.document}' is left to withdraw; `signpost documents` shows its state")
    registry = store.decide(lambda now: withdrawal_events(now, keys, options.actor, _now(), options.reason))
    withdrawn = [" ".join(key) for key in keys]
    if options.json:
        _print_json({"withdrawn": withdrawn, "registry_version": registry.version})
    else:
        print(f"withdrawn from the next question on: {'; '.join(withdrawn)} (registry version {registry.version})")
    return PASSED


def run_ask(options: argparse.Namespace) -> int:
    """`signpost ask`"""
    from chatbot.assistant import Asker

    _check_one_source(options)
    assistant = _assistant(options)
    asker = Asker(options.actor, "command-line", "operator", _audience(options))
    if options.batch is None:
        value = assistant.turn(asker, _text(options)).value()
        if options.json:
            _print_json(value)
        else:
            _print_reply(value["reply"])
        return PASSED
    for row in _batch(options.batch):
        context = tuple(row.get("context") or ())
        _print_json(assistant.turn(asker, row["text"], context=context).value())
    return PASSED


def run_search(options: argparse.Namespace) -> int:
    """`signpost search`"""
    _check_one_source(options)
    assistant = _assistant(options)
    if options.explain:
        return _explain(options, assistant)
    if options.batch is not None:
        for row in _batch(options.batch):
            _print_json(_hits(assistant, row["text"], options))
        return PASSED
    value = _hits(assistant, _text(options), options)
    if options.json:
        _print_json(value)
        return PASSED
    for hit in value["hits"]:
        place = f"p. {hit['page']}" if hit["page"] else "no pages"
        print(f"{hit['rank']:3} {hit['score']:.3f}  {hit['document']} {hit['version']}, {place}: {hit['text'][:100]}…")
    return PASSED


def run_serve(options: argparse.Namespace) -> int:
    """`signpost serve`"""
    import uvicorn

    from chatbot.app import create_app
    from chatbot.errors import Misconfigured
    from chatbot.identity import DemoIdentity, Identity, read_identity

    identity: Identity | DemoIdentity
    if options.demo:
        identity = DemoIdentity()
    elif options.identity_key:
        identity = read_identity(options.identity_key, options.issuer, options.token_audience)
    else:
        raise Misconfigured(
            "no identity key: name the PEM public key of the portal's identity provider with --identity-key or "
            "SIGNPOST_IDENTITY_KEY, or use --demo to try"
        )
    assistant = _assistant(options, trial=options.demo)
    app = create_app(assistant, identity)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, options.port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"{options.host}:{options.port}: {error}; choose another --host or --port") from error
        _note(assistant.store.database.durability())
        if options.demo:
            _note("demo: anyone who reaches this port gets a token; never use it where readers are real")
        _note(f"Signpost serves {assistant.edition().id} on http://{options.host}:{options.port}")
        # No access log: what a reader opens is nobody's to collect, and every turn is on record anyway.
        config = uvicorn.Config(app, access_log=False, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])
    return PASSED


def run_eval(options: argparse.Namespace) -> int:
    """`signpost eval labels`"""
    from eval.labels import evaluate_labels, label_report
    from eval.report import html_report

    assistant = _assistant(options)
    # Before the questions: a report that a withdrawal overtakes must not say that it knows of it.
    about = {"Edition": assistant.edition().id, "Registry version": str(assistant.registry().version)}
    about |= {"Policy": f"sha256:{assistant.policy.sha256}", "Made": _now()}
    result = evaluate_labels(assistant, options.questions, _audience(options))
    if options.report:
        options.report.write_text(html_report(result, about), encoding="utf-8")
    if options.json:
        _print_json(result)
    else:
        print(label_report(result))
    return PASSED


def _withdraw_by_catalogue(rows: Iterable[CatalogueRow], store: Store, actor: str) -> None:
    """What a catalogue or sidecar doesn't call approved any more ends at once, also when its file didn't come along."""
    from corpus.registry import withdrawal_events

    def events(registry: Registry) -> list[Event]:
        keys = [(row.document_number, row.version, row.country) for row in rows if row.status != "approved"]
        known = [key for key in keys if key in registry.entries]
        return withdrawal_events(registry, known, actor, _now(), "the catalogue says it is not approved")

    store.decide(events)


def _publish(options: argparse.Namespace, home: Home, store: Store) -> dict[str, Any]:
    from corpus.assumed import assumed_approval
    from corpus.calendar import zones
    from index.compile import compiled_encoder
    from index.publish import publish

    assume = None
    if options.assume_approved:
        # The day that has begun in all of the country: a trial answers at once.
        today = min(datetime.now(zone).date() for zone in zones(options.country))

        def assume(document: Document) -> Approval:
            return assumed_approval(document, options.country, today)

    def encoder() -> EncoderFiles:
        if not options.json and not home.encoders.exists():
            _note("compiling the encoder, once")
        return compiled_encoder(home.encoders, options.encoder)

    with _progress("encoding", options.json) as tell:
        published = publish(home, store, encoder, options.workers, tell, options.actor, assume)
    return {
        "edition": published.built.edition,
        "documents": published.documents,
        "passages": published.built.passages,
        "encoded": published.built.encoded,
        "events": published.events,
        "registry_version": published.registry_version,
    }


def _hits(assistant: Assistant, text: str, options: argparse.Namespace) -> dict[str, Any]:
    now = datetime.now(UTC)
    audience = _audience(options)
    found = assistant.search(text, audience, options.k, now)
    hits = []
    for hit in found.retrieval.hits:
        passage, document = found.edition.passages[hit.passage], found.edition.document_of(hit.passage)
        approval = found.approvals[document.source_sha256]
        hits.append(
            {
                "rank": hit.rank,
                "document": approval.document_number,
                "version": approval.version,
                "file": document.file,
                "page": passage.page,
                "text": passage.text,
                "score": hit.score,
                "bm25": hit.bm25,
                "cosine": hit.cosine,
            }
        )
    return {"hits": hits}


def _explain(options: argparse.Namespace, assistant: Assistant) -> int:
    """Why a document is or isn't among the hits: its standing, then its best rank."""
    audience, now = _audience(options), datetime.now(UTC)
    found = assistant.search(_text(options), audience, len(assistant.edition().passages), now)
    edition, registry, retrieval = found.edition, found.registry, found.retrieval
    rows = []
    for entry in registry.versions(options.explain):
        approval = entry.approval
        best = next(
            (h for h in retrieval.hits if edition.document_of(h.passage).source_sha256 == approval.source_sha256),
            None,
        )
        rows.append(
            {
                "document": approval.document_number,
                "version": approval.version,
                "country": approval.country,
                "standing": str(registry.standing(approval.key, audience, now)),
                "in_edition": any(d.source_sha256 == approval.source_sha256 for d in edition.documents),
                "rank": best.rank if best else None,
                "score": best.score if best else None,
                "bm25": best.bm25 if best else None,
                "cosine": best.cosine if best else None,
            }
        )
    if options.json:
        _print_json({"explain": rows})
        return PASSED
    for row in rows:
        place = f"best rank {row['rank']}, score {row['score']:.3f}" if row["rank"] else "not ranked"
        where = "" if row["in_edition"] else ", not in the active edition (publish)"
        print(f"{row['document']} {row['version']} {row['country']}: {row['standing']}{where}; {place}")
    return PASSED


def _assistant(options: argparse.Namespace, *, trial: bool = True) -> Assistant:
    from chatbot.assistant import Assistant

    home = _home(options)
    return Assistant(home, _database(home), trial=trial)


def _database(home: Home) -> Database:
    from corpus.database import open_database

    return open_database(home.database)


def _home(options: argparse.Namespace) -> Home:
    """The home, which only `ingest` makes: a mistyped one is no empty one."""
    home = Home(options.home)
    if options.command != "ingest":
        if not home.database.exists():
            raise UsageError(
                f"{home.root}: no Signpost home; run `signpost ingest PATH --publish` first, or name another --home"
            )
        return home
    try:
        home.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{home.root}: {error.strerror}; name a folder that can be written with --home") from error
    return home


def _audience(options: argparse.Namespace) -> Audience:
    from corpus.calendar import zones

    zones(options.country)
    return Audience(options.country, options.role.casefold(), options.specialty.casefold(), options.language.casefold())


def _keep_products(path: Path, home: Home) -> None:
    from corpus.products import read_products

    read_products(path)
    home.products.write_bytes(path.read_bytes())


def _batch(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}; name a file of JSON lines in UTF-8") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UsageError(f"{path}: line {number}: {error}; write one JSON object a line") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise UsageError(f'{path}: line {number}: no "text"; write {{"_id": "…", "text": "…"}}')
        context = row.get("context") or []
        if not isinstance(context, list) or not all(isinstance(item, str) for item in context):
            raise UsageError(f'{path}: line {number}: "context" is no list of texts; write ["earlier question"]')
        yield row


def _text(options: argparse.Namespace) -> str:
    if options.text is None:
        raise UsageError(f"give a question: signpost {options.command} TEXT, or --batch FILE.jsonl")
    return str(options.text)


def _check_one_source(options: argparse.Namespace) -> None:
    """A text beside a batch would be read by nobody."""
    if options.text is not None and options.batch is not None:
        raise UsageError(f"'{options.text}' and --batch: give one of the two")


@contextmanager
def _progress(what: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, a line every ten seconds elsewhere, nothing with --json."""
    console = Console(stderr=True)
    if quiet:
        yield lambda done, total: None
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        last = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            if done == total or time.monotonic() - last > 10:
                last = time.monotonic()
                _note(f"{what}: {done} of {total}")

        yield tell


def _print_outcomes(outcomes: Sequence[Outcome], passages: int, seconds: float, assumed: bool) -> None:
    table = Table("file", "state", "passages", "confirmed", "note")
    for outcome in outcomes:
        unapproved = "approval assumed: a trial" if assumed else "no metadata: never cited until it is approved"
        note = outcome.reason or (unapproved if outcome.unapproved else "")
        share = f"{outcome.confirmed:.1%}" if outcome.document else ""
        table.add_row(outcome.file.name, outcome.state, str(outcome.passages or ""), share, note)
    _console().print(table)
    print(f"{len(outcomes)} files, {passages} passages, {seconds:.1f} s")


def _print_reply(reply: dict[str, Any]) -> None:
    print(reply["headline"])
    for notice in reply["notices"]:
        print(f"  ! {notice['text']}")
    for quote, citation in zip(reply["quotes"], reply["citations"], strict=True):
        place = f"page {citation['page']}" if citation["page"] else citation["file"]
        print(f"\n  “{quote['text']}” [{citation['number']}]")
        print(f"      {' › '.join(quote['heading'])}")
        print(f"      {citation['title']}, version {citation['version']}, approved {citation['approved_on']}, {place}")
    for choice in reply["choices"]:
        print(f"  - {choice['text']}  ({choice['count']} documents)")
    for step in reply["next_steps"]:
        print(f"  → {step['title']} ({step['cue']})")


def _staged_state(staging: Staging) -> str:
    if staging.reason:
        return "quarantined"
    return "staged, waits for publish" if staging.approvals else "staged, unapproved"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _console() -> Console:
    """Tables keep their words whole when they go to a file."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def _complain(error: Exception, code: int) -> int:
    print(f"signpost: {' '.join(str(error).split())}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Exits 2."""
        self.exit(USAGE, f"signpost: {message}; see `{self.prog} --help`\n")


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    home = os.environ.get("SIGNPOST_HOME", ".signpost")
    common.add_argument("--home", type=Path, default=Path(home), help="the data folder (SIGNPOST_HOME; .signpost)")
    common.add_argument("--json", action="store_true", help="one JSON value on stdout and nothing else")
    common.add_argument("--actor", default=os.environ.get("USER", "operator"), help="who does this, for the record")
    reader = _Parser(add_help=False)
    reader.add_argument("--country", default="GB", type=str.upper, help="ISO 3166-1 alpha-2 (GB)")
    reader.add_argument("--specialty", default="", help="of the reader, for the record; hides nothing")
    reader.add_argument("--role", default="physician", help="physician, pharmacist, nurse …")
    reader.add_argument("--language", default="en", help="ISO 639-1; the question's own words count more")
    building = _Parser(add_help=False)
    building.add_argument("--workers", type=_positive, default=_CORES, help=f"processes and threads ({_CORES})")
    building.add_argument("--encoder", type=Path, help="a sentence-transformers folder (all-MiniLM-L6-v2)")
    building.add_argument("--products", type=Path, help="the portal's products.toml, kept in the home")
    building.add_argument("--assume-approved", action="store_true", help="trials only: approve what has no metadata")

    parser = _Parser(prog="signpost", description="Approved passages, quoted word for word, with their source.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    def add(
        name: str, run: Callable[[argparse.Namespace], int], text: str, *parents: _Parser
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=[common, *parents])
        command.set_defaults(run=run)
        return command

    ingest = add("ingest", run_ingest, "Read files and folders and stage documents.", reader, building)
    ingest.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    ingest.add_argument("--catalogue", type=Path, help="CSV, one row a document and country")
    ingest.add_argument("--publish", action="store_true", help="make them live at once")
    add(
        "publish",
        run_publish,
        "Build an edition of what is staged and approved, and activate it.",
        reader,
        building,
    )
    editions = add("editions", run_editions, "List, re-check or switch editions.")
    editions.add_argument("action", nargs="?", default="list", choices=["list", "verify", "activate"])
    editions.add_argument("edition", nargs="?", metavar="ID")
    add("documents", run_documents, "List documents with their state.")
    withdraw = add("withdraw", run_withdraw, "End a document's approval, from the next question on.")
    withdraw.add_argument("document", metavar="DOCUMENT")
    withdraw.add_argument("--version", help="only this version")
    withdraw.add_argument("--only-country", type=str.upper, help="only for this country")
    withdraw.add_argument("--reason", required=True)
    ask = add("ask", run_ask, "Ask one question, or a batch.", reader)
    ask.add_argument("text", nargs="?", metavar="TEXT")
    ask.add_argument("--batch", type=Path, help='JSON lines: {"_id", "text", "context"?}; one reply a line')
    search = add("search", run_search, "The retrieval alone.", reader)
    search.add_argument("text", nargs="?", metavar="TEXT")
    search.add_argument("--k", type=_positive, default=10, help="hits (10)")
    search.add_argument("--batch", type=Path, help="JSON lines, one result a line")
    search.add_argument("--explain", metavar="DOCUMENT", help="why this document is or is not there")
    serve = add("serve", run_serve, "The HTTP service.")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=_positive, default=8000)
    serve.add_argument("--demo", action="store_true", help="mint tokens, serve the portal and the log; trials only")
    key = os.environ.get("SIGNPOST_IDENTITY_KEY")
    serve.add_argument("--identity-key", type=Path, default=Path(key) if key else None, help="PEM public key, RSA")
    serve.add_argument("--issuer", default=os.environ.get("SIGNPOST_ISSUER", ""), help="iss of the portal's tokens")
    serve.add_argument("--token-audience", default="signpost", help="aud of the portal's tokens (signpost)")
    evaluation = add("eval", run_eval, "Evaluate.", reader)
    evaluation.add_argument("suite", choices=["labels"])
    evaluation.add_argument("questions", type=Path, metavar="FILE")
    evaluation.add_argument("--report", type=Path, metavar="HTML", help="also write the result as one HTML file")
    return parser


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{value} is not 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
