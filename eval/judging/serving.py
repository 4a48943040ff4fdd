"""The real service on a real socket of this machine, for as long as a suite needs it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chatbot.assistant import Assistant
from chatbot.identity import DemoIdentity

HOST = "127.0.0.1"
_LOGGER = "signpost"  # the service's own
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


class NotServing(Exception):
    """The service did not start; nothing can be said of its links."""


@contextmanager
def serving(assistant: Assistant) -> Iterator[int]:
    """Serves ``assistant`` on a free port of the loopback, which is what is given; raises ``NotServing``."""
    import uvicorn

    from chatbot.app import create_app  # here, as it loads the whole web framework

    # Named as TCP, because asyncio turns Nagle's delay off for no other sockets: 40 ms a reply.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind((HOST, 0))
        app = create_app(assistant, DemoIdentity())
        config = uvicorn.Config(app, access_log=False, log_config=None, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        logger = logging.getLogger(_LOGGER)
        logger.addFilter(_is_fault)  # that it refuses what a suite tries on purpose is no news
        thread.start()
        try:
            _wait(server, thread)
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)
            logger.removeFilter(_is_fault)


def _is_fault(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def _wait(server: object, thread: threading.Thread) -> None:
    end = time.monotonic() + _START_SECONDS
    while not getattr(server, "started", False):
        if not thread.is_alive() or time.monotonic() > end:
            raise NotServing("the service did not start on the loopback; run `signpost serve --demo` to see why")
        time.sleep(0.01)
