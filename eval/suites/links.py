"""Does every link open where it says? The service itself is asked over a socket, as a reader's browser asks it.

Each link is followed with a ticket of its own, once; the same address must open nothing without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from chatbot.answer.wire import API
from chatbot.assistant import Assistant
from chatbot.tickets import Tickets, View
from corpus.model import Audience
from eval.judging.following import Browser, Seen, read_page
from eval.judging.judged import Fault, judged, shares
from eval.judging.serving import serving
from eval.model import Case, Progress, Result
from eval.replies import Exchange
from eval.sets import Question

OPEN, PLACE, MARKED, CLOSED = "links open", "links open at their page", "passages marked", "links closed without ticket"
MEASURES = (OPEN, PLACE, MARKED, CLOSED)
_PADDING = 2.0  # points: a mark of no more marks nothing
_JPEG = b"\xff\xd8\xff"


def links(
    exchanges: Sequence[Exchange],
    questions: Iterable[Question],
    assistant: Assistant,
    instant: datetime,
    *,
    dataset: str,
    data: Mapping[str, str],
    progress: Progress,
) -> Result:
    """Follows the links of the replies given as of ``instant``, the evaluation's own, which must be about now: the
    service opens what may be seen now. A figure's n is the number of replies with such links.
    """
    by_id = {question.id: question for question in questions}
    own = [exchange for exchange in exchanges if exchange.instant == instant and _links(exchange)]
    cases: list[Case] = []
    with serving(assistant) as port:
        follower = _Follower(assistant, Browser(port))
        for done, exchange in enumerate(own, 1):
            found = _links(exchange)
            cited = [link for link in found if link.citation is not None]
            faults = [fault for link in found for fault in follower.faults(link, exchange.audience)]
            got = f"{len(cited)} citations, {len(found) - len(cited)} next steps"
            cases.append(judged(exchange, MEASURES if cited else (OPEN, CLOSED), faults, by_id, got))
            progress(done, len(own))
        follower.close()
    silent = () if cases else ("no reply given as of now has a link, so none could be followed",)
    return Result("links", dataset, tuple(cases), shares(cases, MEASURES), data, invalid=silent)


@dataclass(frozen=True, slots=True)
class _Link:
    """A link as a reply shows it."""

    name: str  # as it is called in a failure
    url: str
    document: str
    version: str
    text: str  # that is to be marked; empty for a next step
    page: int | None
    spans: tuple[tuple[int, int], ...]
    citation: int | None  # None for a next step


def _links(exchange: Exchange) -> list[_Link]:
    reply = exchange.reply
    texts = {row["citation"]: str(row["text"]) for key in ("quotes", "safety_information") for row in reply[key]}
    found = [_cited(row, texts) for row in reply["citations"]]
    for row in reply["next_steps"]:
        url = str(row["url"])
        document, version = ([unquote(part) for part in urlsplit(url).path.split("/")[-2:]] + ["", ""])[:2]
        found.append(_Link(f"next step '{row['title']}'", url, document, version, "", None, (), None))
    return found


def _cited(row: Mapping[str, Any], texts: Mapping[int, str]) -> _Link:
    return _Link(
        name=f"citation {row['number']} ({row['document']} version {row['version']}, page {row['page']})",
        url=str(row["url"]),
        document=row["document"],
        version=row["version"],
        text=texts.get(row["number"], ""),
        page=row["page"],
        spans=tuple((span["start"], span["end"]) for span in row["spans"]),
        citation=row["number"],
    )


class _Follower:
    """Follows each distinct link once."""

    def __init__(self, assistant: Assistant, browser: Browser) -> None:
        self._tickets = Tickets(assistant.store.database, assistant.keys.secret("tickets"))
        self._browser = browser
        self._known: dict[tuple[_Link, Audience], tuple[Fault, ...]] = {}
        self._pictures: dict[str, str] = {}  # by address: what is wrong with it

    def close(self) -> None:
        """Hangs up."""
        self._browser.close()

    def faults(self, link: _Link, reader: Audience) -> tuple[Fault, ...]:
        """What is wrong with a link for a reader of this country and role."""
        key = (link, Audience(reader.country, reader.role, "", ""))
        if key not in self._known:
            self._known[key] = tuple(self._follow(link, reader))
        return self._known[key]

    def _follow(self, link: _Link, reader: Audience) -> Iterator[Fault]:
        where = f"{link.name} at {link.url}"
        address = f"{API}/documents/{quote(link.document, safe='')}/{quote(link.version, safe='')}"
        if urlsplit(link.url).netloc or urlsplit(link.url).path != address:
            yield from _shut(link, f"{where}: the document is at {address}")
            return
        bare = self._browser.get(link.url, cookies=False)
        if bare.status < 400:
            yield Fault(CLOSED, f"{where}: opens without a ticket (HTTP {bare.status})")
        ticket = self._tickets.ticket(View(link.document, link.version, reader), datetime.now(UTC))
        answer, fragment = self._browser.open(f"{link.url}{'&' if '?' in link.url else '?'}ticket={ticket}")
        if answer.status != 200 or answer.media_type != "text/html":
            yield from _shut(link, f"{where}: HTTP {answer.status}, {answer.media_type}")
            return
        seen = read_page(answer.body)
        if f" {link.document} version {link.version} " not in f"{seen.header} ":
            yield Fault(OPEN, f"{where}: opens '{seen.header}'")
        broken = self._picture(seen.picture) if seen.picture else ""
        if broken:
            yield Fault(OPEN, f"{where}: {broken}")
        if link.citation is not None:
            yield from _place_faults(link, where, seen)
            yield from _mark_faults(link, where, seen, fragment)

    def _picture(self, address: str) -> str:
        """What is wrong with a page's picture; empty when it loads."""
        if address not in self._pictures:
            answer = self._browser.get(address)
            right = answer.status == 200 and answer.media_type == "image/jpeg" and answer.body.startswith(_JPEG)
            self._pictures[address] = "" if right else f"its picture {address} is HTTP {answer.status}"
        return self._pictures[address]


