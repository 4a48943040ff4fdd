"""`signpost audit verify`, `proof`, `export`, `checkpoint`, `key`: what the log proves, also to who trusts nobody."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signpost.arguments import Commands
from signpost.home import open_database_of, open_home, signing_keys
from signpost.terminal import FAILED, INVALID, PASSED, UsageError, complain, print_json, progress

if TYPE_CHECKING:
    from chatbot.audit.verify.log import Verdict
    from corpus.proofs.note import Verifier


def add_proofs(group: Commands) -> None:
    """`audit verify`, `proof`, `export`, `checkpoint` and `key`."""
    verify = group.add("verify", run_verify, "Checks the whole log against its checkpoints; names what is wrong.")
    verify.add_argument(
        "--witness", type=Path, action="append", default=[], metavar="FILE", help="checkpoints kept elsewhere"
    )
    verify.add_argument(
        "--key", action="append", default=[], metavar="VKEY", help="the signer's, as `audit key` says it"
    )
    proof = group.add("proof", run_proof, "Shows a record to be in the newest checkpoint.")
    proof.add_argument("index", type=int, metavar="N")
    proof.add_argument(
        "--from", dest="since", type=int, metavar="SIZE", help="and that checkpoint to go on from this one"
    )
    export = group.add(
        "export", run_export, "Records with their proofs, and what verifies them, for whoever trusts nobody."
    )
    export.add_argument("out", type=Path, metavar="OUT", help="a folder that isn't there yet, or a .zip")
    export.add_argument("--from", dest="first", type=int, metavar="I", help="the first record (0)")
    export.add_argument("--to", dest="last", type=int, metavar="J", help="the last record (the newest)")
    export.add_argument("--conversation", default="", metavar="C", help="only the records of a conversation")
    export.add_argument("--bodies", action="store_true", help="with questions and replies as they were")
    export.add_argument("--reason", default="", metavar="TEXT", help="why: kept in the log, and needed with --bodies")
    group.add("checkpoint", run_checkpoint, "The newest checkpoint, to be kept where nobody reaches both.")
    group.add("key", run_key, "The key that checkpoints are verified with.")


def run_verify(options: argparse.Namespace) -> int:
    """`signpost audit verify`: exit 0 fine, 1 a fault, 2 usage, 3 it can't be read."""
    from chatbot.audit.verify.log import verify_log
    from corpus.errors import StoreUnavailable

    home = open_home(options)
    try:
        database = open_database_of(home, options.database)
        trusted = _trusted(options)
        processes = len(os.sched_getaffinity(0))
        with progress("verifying", options.json, "records") as tell:
            verdict = verify_log(database, trusted, options.witness, tell, processes)
    except StoreUnavailable as error:
        return complain(error, INVALID)
    except FileNotFoundError as error:
        raise UsageError(f"{error.filename}: no such file; name a file of checkpoints with --witness") from error
    if options.json:
        print_json(_verdict_value(verdict))
    else:
        _print_verdict(verdict)
    return FAILED if verdict.count else PASSED


def run_proof(options: argparse.Namespace) -> int:
    """`signpost audit proof`"""
    from chatbot.audit.checkpoints import Nodes, consistent, note_of, prove

    with open_database_of(open_home(options), options.database).snapshot() as connection:
        proved = prove(connection, options.index)
        since = None
        if options.since is not None:
            since = consistent(Nodes(connection), note_of(connection, options.since), proved.note)
    if options.json:
        print_json({**proved.value(), **({} if since is None else {"consistency": since.value()})})
        return PASSED
    size = proved.checkpoint.size
    print(f"record {proved.index}, leaf sha256:{proved.hash}, is in the log of {size} ({len(proved.proof)} hashes)")
    for each in proved.value()["proof"]:
        print(f"  {each}")
    if since is not None:
        print(f"the log of {size} goes on from that of {options.since}: {len(since.proof)} hashes show it")
        for each in since.value()["proof"]:
            print(f"  {each}")
    print(f"\n{proved.note}", end="")
    return PASSED


