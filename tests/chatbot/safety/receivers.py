"""Real receivers of safety cases: an HTTP server in a thread that keeps what it gets and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chatbot.safety.message import Message

SECRET = b"0123456789abcdef0123456789abcdef"

Answer = Callable[[BaseHTTPRequestHandler], None]


def confirm(handler: BaseHTTPRequestHandler) -> None:
    status(204)(handler)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """The request was taken whole; nothing comes back."""
    handler.close_connection = True


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


@dataclass
class Receiver:
    """What came in, and what the next answers are; past them every message is confirmed."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def values(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def ids(self) -> list[str]:
        return [value["id"] for value in self.values]

    def wait(self, count: int, seconds: float = 20) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) >= count, seconds), f"{len(self.bodies)} of {count}"


@contextmanager
def receiving(*answers: Answer, wrap: Callable[[Any], Any] | None = None) -> Iterator[Receiver]:
    """An HTTP server on this machine; ``wrap`` puts TLS around its socket."""
    receiver = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender was killed in the middle of it
                return
            with receiver.arrived:
                receiver.bodies.append(body)
                receiver.headers.append({name.casefold(): value for name, value in self.headers.items()})
                answer = receiver.answers.pop(0) if receiver.answers else confirm
                receiver.arrived.notify_all()
            answer(self)

        def log_message(self, *_: Any) -> None:
            """Nothing: a test's output is for its assertions."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if wrap:
        scheme, server.socket = "https", wrap(server.socket)
    receiver.url = f"{scheme}://127.0.0.1:{server.server_address[1]}/cases"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Broken:
    """A channel that fails on one case as no channel should."""

    name = "broken"
    target = "nowhere"

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        self.delivered: list[str] = []

    def deliver(self, message: Message) -> None:
        if message.case_id == self.case_id:
            raise KeyError(message.case_id)
        self.delivered.append(message.id)