def _shut(link: _Link, text: str) -> Iterator[Fault]:
    """What doesn't open has no page and no mark either."""
    return (Fault(measure, text) for measure in (OPEN, *((PLACE, MARKED) if link.citation is not None else ())))


def _place_faults(link: _Link, where: str, seen: Seen) -> Iterator[Fault]:
    asked = parse_qs(urlsplit(link.url).query).get("page", [None])[0]
    if asked != (None if link.page is None else str(link.page)):
        yield Fault(PLACE, f"{where}: the citation says page {link.page}, its address page {asked}")
    if link.page is None:
        if seen.picture:
            yield Fault(PLACE, f"{where}: opens a page's picture, where the citation names no page")
    elif f" Page {link.page} of " not in f" {seen.header}" or not seen.picture:
        yield Fault(PLACE, f"{where}: opens '{seen.header}' without page {link.page}")


def _mark_faults(link: _Link, where: str, seen: Seen, fragment: str) -> Iterator[Fault]:
    """The passage is marked: rectangles on the picture that can be seen, or in a text the very words."""
    marks = parse_qs(urlsplit(link.url).query).get("mark", [""])[0]
    spans = ",".join(f"{start}-{end}" for start, end in link.spans)
    if marks != spans:
        yield Fault(MARKED, f"{where}: the citation's spans are {spans}, its address marks {marks or 'nothing'}")
    if link.page is None:
        if " ".join(seen.marked) != link.text:
            yield Fault(MARKED, f"{where}: '{link.text}' is to be marked, and '{' '.join(seen.marked)}' is")
    elif not seen.marks or not all(_visible(mark, seen) for mark in seen.marks):
        yield Fault(MARKED, f"{where}: '{link.text}' is to be marked, and the marks on the page are {seen.marks}")
    if fragment not in seen.ids:
        yield Fault(MARKED, f"{where}: opens at '#{fragment}', which the page has nowhere")


def _visible(mark: tuple[float, float, float, float], seen: Seen) -> bool:
    left, top, width, height = mark
    within = left >= -_PADDING and top >= -_PADDING
    within = within and left + width <= seen.width + _PADDING and top + height <= seen.height + _PADDING
    return within and width > _PADDING and height > _PADDING
