"""Following a link as a browser does: its redirect, its cookie, its picture; and what the page then shows."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urljoin

from eval.judging.addresses import parts_of
from eval.judging.serving import HOST

_SECONDS = 30.0
_REDIRECTS = (301, 302, 303, 307, 308)


class Unanswered(Exception):
    """No answer came over the socket; the message says why."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of the service."""

    status: int
    headers: Mapping[str, str]  # by their names in lower case
    body: bytes

    @property
    def media_type(self) -> str:
        """What the body is."""
        return self.headers.get("content-type", "").partition(";")[0]


@dataclass(slots=True)
class Seen:
    """What a source's page shows. Filled while it is read."""

    texts: list[str] = field(default_factory=list)  # of its header, in order
    picture: str = ""  # address
    width: float = 0.0
    height: float = 0.0
    marks: list[tuple[float, float, float, float]] = field(default_factory=list)  # left, top, width, height
    marked: list[str] = field(default_factory=list)  # texts
    ids: set[str] = field(default_factory=set)  # that a fragment can open at

    @property
    def header(self) -> str:
        """Its header as one line."""
        return " ".join(" ".join(self.texts).split())


class Browser:
    """One connection to the service, and the cookies that it gave."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=_SECONDS)
        self._cookies: dict[str, str] = {}

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()

    def get(self, address: str, *, cookies: bool = True) -> Answered:
        """The answer to a path of the service; redirects are not followed. Raises ``Unanswered``."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        try:
            self._connection.request("GET", address, headers=headers if cookies and self._cookies else {})
            response = self._connection.getresponse()
            answer = Answered(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        except (http.client.HTTPException, OSError, UnicodeError) as error:
            self._connection.close()  # the next request opens it again
            raise Unanswered(f"no answer came: {type(error).__name__}") from error  # its words may hold a ticket
        for name, morsel in SimpleCookie(answer.headers.get("set-cookie", "")).items():
            self._cookies[name] = morsel.value
        return answer

    def open(self, address: str) -> tuple[Answered, str]:
        """What a link leads to, over at most one redirect, and the fragment it opens at; raises ``Unanswered``."""
        self._cookies = {}  # nothing that was opened before may help
        answer = self.get(address)
        if answer.status not in _REDIRECTS:
            return answer, ""
        location = parts_of(answer.headers.get("location", ""))
        target = parts_of(urljoin(address, location.geturl())) if location else None
        if target is None or target.netloc:
            return answer, ""  # to nowhere, or away from the service: the redirect itself is what came
        return self.get(f"{target.path}?{target.query}" if target.query else target.path), target.fragment


def read_page(content: bytes) -> Seen:
    """What a page of the viewer shows."""
    reader = _Page()
    reader.feed(content.decode("utf-8", errors="replace"))
    reader.close()
    return reader.seen


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self._in: list[str] = []  # of header and mark, those that are open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Keeps what shows something."""
        given = {name: value or "" for name, value in attributes}
        if given.get("id"):
            self.seen.ids.add(given["id"])
        if tag in ("header", "mark"):
            self._in.append(tag)
            if tag == "mark":
                self.seen.marked.append("")
        elif tag == "image":
            self.seen.picture = given.get("href", "")
            self.seen.width, self.seen.height = _number(given.get("width")), _number(given.get("height"))
        elif tag == "rect" and "mark" in given.get("class", "").split():
            left, top, width, height = (_number(given.get(name)) for name in ("x", "y", "width", "height"))
            self.seen.marks.append((left, top, width, height))

    def handle_endtag(self, tag: str) -> None:
        """Ends a header or a mark."""
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        """Keeps the text of a header or a mark."""
        if self._in and self._in[-1] == "mark":
            self.seen.marked[-1] += data
        elif self._in:
            self.seen.texts.append(data)


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return 0.0
