"""Who asks: a JWT of the portal's identity provider. Asymmetric RSA signatures only, so no shared secret can leak,
and an algorithm named by the token itself is never trusted (RFC 8725, sections 2.1 and 3.1).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from chatbot.errors import Misconfigured, Unauthenticated
from chatbot.turns import Asker
from corpus.calendar import zones
from corpus.errors import InvalidInput
from corpus.model import Audience

ALGORITHMS = ("RS256", "RS384", "RS512")
REQUIRED = ("iss", "aud", "sub", "exp", "portal", "country", "role")
_MIN_BITS = 2048  # NIST SP 800-131A rev. 2
_DEMO_SECONDS = 3_600
_LANGUAGE = "en"  # until the question says otherwise


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose tokens are believed."""

    key: rsa.RSAPublicKey
    issuer: str
    audience: str

    def asker(self, token: str | None) -> Asker:
        """The reader named by a bearer token; raises ``Unauthenticated``."""
        if not token:
            raise Unauthenticated("no bearer token")
        try:
            claims = self._claims(token, {"require": list(REQUIRED)})
        except jwt.PyJWTError as error:
            raise Unauthenticated(str(error)) from error
        return _asker(claims)

    def country(self, token: str) -> str:
        """The country in a token of this provider, expired or not; empty when it isn't theirs, or names none.

        For what a refusal says of reporting: it opens nothing.
        """
        try:
            claims = self._claims(token, {"verify_exp": False})
        except jwt.PyJWTError:
            return ""
        country = claims.get("country")
        return country.upper() if isinstance(country, str) else ""

    def _claims(self, token: str, options: Options) -> dict[str, Any]:
        """The claims of a token of this provider; raises what PyJWT raises for any other."""
        claims: dict[str, Any] = jwt.decode(
            token,
            self.key,
            algorithms=list(ALGORITHMS),
            audience=self.audience,
            issuer=self.issuer,
            options=options,
        )
        return claims


def read_identity(key_file: Path, issuer: str, audience: str) -> Identity:
    """The identity provider whose public key is in a PEM file; raises ``Misconfigured``."""
    try:
        key = serialization.load_pem_public_key(key_file.read_bytes())
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{key_file}: no readable PEM public key: {error}") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _MIN_BITS:
        raise Misconfigured(f"{key_file}: an RSA public key of {_MIN_BITS} bits or more is needed")
    if not issuer:
        raise Misconfigured("name the issuer of the portal's tokens: --issuer or SIGNPOST_ISSUER")
    return Identity(key, issuer, audience)


class DemoIdentity:
    """Mints its own tokens, for ``serve --demo`` only: the key lives and dies with the process."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=_MIN_BITS)
        self.identity = Identity(self._private.public_key(), "signpost-demo", "signpost")

    def token(self, subject: str, country: str, role: str, specialty: str) -> str:
        """A token for one demo reader, good for an hour."""
        claims = {
            "iss": self.identity.issuer,
            "aud": self.identity.audience,
            "sub": subject,
            "exp": int(time.time()) + _DEMO_SECONDS,
            "portal": "demo",
            "country": country,
            "role": role,
            "specialty": specialty,
            "consent": [],
        }
        return jwt.encode(claims, self._private, algorithm=ALGORITHMS[0])


def _asker(claims: dict[str, Any]) -> Asker:
    texts = {name: claims.get(name, "") for name in ("sub", "portal", "country", "role", "specialty")}
    if not all(isinstance(value, str) and len(value) <= 200 for value in texts.values()):
        raise Unauthenticated("a claim is no text, or too long")
    empty = [name for name in ("sub", "portal", "role") if not texts[name].strip()]
    if empty:
        raise Unauthenticated(f"the claims {', '.join(empty)} are empty")
    country = texts["country"].upper()
    try:
        zones(country)
    except InvalidInput as error:
        raise Unauthenticated(str(error)) from error
    consent = claims.get("consent", [])
    if not isinstance(consent, list):
        raise Unauthenticated("the claim 'consent' is no list")
    audience = Audience(country, texts["role"].casefold(), texts["specialty"].casefold(), _LANGUAGE)
    return Asker(texts["sub"], texts["portal"], "hcp", audience, tuple(sorted(map(str, consent))))