def run_export(options: argparse.Namespace) -> int:
    """`signpost audit export`"""
    from chatbot.audit.export import Exporter, Wanted
    from chatbot.audit.log import AuditLog
    from chatbot.audit.signer import Signer

    if options.conversation and (options.first, options.last) != (None, None):
        raise UsageError("--conversation names the records already; leave --from and --to out")
    home = open_home(options)
    database = open_database_of(home, options.database)
    keys = signing_keys(home, database)
    signer = Signer(database, keys)
    exporter = Exporter(database, AuditLog(database, keys), signer)
    wanted = Wanted(
        options.actor,
        options.first,
        options.last,
        options.conversation,
        options.bodies,
        " ".join(options.reason.split()),
    )
    done = exporter.to_path(options.out, wanted)
    if options.json:
        print_json({"out": str(options.out), "records": done.records, "bodies": done.bodies, "size": done.size})
        return PASSED
    texts = f" and {done.bodies:,} texts" if options.bodies else ""
    print(f"{options.out}: {done.records:,} records{texts}, proved in the log of {done.size:,}")
    print(f"to verify it anywhere: python -m corpus.proofs {options.out} --key '{signer.verifier()}'")
    return PASSED


def run_checkpoint(options: argparse.Namespace) -> int:
    """`signpost audit checkpoint`"""
    from chatbot.audit.checkpoints import newest_note
    from corpus.proofs.note import told

    with open_database_of(open_home(options), options.database).reading() as connection:
        note = newest_note(connection)
    if options.json:
        point = told(note)
        print_json({"origin": point.origin, "size": point.size, "root": point.root.hex(), "note": note})
    else:
        print(note, end="")
    return PASSED


def run_key(options: argparse.Namespace) -> int:
    """`signpost audit key`"""
    trusted = _trusted(options)
    if not trusted:
        raise UsageError(f"{options.home}: nothing was signed here yet; add something to the log first")
    if options.json:
        print_json({"key": str(trusted[0])})
    else:
        print(trusted[0])
    return PASSED


def _trusted(options: argparse.Namespace) -> tuple[Verifier, ...]:
    """The keys that were named, or else the home's own."""
    from sqlalchemy import select

    from chatbot.audit.signer import SECRET, verifier_of
    from corpus.proofs.note import Verifier
    from corpus.tables import log_head

    named = getattr(options, "key", [])
    try:
        given = tuple(Verifier.parse(text) for text in named)
    except ValueError as error:
        raise UsageError(f"--key: {error}; give the line that `signpost audit key` prints") from error
    home = open_home(options)
    if given:
        return given
    database = open_database_of(home, options.database)
    if not home.keys.exists():
        signing_keys(home, database)
        return ()
    secret = signing_keys(home, database).known_secret(SECRET)
    with database.reading() as connection:
        origin = connection.execute(select(log_head.c.origin)).scalar()  # alone: a damaged head is verify's to name
        return () if secret is None or origin is None else (verifier_of(origin, secret),)


def _verdict_value(verdict: Verdict) -> dict[str, Any]:
    return {
        "verified": not verdict.count,
        "origin": verdict.origin,
        "size": verdict.size,
        "root": verdict.root.hex(),
        "signed": verdict.signed,
        "checkpoints": verdict.checkpoints,
        "witnessed": verdict.witnessed,
        "faults": [{"kind": each.kind, "index": each.index, "what": each.what} for each in verdict.faults],
        "count": verdict.count,
    }


def _print_verdict(verdict: Verdict) -> None:
    for fault in verdict.faults:
        print(f"{fault.kind}: {fault.what}")
    if verdict.count > len(verdict.faults):
        print(f"and {verdict.count - len(verdict.faults):,} more")
    about = f"{verdict.size:,} records of {verdict.origin}, {verdict.signed:,} of them signed; "
    about += f"{verdict.checkpoints:,} checkpoints and {verdict.witnessed:,} of witnesses compared"
    print(f"{'NOT verified' if verdict.count else 'verified'}: {about}")
    if not verdict.count and not verdict.witnessed:
        print("who owns database and key could have written it all anew: compare a checkpoint kept elsewhere")
