"""`safety.toml` is read strictly: what it can't mean is an error that names key and way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.errors import Misconfigured
from chatbot.safety.mail import Mail
from chatbot.safety.settings import read_channels
from chatbot.safety.webhook import Webhook
from tests.chatbot.safety.certificates import certificate

WEBHOOK = '[webhook]\nurl = "https://safety.example/cases"\nsecret_file = "secret"\n'
MAIL = '[mail]\nhost = "mail.example"\nsender = "signpost@example.com"\nrecipients = ["safety@example.com"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file's place, with what its keys may name beside it."""
    (tmp_path / "secret").write_text("0123456789abcdef0123456789abcdef\n", encoding="ascii")
    (tmp_path / "short").write_text("0123456789abcdef", encoding="ascii")
    (tmp_path / "password").write_text("open sesame\n", encoding="ascii")
    (tmp_path / "elliptic").mkdir()
    certificate(tmp_path, "127.0.0.1")
    certificate(tmp_path / "elliptic", "127.0.0.1", elliptic=True)
    return tmp_path / "safety.toml"


def test_a_webhook_and_a_mail_server_are_read(file: Path) -> None:
    login = 'user = "signpost"\npassword_file = "password"\nport = 2525\nencrypt = ["certificate.pem"]\n'
    file.write_text(f"{WEBHOOK}{MAIL}{login}", encoding="utf-8")
    webhook, mail = read_channels(file)
    assert isinstance(webhook, Webhook)
    assert isinstance(mail, Mail)
    assert (webhook.url, webhook.target) == ("https://safety.example/cases", "safety.example")
    assert webhook.secret == b"0123456789abcdef0123456789abcdef"
    assert (mail.host, mail.port, mail.target) == ("mail.example", 2525, "safety@example.com")
    assert (mail.tls_required, mail.user, mail.password, len(mail.certificates)) == (True, "signpost", "open sesame", 1)
    assert "0123456789" not in repr(webhook)
    assert "sesame" not in repr(mail)


def test_what_is_left_out_has_the_safe_value(file: Path) -> None:
    file.write_text(MAIL, encoding="utf-8")
    (mail,) = read_channels(file)
    assert isinstance(mail, Mail)
    assert (mail.port, mail.tls_required, mail.user, mail.certificates) == (587, True, "", ())
    file.write_text(f'{MAIL}starttls = "offered"\n', encoding="utf-8")
    (offered,) = read_channels(file)
    assert isinstance(offered, Mail)
    assert not offered.tls_required


def test_without_a_file_there_is_no_channel(file: Path) -> None:
    assert read_channels(file) == ()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8080/cases", "http://localhost/", "http://[::1]:9/", "https://[2001:db8::1]/x"]
)
def test_a_receiver_on_this_machine_may_do_without_tls(file: Path, address: str) -> None:
    file.write_text(WEBHOOK.replace("https://safety.example/cases", address), encoding="utf-8")
    assert len(read_channels(file)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "write a table [webhook] or [mail]"),
        ("[webhook\n", "mend the file"),
        ("webhook = 1\n", "write a table [webhook] or [mail]"),
        (f'{WEBHOOK}[fax]\nnumber = "1"\n', "write a table [webhook] or [mail]"),
        (
            WEBHOOK.replace("https://safety.example/cases", "http://safety.example/"),
            "'url' must be an https:// address",
        ),
        (WEBHOOK.replace("https:", "ftp:"), "'url' must be an https:// address"),
        (WEBHOOK.replace("https://safety.example/cases", "https://"), "'url' must be an https:// address"),
        (WEBHOOK.replace("https://safety.example", "https://user:word@safety.example"), "'url' holds a user"),
        (WEBHOOK.replace("safety.example", "safety.example:99999"), "'url' is no address"),
        (WEBHOOK.replace("safety.example", "sa fety.example"), "'url' must be an https:// address"),
        (WEBHOOK.replace('secret_file = "secret"', ""), "'secret_file' is missing"),
        (WEBHOOK.replace('"secret"', '"nowhere"'), "'secret_file' names"),
        (WEBHOOK.replace('"secret"', '"short"'), "openssl rand -hex 32"),
        (WEBHOOK.replace('"secret"', "7"), "'secret_file' is missing or no text"),
        (f"{WEBHOOK}secert = 1\n", "'secert' is no key of this table"),
        (f'{WEBHOOK}ca_file = "secret"\n', "'ca_file' names secret: no certificates in PEM"),
        (MAIL.replace('host = "mail.example"', ""), "'host' is missing"),
        (MAIL.replace('["safety@example.com"]', '"safety@example.com"'), "'recipients' is missing or no list"),
        (MAIL.replace('["safety@example.com"]', "[]"), "'recipients' is missing or no list"),
        (MAIL.replace("safety@example.com", "safety"), "'recipients' has 'safety'"),
        (MAIL.replace("safety@example.com", "a@b.example\\nBcc: c@d.example"), "'recipients' has"),
        (MAIL.replace("signpost@example.com", "Signpost <a@b.example>"), "'sender' has"),
        (f"{MAIL}port = 0\n", "'port' is no port"),
        (f"{MAIL}port = true\n", "'port' is no port"),
        (f"{MAIL}starttls = true\n", "'starttls' is missing or no text"),
        (f'{MAIL}starttls = "never"\n', "'starttls' is 'required' (the default) or 'offered'"),
        (f'{MAIL}user = "signpost"\n', "'password_file' is missing"),
        (f'{MAIL}password_file = "password"\n', "'password_file' is no key of this table"),
        (f"{MAIL}encrypt = true\n", "'encrypt' is missing or no list"),
        (f'{MAIL}encrypt = ["password"]\n', "'encrypt' names password: no X.509 certificate"),
        (f'{MAIL}encrypt = ["elliptic/certificate.pem"]\n', "its key is not RSA"),
    ],
)
def test_what_the_file_cannot_mean_is_said(file: Path, content: str, said: str) -> None:
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Misconfigured) as refused:
        read_channels(file)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)
    assert "sesame" not in str(refused.value)
    assert "0123456789" not in str(refused.value)
