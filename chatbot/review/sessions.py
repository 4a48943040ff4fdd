"""Who looks at the review pages, as far as a demo has accounts: a signed cookie with a role, and tokens for its forms.

A form carries a token that only a page of the same session has, so that no other site can send it for its reader
(OWASP, Cross-Site Request Forgery Prevention: signed double-submit tokens bound to the session).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass

from chatbot.errors import Forbidden
from chatbot.safety.cases import SAFETY

REVIEWER = "reviewer"
OWNER = "owner"  # of content: marks documents and lets them out
ROLES = (REVIEWER, SAFETY, OWNER)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's visit."""

    id: str
    role: str


class Sessions:
    """Makes and checks cookies and form tokens; ``secret`` signs both."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, cookie: str | None) -> Session | None:
        """The session that a cookie stands for; ``None`` when it isn't one of ours."""
        session_id, _, rest = (cookie or "").partition(".")
        role, _, mac = rest.partition(".")
        known = hmac.compare_digest(self._mac("cookie", session_id, role).encode(), mac.encode("utf-8", "replace"))
        return Session(session_id, role) if known else None

    def start(self, role: str = REVIEWER) -> Session:
        """A new session."""
        return Session(os.urandom(16).hex(), role)

    def cookie(self, session: Session) -> str:
        """The value of its cookie."""
        return f"{session.id}.{session.role}.{self._mac('cookie', session.id, session.role)}"

    def token(self, session: Session) -> str:
        """What its forms carry."""
        return self._mac("form", session.id, session.role)

    def check(self, session: Session | None, token: str) -> Session:
        """The session that a form was made for; raises ``Forbidden`` for any other."""
        if session is None or not hmac.compare_digest(self.token(session).encode(), token.encode("utf-8", "replace")):
            raise Forbidden("the form was made for another session; open its page again")
        return session

    def _mac(self, *parts: str) -> str:
        return hmac.new(self._secret, "\n".join(parts).encode("utf-8", "replace"), hashlib.sha256).hexdigest()
