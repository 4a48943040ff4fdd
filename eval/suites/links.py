"""Does every link open where it says? The service itself is asked over a socket, as a reader's browser asks it.

Each link is followed with a ticket of its own, once; the same address must open nothing without one. Tickets are never
printed. What is marked on a picture is looked at for being there, not for standing over the right words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from chatbot.answer.wire import API
from chatbot.assistant import Assistant
from chatbot.tickets import Tickets, View
from corpus.model import Audience
from eval.judging.addresses import asked_for, leads_on, parts_of
from eval.judging.following import Answered, Browser, Seen, Unanswered, read_page
from eval.judging.judged import Fault, judged, shares
from eval.judging.oracle import Oracle
from eval.judging.serving import NotServing, serving
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
    *,
    dataset: str,
    data: Mapping[str, str],
    progress: Progress,
) -> Result:
    """Follows the links of replies that were given as of about now: the service opens what may be seen now.

    A figure's n is the number of replies with such links.
    """
    by_id = {question.id: question for question in questions}
    own = [exchange for exchange in exchanges if _links(exchange) or exchange.reply["handovers"]]
    cases: list[Case] = []
    try:
        with serving(assistant) as port:
            follower = _Follower(assistant, Browser(port))
            for done, exchange in enumerate(own, 1):
                cases.append(_case(exchange, follower, by_id))
                progress(done, len(own))
            follower.close()
    except NotServing as error:
        return Result("links", dataset, (), (), data, invalid=(str(error),))
    silent = () if cases else ("no reply given as of now has a link, so none could be followed",)
    return Result("links", dataset, tuple(cases), shares(cases, MEASURES), data, invalid=silent)


def _case(exchange: Exchange, follower: _Follower, questions: Mapping[str, Question]) -> Case:
    found = _links(exchange)
    cited = [link for link in found if link.citation is not None]
    faults = [fault for link in found for fault in follower.faults(link, exchange.audience)]
    for row in exchange.reply["handovers"]:  # to a form or a desk of the company's: not ours to open
        if not leads_on(row.get("url") or ""):
            faults.append(Fault(OPEN, f"handover '{row['to']}' links to nowhere: {row.get('url')!r}"))
    measures = MEASURES if cited else (OPEN, CLOSED) if found else (OPEN,)
    return judged(
        exchange, measures, faults, questions, f"{len(cited)} citations, {len(found) - len(cited)} next steps"
    )


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
    texts = {row["citation"]: row["text"] for key in ("quotes", "safety_information") for row in reply[key]}
    found = [_cited(row, texts) for row in reply["citations"]]
    for row in reply["next_steps"]:
        url = row["url"]
        parts = parts_of(url)
        path = [unquote(part) for part in parts.path.split("/")] if parts else []
        document, version = [*path[-2:], "", ""][:2]
        found.append(_Link(f"next step '{row['title']}'", url, document, version, "", None, (), None))
    return found


def _cited(row: Mapping[str, Any], texts: Mapping[int, str]) -> _Link:
    return _Link(
        name=f"citation {row['number']} ({row['document']} version {row['version']}, page {row['page']})",
        url=row["url"],
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
        self._pictures: dict[str, Answered] = {}  # by address
        self._home = assistant.home
        self._oracle = Oracle(assistant.store.history(), trial=True)  # only for which source a version is

    def close(self) -> None:
        """Hangs up."""
        self._browser.close()

    def faults(self, link: _Link, reader: Audience) -> tuple[Fault, ...]:
        """What is wrong with a link for a reader of this country and role."""
        key = (link, Audience(reader.country, reader.role, "", ""))
        if key not in self._known:
            try:
                self._known[key] = tuple(self._follow(link, reader))
            except Unanswered as error:
                self._known[key] = tuple(_shut(link, f"{link.name} at {link.url}: {error}"))
        return self._known[key]

    def _follow(self, link: _Link, reader: Audience) -> Iterator[Fault]:
        parts = parts_of(link.url)
        if parts is None:
            yield from _shut(link, f"{link.name} links to nowhere: {link.url!r}")
            return
        where = f"{link.name} at {link.url}"
        address = f"{API}/documents/{quote(link.document, safe='')}/{quote(link.version, safe='')}"
        if parts.netloc or parts.path != address:
            yield from _shut(link, f"{where}: the document is at {address}")
            return
        asked = f"{address}?{parts.query}{'&' if parts.query else ''}"  # a fragment stays in the browser
        bare = self._browser.get(asked, cookies=False)
        if bare.status < 400:
            yield Fault(CLOSED, f"{where}: opens without a ticket (HTTP {bare.status})")
        ticket = self._tickets.ticket(View(link.document, link.version, reader), datetime.now(UTC))
        answer, fragment = self._browser.open(f"{asked}ticket={ticket}")
        if answer.status != 200 or answer.media_type != "text/html":
            yield from _shut(link, f"{where}: HTTP {answer.status}, {answer.media_type}")
            return
        seen = read_page(answer.body)
        if f" {link.document} version {link.version} " not in f"{seen.header} ":
            yield Fault(OPEN, f"{where}: opens '{seen.header}'")
        if seen.picture:
            yield from self._picture_faults(link, where, seen.picture, address)
        if link.citation is not None:
            yield from _place_faults(link, where, seen)
            yield from _mark_faults(link, where, seen, fragment.replace(ticket, "…"))

    def _picture_faults(self, link: _Link, where: str, picture: str, address: str) -> Iterator[Fault]:
        """The picture loads; that of a citation is the one of its page, and the one that was kept of its source."""
        if picture not in self._pictures:
            self._pictures[picture] = self._browser.get(picture)
        answer = self._pictures[picture]
        if answer.status != 200 or answer.media_type != "image/jpeg" or not answer.body.startswith(_JPEG):
            yield Fault(OPEN, f"{where}: its picture {picture} is HTTP {answer.status}")
        elif link.page is not None:
            kept = self._kept(link)
            if picture != f"{address}/pages/{link.page}":
                yield Fault(PLACE, f"{where}: shows the picture {picture}, not that of page {link.page}")
            elif hashlib.sha256(answer.body).hexdigest() not in kept:
                yield Fault(PLACE, f"{where}: its picture {picture} is not the one kept of page {link.page}")

    def _kept(self, link: _Link) -> frozenset[str]:
        """The digests of the pictures kept of a citation's page, one for each source of its version."""
        rights = self._oracle.versions(link.document, link.version)
        files = [self._home.page_picture(right.source, link.page or 0) for right in rights]
        return frozenset(hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file())


def _shut(link: _Link, text: str) -> Iterator[Fault]:
    """What doesn't open has no page and no mark either."""
    return (Fault(measure, text) for measure in (OPEN, *((PLACE, MARKED) if link.citation is not None else ())))


def _place_faults(link: _Link, where: str, seen: Seen) -> Iterator[Fault]:
    asked = asked_for(link.url, "page")
    if asked != (None if link.page is None else str(link.page)):
        yield Fault(PLACE, f"{where}: the citation says page {link.page}, its address page {asked}")
    if link.page is None:
        if seen.picture:
            yield Fault(PLACE, f"{where}: opens a page's picture, where the citation names no page")
    elif f" Page {link.page} of " not in f" {seen.header}" or not seen.picture:
        yield Fault(PLACE, f"{where}: opens '{seen.header}' without page {link.page}")


def _mark_faults(link: _Link, where: str, seen: Seen, fragment: str) -> Iterator[Fault]:
    """The passage is marked: rectangles on the picture that can be seen, or in a text the very words."""
    marks = asked_for(link.url, "mark") or ""
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
