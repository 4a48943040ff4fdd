"""What every request passes first: a bound on its size, and headers that let nothing in from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.limits import BODY_BYTES
from chatbot.problems import TOO_LARGE, ProblemType

HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_REFUSED = 400  # and above: an HTTP status of a request that got no answer
_DOCS = ("/docs", "/openapi.json")  # Swagger's page loads its own scripts; it shows nothing but the contract


class Guard:
    """ASGI middleware: reads the body, answers 413 past BODY_BYTES, has what is refused screened, sets HEADERS."""

    def __init__(
        self,
        app: ASGIApp,
        refuse: Callable[[Request, ProblemType], Response],
        screen: Callable[[Request, bytes], Awaitable[None]],
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._screen = screen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = () if scope["path"] in _DOCS else HEADERS
        scope.setdefault("state", {})
        body, whole = await _read(receive)

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] >= _REFUSED and body:
                    await self._screen(Request(scope), body)  # before the refusal leaves
                present = {name.lower() for name, _ in message["headers"]}
                extra = [(name, value) for name, value in headers if name not in present]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        if not whole:
            await self._refuse(Request(scope), TOO_LARGE)(scope, receive, guarded_send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed_receive() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replayed_receive, guarded_send)


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """The body as far as BODY_BYTES, and whether that is all of it."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES:
            return bytes(body[:BODY_BYTES]), False
        if not message.get("more_body", False):
            return bytes(body), True
