"""`signpost serve`."""

from __future__ import annotations

import argparse
import gc
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from signpost.arguments import Commands, positive
from signpost.home import open_assistant, signing_of
from signpost.terminal import PASSED, UsageError, note

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from chatbot.audit.signing import Signing
    from chatbot.identity import DemoIdentity, Identity


def add_commands(commands: Commands) -> None:
    """`serve`."""
    serve = commands.add("serve", run_serve, "The HTTP service.")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=positive, default=8000)
    serve.add_argument("--witness", type=Path, metavar="FILE", help="checkpoints of the log are appended to it too")
    serve.add_argument("--demo", action="store_true", help="mint tokens, serve the portal and the log; trials only")
    key = os.environ.get("SIGNPOST_IDENTITY_KEY")
    serve.add_argument("--identity-key", type=Path, default=Path(key) if key else None, help="PEM public key, RSA")
    serve.add_argument("--issuer", default=os.environ.get("SIGNPOST_ISSUER", ""), help="iss of the portal's tokens")
    serve.add_argument("--token-audience", default="signpost", help="aud of the portal's tokens (signpost)")


def run_serve(options: argparse.Namespace) -> int:
    """`signpost serve`"""
    # Before anything loads them: a turn is one small job, and their threads would wait for each other (7 ms a search).
    for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(library, "1")
    import uvicorn

    from chatbot.app import create_app

    identity = _identity(options)
    gc.disable()  # a start makes hundreds of thousands of objects that stay
    assistant = open_assistant(options, trial=options.demo)
    signing = signing_of(assistant, options.witness)
    app = create_app(assistant, identity, signing)
    gc.freeze()  # never looked through again: that would hold up a turn for a tenth of a second now and then
    gc.enable()
    # Named TCP: only then does the event loop send a small reply at once instead of waiting 40 ms for more of it.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, options.port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"{options.host}:{options.port}: {error}; choose another --host or --port") from error
        note(assistant.store.database.durability())
        if options.demo:
            note("demo: anyone who reaches this port gets a token; never use it where readers are real")
            _warn_unsigned(assistant)
        note(f"Signpost serves {assistant.edition().id} on http://{options.host}:{options.port}")
        # No access log: what a reader opens is nobody's to collect, and every turn is on record anyway.
        config = uvicorn.Config(app, access_log=False, log_level="warning")
        with _delivering(assistant), _signing(signing):
            uvicorn.Server(config).run(sockets=[listener])
    return PASSED


@contextmanager
def _delivering(assistant: Assistant) -> Iterator[None]:
    """Safety cases are sent while the service runs; says where, or that nothing is."""
    from chatbot.safety.deliver import start_delivery

    delivery = start_delivery(assistant.home, assistant.store.database)
    if delivery is None:
        note(f"safety cases are sent nowhere and wait in the console: {assistant.home.safety} names no channel")
        yield
        return
    note("safety cases are sent to " + " and ".join(f"{each.name} ({each.target})" for each in delivery.channels))
    try:
        yield
    finally:
        delivery.stop()


@contextmanager
def _signing(signing: Signing) -> Iterator[None]:
    """The log is signed while the service runs, and once more at its end."""
    signing.start()
    try:
        yield
    finally:
        signing.stop()


def _warn_unsigned(assistant: Assistant) -> None:
    policy = assistant.policy
    missing = assistant.signatures.missing(policy)
    if missing:
        note(f"demo: the policy sha256:{policy.sha256} isn't signed for {', '.join(missing)}; readers wouldn't get it")


def _identity(options: argparse.Namespace) -> Identity | DemoIdentity:
    """Whose tokens are believed; raises ``Misconfigured`` when nobody is named."""
    from chatbot.errors import Misconfigured
    from chatbot.identity import DemoIdentity, read_identity

    if options.demo:
        return DemoIdentity()
    if options.identity_key:
        return read_identity(options.identity_key, options.issuer, options.token_audience)
    raise Misconfigured(
        "no identity key: name the PEM public key of the portal's identity provider with --identity-key or "
        "SIGNPOST_IDENTITY_KEY, or use --demo to try"
    )
