"""Where safety cases are sent: ``safety.toml`` of a home, read strictly. What it can't mean is an error at start."""

from __future__ import annotations

import re
import ssl
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from chatbot.errors import Misconfigured
from chatbot.limits import DELIVERY_SECONDS
from chatbot.safety.mail import Mail
from chatbot.safety.message import Channel
from chatbot.safety.webhook import Webhook

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SECRET_BYTES = 32  # as many as the digest that it keys (RFC 2104, section 3)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+", re.ASCII)
_STARTTLS = ("required", "offered")


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file, with what is said when it is wrong."""

    file: Path
    name: str
    values: dict[str, Any]

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.pop(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.wrong(key, "is missing or no text; give one")
        return value

    def texts(self, key: str) -> list[str]:
        value = self.values.pop(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, 'is missing or no list of texts; write it as ["…"]')
        return value

    def port(self, key: str, default: int) -> int:
        value = self.values.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65_536:
            raise self.wrong(key, "is no port; give a whole number from 1 to 65535")
        return value

    def content(self, key: str, name: str) -> bytes:
        """The bytes of a file that a key names, beside the home's own unless its path is absolute."""
        path = self.file.parent / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise self.wrong(key, f"names {path}: {error.strerror}; put the file there, or correct the path") from error

    def trust(self) -> ssl.SSLContext:
        """The certificates of this machine, or those of the authority that ``ca_file`` names."""
        name = self.text("ca_file", "")
        if not name:
            return ssl.create_default_context()
        try:
            return ssl.create_default_context(cadata=self.content("ca_file", name).decode("ascii"))
        except (UnicodeDecodeError, ssl.SSLError) as error:
            raise self.wrong("ca_file", f"names {name}: no certificates in PEM; export the authority's so") from error

    def finish(self) -> None:
        if self.values:
            raise self.wrong(sorted(self.values)[0], "is no key of this table; remove it, or correct its spelling")

    def wrong(self, key: str, what: str) -> Misconfigured:
        return Misconfigured(f"{self.file}: [{self.name}] '{key}' {what}")


def read_channels(file: Path) -> tuple[Channel, ...]:
    """The channels that a file configures; none without the file. Raises ``Misconfigured``."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{file}: not readable as TOML: {error}; mend the file") from error
    makers = {"webhook": _webhook, "mail": _mail}
    if not tables or set(tables) - set(makers) or not all(isinstance(table, dict) for table in tables.values()):
        raise Misconfigured(f"{file}: write a table [webhook] or [mail], or both, and nothing else; or remove the file")
    return tuple(makers[name](_Table(file, name, dict(table))) for name, table in tables.items())


def _webhook(table: _Table) -> Channel:
    url = table.text("url")
    try:
        parts = urlsplit(url)
        host, plain = parts.hostname, parts.scheme == "http" and parts.hostname in _LOOPBACK
        _ = parts.port  # raises when it is none
    except ValueError:
        raise table.wrong("url", "is no address; write https://host/path") from None
    if not host or not url.isascii() or any(c.isspace() for c in url) or not (parts.scheme == "https" or plain):
        raise table.wrong("url", "must be an https:// address; http:// is for a receiver on this machine alone")
    if parts.username or parts.password or parts.fragment:
        raise table.wrong("url", "holds a user, a password or a fragment; leave it out: messages are signed instead")
    secret = table.content("secret_file", table.text("secret_file")).strip()
    if len(secret) < _SECRET_BYTES:
        raise table.wrong("secret_file", f"has under {_SECRET_BYTES} bytes; make one: openssl rand -hex 32 > FILE")
    trust = table.trust()
    table.finish()
    return Webhook(url, secret, trust, DELIVERY_SECONDS)


def _mail(table: _Table) -> Channel:
    recipients = table.texts("recipients")
    sender = table.text("sender")
    for key, addresses in (("sender", [sender]), ("recipients", recipients)):
        for address in addresses:
            if not _ADDRESS.fullmatch(address):
                raise table.wrong(key, f"has {address!r}; write a plain ASCII address, name@host")
    starttls = table.text("starttls", "required")
    if starttls not in _STARTTLS:
        raise table.wrong("starttls", "is 'required' (the default) or 'offered'")
    user, password = table.text("user", ""), ""
    if user:
        password = table.content("password_file", table.text("password_file")).decode("utf-8", "replace").strip()
    sealed = table.texts("encrypt") if "encrypt" in table.values else []
    certificates = tuple(_certificate(table, name) for name in sealed)
    made = Mail(
        host=table.text("host"),
        port=table.port("port", 587),
        sender=sender,
        recipients=tuple(recipients),
        tls_required=starttls == "required",
        trust=table.trust(),
        user=user,
        password=password,
        certificates=certificates,
        seconds=DELIVERY_SECONDS,
    )
    table.finish()
    return made


def _certificate(table: _Table, name: str) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(table.content("encrypt", name))
    except ValueError as error:
        raise table.wrong("encrypt", f"names {name}: no X.509 certificate in PEM; ask the recipient for it") from error
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
        raise table.wrong("encrypt", f"names {name}: its key is not RSA, which S/MIME needs here; ask for another one")
    return certificate
