"""Opening a source: a link carries no bearer token, so it carries a signed ticket that works once.

A used ticket gives a view: a cookie for that one document version, for half an hour, so that
turning pages and reloading work. What may be seen is checked again at every step, not when the ticket was made.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from chatbot.errors import Gone, Unauthenticated
from chatbot.limits import TICKET_SECONDS, VIEW_SECONDS
from corpus.database import Database, upsert
from corpus.model import Audience
from corpus.tables import used_tickets


@dataclass(frozen=True, slots=True)
class View:
    """One reader's leave to look at one document version."""

    document: str  # number
    version: str
    audience: Audience


class Tickets:
    """Makes and checks tickets and views; ``secret`` signs both."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._secret = secret

    def ticket(self, view: View, now: datetime) -> str:
        """A ticket that opens ``view`` once within TICKET_SECONDS."""
        return self._sign("ticket", view, int(now.timestamp()) + TICKET_SECONDS)

    def redeem(self, ticket: str, document: str, version: str, now: datetime) -> View:
        """Uses a ticket up; raises ``Unauthenticated`` or, the second time, ``Gone``."""
        view, nonce, expires = self._check("ticket", ticket, document, version, now)
        with self._database.writing() as connection:
            connection.execute(delete(used_tickets).where(used_tickets.c.expires < int(now.timestamp())))
            use = upsert(connection, used_tickets).values(nonce=nonce, expires=expires).on_conflict_do_nothing()
            if connection.execute(use.returning(used_tickets.c.nonce)).scalar() is None:
                raise Gone("the ticket was used already")
        return view

    def cookie(self, view: View, now: datetime) -> str:
        """The value of a view's cookie, good for VIEW_SECONDS."""
        return self._sign("view", view, int(now.timestamp()) + VIEW_SECONDS)

    def view(self, cookie: str, document: str, version: str, now: datetime) -> View:
        """The view a cookie stands for; raises ``Unauthenticated``."""
        return self._check("view", cookie, document, version, now)[0]

    def _sign(self, purpose: str, view: View, expires: int) -> str:
        audience = view.audience
        value = [
            purpose,
            view.document,
            view.version,
            [audience.country, audience.role, audience.specialty, audience.language],
            expires,
            os.urandom(16).hex(),
        ]
        payload = base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")
        return f"{payload.decode()}.{self._mac(payload)}"

    def _check(self, purpose: str, token: str, document: str, version: str, now: datetime) -> tuple[View, str, int]:
        payload, _, mac = token.partition(".")
        if not hmac.compare_digest(self._mac(payload.encode()).encode(), mac.encode()):
            raise Unauthenticated("the ticket is forged or damaged")
        value = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        found, number, of_version, audience, expires, nonce = value
        if (found, number, of_version) != (purpose, document, version):
            raise Unauthenticated("the ticket is for something else")
        if now.timestamp() >= expires:
            raise Unauthenticated("the ticket has expired")
        return View(number, of_version, Audience(*audience)), nonce, expires

    def _mac(self, payload: bytes) -> str:
        return hmac.new(self._secret, payload, hashlib.sha256).hexdigest()
