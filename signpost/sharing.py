"""One listening socket, several processes: of all of them the one with the fewest connections takes the next.

Portals keep a few connections open and ask over them again and again. Left to the system, four of them come to lie with
one of two processes in two cases of three, and the other processor has little to do.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from multiprocessing.context import ForkContext

import uvicorn

logger = logging.getLogger("signpost")
_YIELD_SECONDS = 0.005  # that a process with more connections leaves the next to the others; then it takes it itself
_PAUSE_SECONDS = 1.0  # after an error of the system, such as too many open files


class Loads:
    """How many connections each process has, for all to see. None waits for another to read or write it."""

    def __init__(self, count: int, context: ForkContext) -> None:
        self._counts = context.RawArray("i", count)

    def set(self, slot: int, connections: int) -> None:
        """Says what the process in ``slot`` has."""
        self._counts[slot] = connections

    def is_least(self, slot: int) -> bool:
        """Whether no process has fewer than the one in ``slot``."""
        return bool(self._counts[slot] <= min(self._counts))


class SharingServer(uvicorn.Server):
    """A server over a socket that other processes accept from too; its ``slot`` in ``loads`` is its own."""

    def __init__(self, config: uvicorn.Config, loads: Loads, slot: int) -> None:
        super().__init__(config)
        self._loads = loads
        self._slot = slot
        self._yielded = False
        self._arriving: set[asyncio.Task[object]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens on the one of ``sockets``; what it accepts becomes uvicorn's connections."""
        await super().startup(sockets=[])
        (self._listener,) = sockets or []
        self._listener.setblocking(False)
        self._listener.listen(self.config.backlog)
        self._watch()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no more, and finishes what there is."""
        asyncio.get_running_loop().remove_reader(self._listener)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: says how many connections are left."""
        self._tell()
        return await super().on_tick(counter)

    def _watch(self) -> None:
        if not self.should_exit:
            asyncio.get_running_loop().add_reader(self._listener, self._someone_waits)

    def _tell(self) -> None:
        self._loads.set(self._slot, len(self.server_state.connections) + len(self._arriving))

    def _someone_waits(self) -> None:
        self._tell()
        if not self._yielded and not self._loads.is_least(self._slot):
            self._yielded = True
            self._look_again(_YIELD_SECONDS)
            return
        self._yielded = False
        try:
            accepted, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another process took it, or it has gone
        except OSError as error:
            logger.error("no connection can be taken now: %s", error)
            self._look_again(_PAUSE_SECONDS)
            return
        accepted.setblocking(False)
        task = asyncio.ensure_future(
            asyncio.get_running_loop().connect_accepted_socket(self._protocol, accepted, ssl=self.config.ssl)
        )
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)
        self._tell()

    def _look_again(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener)
        loop.call_later(seconds, self._watch)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made
