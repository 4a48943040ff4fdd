"""Mail to a real server: taken for every recipient or not sent, and never in the clear where TLS is asked for."""

from __future__ import annotations

import email
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography.hazmat.primitives.serialization import pkcs7

from chatbot.safety.book import CaseBook
from chatbot.safety.mail import Mail
from chatbot.safety.message import Undelivered, message_of
from chatbot.safety.outbox import Outbox
from corpus.database import Database
from tests.chatbot.safety.certificates import Made, certificate
from tests.chatbot.safety.conftest import NOON, TOLD, found
from tests.chatbot.safety.test_deliver import delivering, wait_until


class Postbox:
    """Takes what it is told to take."""

    def __init__(self, *answers: str, refused: str = "") -> None:
        self.answers = list(answers)
        self.refused = refused
        self.mails: list[EmailMessage] = []
        self.encrypted: list[bool] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address == self.refused:
            return "550 5.1.1 no such reader of " + TOLD
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=POLICY))  # type: ignore[arg-type]
        self.encrypted.append(session.ssl is not None)
        return self.answers.pop(0) if self.answers else "250 OK"

    def log_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return certificate(tmp_path, "127.0.0.1")


@contextmanager
def serving(postbox: Postbox, made: Made | None = None, **options: Any) -> Iterator[int]:
    """A mail server on this machine, with STARTTLS when there is a certificate; its port."""
    if made:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.file, made.key_file)
        options["tls_context"] = context
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(postbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mail(port: int, made: Made | None = None, **changes: Any) -> Mail:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "signpost@example.com",
        "recipients": ("safety@example.com", "night@example.com"),
        "tls_required": made is not None,
        "trust": ssl.create_default_context(cafile=str(made.file) if made else None),
        "user": "",
        "password": "",
        "certificates": (),
        "seconds": 5,
    }
    return Mail(**{**values, **changes})


def first(book: CaseBook, **changes: Any) -> Any:
    case = book.open(found(**changes))
    return message_of(case, book.vault.read(case.id, "safety"), 1)


def test_a_case_is_mailed_with_everything_safety_needs(book: CaseBook, database: Database, made: Made) -> None:
    postbox = Postbox()
    with serving(postbox, made) as port, delivering(book, database, mail(port, made)):
        case = book.open(found("Größe der Quaddeln: 3 cm \ud800", cut=True))
        wait_until(lambda: book.case(case.id).state == "sent")
    (taken,) = postbox.mails
    assert postbox.encrypted == [True]
    assert taken["Message-ID"] == f"<{case.id}.1@example.com>"
    assert taken["Subject"] == f"Safety case {case.id}: adverse event, GB"
    assert taken["To"] == "safety@example.com, night@example.com"
    assert taken["Date"] is not None
    text = taken.get_body().get_content()  # type: ignore[union-attr]
    for said in (
        "2026-03-03T12:00:00Z",
        "Größe der Quaddeln: 3 cm ?",
        "product, reaction",
        "safety.reaction",
        "demo, GB, language en",
        "Report 1, 2026-03-02T12:00:00Z, turn, cut: it went on",
    ):
        assert said in text
    (attached,) = taken.iter_attachments()
    assert attached.get_content_type() == "application/json"
    assert f'"id":"{case.id}.1"'.encode() in attached.get_content()


def test_a_mail_that_was_not_taken_is_sent_again_with_the_same_id(book: CaseBook, database: Database) -> None:
    postbox = Postbox("451 later, and " + TOLD, "554 no " + TOLD)
    with serving(postbox) as port, delivering(book, database, mail(port)):
        case = book.open(found())
        wait_until(lambda: book.case(case.id).state == "sent")
    assert [taken["Message-ID"] for taken in postbox.mails] == [f"<{case.id}.1@example.com>"] * 3
    assert [attempt.detail for attempt in Outbox(database).attempts(case.id)] == [
        "the mail server answered 451 (SMTPDataError)",
        "the mail server answered 554 (SMTPDataError)",
        "",
    ]


def test_a_further_report_has_its_number_in_the_subject(book: CaseBook) -> None:
    postbox = Postbox()
    book.open(found("one"))
    case = book.open(found("two", at=NOON + timedelta(hours=1)))
    with serving(postbox) as port:
        mail(port).deliver(message_of(case, book.vault.read(case.id, "safety"), 2))
    assert postbox.mails[0]["Subject"].strip() == f"Safety case {case.id}, report 2: adverse event, GB"
    text = postbox.mails[0].get_body().get_content()  # type: ignore[union-attr]
    assert text.index("one") < text.index("two")


def test_a_mail_that_one_recipient_did_not_get_is_not_sent(book: CaseBook) -> None:
    postbox = Postbox(refused="night@example.com")
    with serving(postbox) as port:
        with pytest.raises(Undelivered, match=r"^1 of 2 recipients were refused$"):
            mail(port).deliver(first(book))
        with pytest.raises(Undelivered, match=r"^every recipient was refused$"):
            mail(port, recipients=("night@example.com",)).deliver(first(book))


def test_a_text_is_not_mailed_in_the_clear_where_tls_is_required(book: CaseBook) -> None:
    postbox = Postbox()
    with serving(postbox) as port:
        with pytest.raises(Undelivered, match="offers no STARTTLS"):
            mail(port, tls_required=True).deliver(first(book))
        with pytest.raises(Undelivered, match="offers no STARTTLS"):  # nor a password, ever
            mail(port, user="signpost", password="right").deliver(first(book))
    assert postbox.mails == []


def test_a_mail_server_whose_certificate_is_not_trusted_gets_nothing(book: CaseBook, made: Made) -> None:
    postbox = Postbox()
    with serving(postbox, made) as port, pytest.raises(Undelivered, match="certificate is not trusted"):
        mail(port, made, trust=ssl.create_default_context(), tls_required=False).deliver(first(book))
    assert postbox.mails == []


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_a_user_logs_in_after_tls(book: CaseBook, made: Made, password: str) -> None:
    postbox = Postbox()
    with serving(postbox, made, authenticator=postbox.log_in, auth_required=True) as port:
        channel = mail(port, made, user="signpost", password=password)
        if password == "right":
            channel.deliver(first(book))
        else:
            with pytest.raises(Undelivered, match=r"answered 535 \(SMTPAuthenticationError\)"):
                channel.deliver(first(book))
    assert postbox.logins[0] == (b"signpost", password.encode())
    assert postbox.encrypted == ([True] if password == "right" else [])


def test_a_mail_server_that_is_not_there_is_said(book: CaseBook) -> None:
    with serving(Postbox()) as port:
        pass
    with pytest.raises(Undelivered, match=r"^Connection refused$"):
        mail(port).deliver(first(book))


def test_a_sealed_mail_is_read_with_the_recipients_key_alone(book: CaseBook, made: Made) -> None:
    postbox = Postbox()
    with serving(postbox, made) as port:
        mail(port, made, certificates=(made.certificate,)).deliver(first(book))
    raw = postbox.mails[0].as_bytes()
    assert postbox.mails[0].get_content_type() in ("application/pkcs7-mime", "application/x-pkcs7-mime")
    assert TOLD.encode() not in raw
    opened = pkcs7.pkcs7_decrypt_der(postbox.mails[0].get_payload(decode=True), made.certificate, made.key, [])  # type: ignore[arg-type]
    inner = email.message_from_bytes(opened, policy=POLICY)
    assert TOLD in inner.get_body().get_content()  # type: ignore[attr-defined]
