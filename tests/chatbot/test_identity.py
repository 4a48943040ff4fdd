"""Forged, foreign and stale tokens are refused, whatever they claim."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chatbot.errors import Misconfigured, Unauthenticated
from chatbot.identity import REQUIRED, Identity, read_identity

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
IDENTITY = Identity(KEY.public_key(), "https://idp.example", "signpost")


def pem(key: Any) -> bytes:
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "iss": "https://idp.example",
        "aud": "signpost",
        "sub": "dr-1",
        "exp": int(time.time()) + 60,
        "portal": "cardio-uk",
        "country": "gb",
        "role": "Physician",
        "specialty": "cardiology",
        "consent": ["analytics"],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def test_a_good_token_names_its_reader() -> None:
    asker = IDENTITY.asker(jwt.encode(claims(), KEY, "RS256"))
    assert (asker.subject, asker.portal, asker.consent) == ("dr-1", "cardio-uk", ("analytics",))
    assert (asker.audience.country, asker.audience.role) == ("GB", "physician")


FORGERIES: dict[str, Callable[[], str]] = {
    "signed by another key": lambda: jwt.encode(claims(), OTHER, "RS256"),
    "unsigned": lambda: jwt.encode(claims(), None, "none"),
    "expired": lambda: jwt.encode(claims(exp=int(time.time()) - 1), KEY, "RS256"),
    "for another service": lambda: jwt.encode(claims(aud="billing"), KEY, "RS256"),
    "of another issuer": lambda: jwt.encode(claims(iss="https://evil.example"), KEY, "RS256"),
    "of another family": lambda: jwt.encode(claims(), KEY, "PS256"),
    "country unknown": lambda: jwt.encode(claims(country="XX"), KEY, "RS256"),
    "subject empty": lambda: jwt.encode(claims(sub=""), KEY, "RS256"),
    "role no text": lambda: jwt.encode(claims(role=["physician"]), KEY, "RS256"),
    "consent no list": lambda: jwt.encode(claims(consent="all"), KEY, "RS256"),
    "not a token": lambda: "a.b.c",
    "empty": lambda: "",
    **{f"without {name}": lambda name=name: jwt.encode(claims(**{name: None}), KEY, "RS256") for name in REQUIRED},  # type: ignore[misc]
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_bad_token_is_refused(forgery: str) -> None:
    with pytest.raises(Unauthenticated):
        IDENTITY.asker(FORGERIES[forgery]())


def test_an_expired_token_still_tells_its_country() -> None:
    """For where an adverse reaction is reported; it opens nothing."""
    assert IDENTITY.country(jwt.encode(claims(exp=int(time.time()) - 9_999), KEY, "RS256")) == "GB"


NOBODYS = ("signed by another key", "unsigned", "for another service", "of another issuer", "of another family")


@pytest.mark.parametrize("forgery", [*NOBODYS, "not a token", "empty", "without country"])
def test_a_token_that_is_nobodys_tells_no_country(forgery: str) -> None:
    assert IDENTITY.country(FORGERIES[forgery]()) == ""


def test_a_country_that_is_no_text_is_none() -> None:
    assert IDENTITY.country(jwt.encode(claims(country=7), KEY, "RS256")) == ""


def test_the_public_key_used_as_a_shared_secret_is_refused() -> None:
    """The classic confusion: HS256 with the bytes of the public key as its secret."""
    import base64
    import hashlib
    import hmac
    import json

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(claims())
    mac = base64.urlsafe_b64encode(hmac.new(pem(KEY), signed, hashlib.sha256).digest()).rstrip(b"=")
    with pytest.raises(Unauthenticated):
        IDENTITY.asker((signed + b"." + mac).decode())


def test_without_a_token_nobody_is_named() -> None:
    with pytest.raises(Unauthenticated):
        IDENTITY.asker(None)


def test_a_key_that_is_no_strong_rsa_key_is_refused_at_start(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that's the point
    for content in (b"nonsense", pem(weak), pem(ec.generate_private_key(ec.SECP256R1()))):
        file.write_bytes(content)
        with pytest.raises(Misconfigured, match=r"key\.pem"):
            read_identity(file, "https://idp.example", "signpost")
    with pytest.raises(Misconfigured, match=r"missing\.pem"):
        read_identity(tmp_path / "missing.pem", "https://idp.example", "signpost")
    file.write_bytes(pem(KEY))
    with pytest.raises(Misconfigured, match="issuer"):
        read_identity(file, "", "signpost")
    assert read_identity(file, "https://idp.example", "signpost").key.key_size == 2048
