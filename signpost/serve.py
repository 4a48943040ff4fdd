"""`signpost serve`."""

from __future__ import annotations

import argparse
import gc
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.limits import WORKER_STOP_SECONDS
from signpost.arguments import Commands, positive
from signpost.home import open_assistant, signing_of
from signpost.terminal import PASSED, UsageError, note

if TYPE_CHECKING:
    import uvicorn

    from chatbot.assistant import Assistant
    from chatbot.audit.signing import Signing
    from chatbot.identity import DemoIdentity, Identity
    from chatbot.safety.deliver import Delivery


def add_commands(commands: Commands) -> None:
    """`serve`."""
    serve = commands.add("serve", run_serve, "The HTTP service.")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=positive, default=8000)
    serve.add_argument("--witness", type=Path, metavar="FILE", help="checkpoints of the log are appended to it too")
    serve.add_argument("--demo", action="store_true", help="mint tokens, serve the portal and the log; trials only")
    serve.add_argument("--workers", type=positive, default=1, help="processes that answer; one for each core (1)")
    key = os.environ.get("SIGNPOST_IDENTITY_KEY")
    serve.add_argument("--identity-key", type=Path, default=Path(key) if key else None, help="PEM public key, RSA")
    serve.add_argument("--issuer", default=os.environ.get("SIGNPOST_ISSUER", ""), help="iss of the portal's tokens")
    serve.add_argument("--token-audience", default="signpost", help="aud of the portal's tokens (signpost)")


def run_serve(options: argparse.Namespace) -> int:
    """`signpost serve`"""
    # Before anything loads them: a turn is one small job, and their threads would wait for each other (7 ms a search).
    for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(library, "1")
    with ExitStack() as stack:
        shared = Path(stack.enter_context(_shared_folder())) if options.workers > 1 else None
        _serve(options, shared)
    return PASSED


@contextmanager
def _shared_folder() -> Iterator[str]:
    """Scratch for what workers count together; named where prometheus_client looks when it is imported."""
    with tempfile.TemporaryDirectory(prefix="signpost-serve-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield folder


def _serve(options: argparse.Namespace, shared: Path | None) -> None:
    import uvicorn

    from chatbot.app import create_app
    from chatbot.safety.deliver import delivery_of

    identity = _identity(options)
    gc.disable()  # a start makes hundreds of thousands of objects that stay
    assistant = open_assistant(options, trial=options.demo)
    signing = signing_of(assistant, options.witness)
    app = create_app(assistant, identity, signing, shared)
    delivery = delivery_of(assistant.home, assistant.store.database)
    gc.freeze()  # never looked through again: that would hold up a turn for a tenth of a second now and then
    gc.enable()
    # Named TCP: only then does the event loop send a small reply at once instead of waiting 40 ms for more of it.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        _bind(listener, options.host, options.port)
        _say_what_is_served(options, assistant, delivery)

        # No access log: what a reader opens is nobody's to collect, and every turn is on record anyway.
        config = uvicorn.Config(
            app, access_log=False, log_level="warning", timeout_graceful_shutdown=WORKER_STOP_SECONDS
        )
        if shared is None:
            with _beside(delivery, signing):
                uvicorn.Server(config).run(sockets=[listener])
        else:
            assistant.store.database.close()  # no connection survives a fork
            beside = partial(_beside, delivery, signing)
            _serve_by_many(options.workers, config, listener, beside, shared)


def _serve_by_many(
    count: int,
    config: uvicorn.Config,
    listener: socket.socket,
    beside: Callable[[], AbstractContextManager[None]],
    shared: Path,
) -> None:
    from chatbot.metrics import forget_process
    from signpost.sharing import Loads, SharingServer
    from signpost.workers import CONTEXT, Workers

    loads = Loads(count, CONTEXT)

    def work(slot: int) -> None:
        with beside():
            SharingServer(config, loads, slot).run(sockets=[listener])

    Workers(count, work, lambda pid: forget_process(pid, shared)).run()


def _bind(listener: socket.socket, host: str, port: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        raise UsageError(f"{host}:{port}: {error}; choose another --host or --port") from error


def _say_what_is_served(options: argparse.Namespace, assistant: Assistant, delivery: Delivery | None) -> None:
    note(assistant.store.database.durability())
    if options.demo:
        note("demo: anyone who reaches this port gets a token; never use it where readers are real")
        _warn_unsigned(assistant)
    by = f" by {options.workers} processes" if options.workers > 1 else ""
    note(f"Signpost serves {assistant.edition().id} on http://{options.host}:{options.port}{by}")
    if delivery is None:
        note(f"safety cases are sent nowhere and wait in the console: {assistant.home.safety} names no channel")
    else:
        note("safety cases are sent to " + " and ".join(f"{each.name} ({each.target})" for each in delivery.channels))


@contextmanager
def _beside(delivery: Delivery | None, signing: Signing) -> Iterator[None]:
    """While requests are answered, safety cases are sent and the log is signed; both once more at the end."""
    with ExitStack() as stack:
        for each in (signing, delivery):  # stopped the other way round: what delivery adds is signed too
            if each is not None:
                each.start()
                stack.callback(each.stop)
        yield


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
