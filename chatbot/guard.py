"""What every request passes first: a bound on its size, and headers that let nothing in from outside."""

from __future__ import annotations

from collections.abc import Callable

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
_DOCS = ("/docs", "/openapi.json")  # Swagger's page loads its own scripts; it shows nothing but the contract


class Guard:
    """ASGI middleware: reads the body, answers 413 past BODY_BYTES whatever length was announced, sets HEADERS."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Request, ProblemType], Response]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = () if scope["path"] in _DOCS else HEADERS

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                extra = [(name, value) for name, value in headers if name not in present]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > BODY_BYTES:
            await self._refuse(Request(scope), TOO_LARGE)(scope, receive, guarded_send)
            return
        body = await _read(receive)
        if body is None:
            await self._refuse(Request(scope), TOO_LARGE)(scope, receive, guarded_send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed_receive() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replayed_receive, guarded_send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or ``None`` as soon as it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)
