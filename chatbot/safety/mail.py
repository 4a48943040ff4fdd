"""Safety cases by mail, over TLS where the configuration or the server has it, sealed by S/MIME where it names keys."""

from __future__ import annotations

import email
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.message import Message as AnyMail
from email.policy import SMTP
from email.utils import format_datetime

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import Certificate

from chatbot.safety.cases import words
from chatbot.safety.message import Message, Undelivered, shown
from chatbot.safety.webhook import reason


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server that confirms a message when it has taken it for every recipient."""

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    tls_required: bool
    trust: ssl.SSLContext
    user: str
    password: str = field(repr=False)
    certificates: tuple[Certificate, ...]  # of the recipients; none: the text is not sealed
    seconds: float
    name: str = "mail"

    @property
    def target(self) -> str:
        """The recipients."""
        return ", ".join(self.recipients)

    def deliver(self, message: Message) -> None:
        """Sends it; raises ``Undelivered``."""
        made = self._made(message).as_bytes(policy=SMTP)
        try:
            server = smtplib.SMTP(self.host, self.port, timeout=self.seconds)
        except smtplib.SMTPException as error:
            raise Undelivered(_said(error)) from None
        except OSError as error:
            raise Undelivered(reason(error)) from None
        try:
            self._send(server, made)
        except smtplib.SMTPException as error:
            raise Undelivered(_said(error)) from None
        except OSError as error:
            raise Undelivered(reason(error)) from None
        finally:
            with suppress(smtplib.SMTPException, OSError):  # it is confirmed by now, or has failed already
                server.quit()

    def _send(self, server: smtplib.SMTP, made: bytes) -> None:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=self.trust)
            server.ehlo()
        elif self.tls_required or self.user:  # a password is never sent in the clear
            raise Undelivered("the server offers no STARTTLS")
        if self.user:
            server.login(self.user, self.password)
        refused = server.sendmail(self.sender, self.recipients, made)
        if refused:
            raise Undelivered(f"{len(refused)} of {len(self.recipients)} recipients were refused")

    def _made(self, message: Message) -> AnyMail:
        """The mail; its subject names the case and says nothing of what was told."""
        body = EmailMessage(policy=SMTP)
        body.set_content(_text(message), cte="base64")
        body.add_attachment(message.body, "application", "json", filename=f"{message.id}.json")
        made: AnyMail = body
        if self.certificates:
            made = self._sealed(body.as_bytes())
        version = "" if message.sequence == 1 else f", report {message.sequence}"
        made["Subject"] = f"Safety case {message.case_id}{version}: {words(message.kind)}, {_country(message)}"
        made["From"] = self.sender
        made["To"] = ", ".join(self.recipients)
        made["Date"] = format_datetime(datetime.now(UTC))
        made["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5: no reply of absence comes back
        return made

    def _sealed(self, content: bytes) -> AnyMail:
        envelope = pkcs7.PKCS7EnvelopeBuilder().set_data(content)
        envelope = envelope.set_content_encryption_algorithm(algorithms.AES256)
        for certificate in self.certificates:
            envelope = envelope.add_recipient(certificate)
        return email.message_from_bytes(envelope.encrypt(Encoding.SMIME, [pkcs7.PKCS7Options.Binary]), policy=SMTP)


def _text(message: Message) -> str:
    value = message.value
    lines = [
        f"Case       {message.case_id}, report {message.sequence}: {words(message.kind)}",
        f"Due        {value['due_at']} (24 calendar hours after the turn)",
        f"Portal     {value['portal']}, {_country(message)}, language {value['language']}",
        f"Elements   {', '.join(value['elements']) or 'none found'}",
        f"Rules      {', '.join(value['rules'])}",
    ]
    for report in value["reports"]:
        cut = ", cut: it went on" if report["cut"] else ""
        lines += ["", f"Report {report['sequence']}, {report['at']}, {report['origin']}{cut}:", shown(report["text"])]
    return "\n".join(lines) + "\n"


def _country(message: Message) -> str:
    return message.country or "country not known"


def _said(error: smtplib.SMTPException) -> str:
    """The code of an answer, never its words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "every recipient was refused"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code} ({type(error).__name__})"
    return f"the mail server did not go on ({type(error).__name__})"
