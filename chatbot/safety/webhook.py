"""Safety cases by HTTPS POST, signed, to the one address that is configured."""

from __future__ import annotations

import hashlib
import hmac
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from chatbot.safety.message import Message, Undelivered

SIGNATURE = "X-Signpost-Signature"  # sha256=HMAC-SHA256 over the exact bytes of the body, in hex


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver that confirms a message by any status from 200 to 299."""

    url: str
    secret: bytes = field(repr=False)
    trust: ssl.SSLContext  # whose certificates are believed
    seconds: float
    name: str = "webhook"

    @property
    def target(self) -> str:
        """The host alone: a path may be a secret."""
        return urllib.request.Request(self.url).host  # noqa: S310 - read, not opened

    def deliver(self, message: Message) -> None:
        """Posts it; raises ``Undelivered``. No proxy, no redirect: the text goes to this address or nowhere."""
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            SIGNATURE: signature(self.secret, message.body),
        }
        request = urllib.request.Request(self.url, message.body, headers, method="POST")  # noqa: S310 - configured
        https = urllib.request.HTTPSHandler(context=self.trust)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect(), https)
        try:
            opener.open(request, timeout=self.seconds).close()
        except urllib.error.HTTPError as error:
            error.close()
            redirected = ", which is not followed" if 300 <= error.code < 400 else ""
            raise Undelivered(f"HTTP status {error.code}{redirected}") from None
        except urllib.error.URLError as error:
            raise Undelivered(reason(error.reason)) from None
        except HTTPException as error:  # hung up, or no HTTP
            raise Undelivered(f"no whole answer ({type(error).__name__})") from None
        except OSError as error:
            raise Undelivered(reason(error)) from None


def signature(secret: bytes, body: bytes) -> str:
    """What stands in SIGNATURE."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def reason(error: object) -> str:
    """Why a connection failed, in the operating system's or the TLS library's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "timed out"
    return str(getattr(error, "strerror", None) or type(error).__name__)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
