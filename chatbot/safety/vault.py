"""The safety vault: the original texts of safety cases, sealed with a key of their own, opened for one role alone.

Masked text is what the rest of the service keeps; a case has to be followed up, so its text is kept as it was typed.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select

from chatbot.errors import Misconfigured, VaultUnavailable
from chatbot.safety.cases import check_role
from corpus.database import Database
from corpus.errors import NotFound
from corpus.tables import case_reports

_KEY_BYTES = 32  # AES-256
_NONCE_BYTES = 12
_SEALED = func.length(case_reports.c.ciphertext) > 0
_NEWEST_FIRST = (case_reports.c.case_id.desc(), case_reports.c.sequence.desc())
RETIRED = "[the time of retention is over: this text is kept no longer]"  # what is read in its place


class Vault:
    """Seals and opens texts. The key is read, or made for the first case, when it is first needed."""

    def __init__(self, key_file: Path, database: Database) -> None:
        self._file = key_file
        self._database = database
        self._cipher: AESGCM | None = None

    def check(self) -> None:
        """Raises ``Misconfigured`` when there are cases and the key isn't the one that sealed them."""
        if self._file.exists() or self._reports():
            self._known_cipher()

    def prepare(self) -> None:
        """Makes the key, durably, when there is none yet and no case needs one; before a transaction, not in it."""
        if self._cipher is None:
            if not self._file.exists():
                self._make()
            self._known_cipher()

    def seal(self, case_id: str, sequence: int, text: str) -> tuple[bytes, bytes]:
        """Nonce and ciphertext of a text, which open as this report of this case and as no other."""
        nonce = os.urandom(_NONCE_BYTES)
        # A lone surrogate, which JSON can carry, is no reason to lose a report.
        return nonce, self._known_cipher().encrypt(
            nonce, text.encode("utf-8", "surrogatepass"), _name(case_id, sequence)
        )

    def read(self, case_id: str, role: str) -> tuple[str, ...]:
        """The texts of a case in the order in which they were told, as they were typed.

        Raises ``Forbidden`` for another role than safety, ``NotFound``, ``Misconfigured`` without the key and
        ``VaultUnavailable`` when a text isn't what was sealed.
        """
        check_role(role)
        query = select(case_reports).where(case_reports.c.case_id == case_id).order_by(case_reports.c.sequence)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        if not rows:
            raise NotFound(f"no case {case_id}; `signpost cases list` names them")
        return tuple(self._open(case_id, row.sequence, row.nonce, row.ciphertext) for row in rows)

    def _open(self, case_id: str, sequence: int, nonce: bytes, ciphertext: bytes) -> str:
        if not ciphertext:
            return RETIRED
        try:
            opened = self._known_cipher().decrypt(nonce, ciphertext, _name(case_id, sequence))
        except InvalidTag:
            raise VaultUnavailable(
                f"report {sequence} of case {case_id} is not what was sealed; compare the database with a backup"
            ) from None
        return opened.decode("utf-8", "surrogatepass")

    def _known_cipher(self) -> AESGCM:
        if self._cipher is None:
            self._cipher = self._read()
        return self._cipher

    def _read(self) -> AESGCM:
        """The key's cipher, tried on the newest text: another key would make a vault that no key opens whole."""
        way_out = "restore it from its backup: without it the texts of safety cases can't be read"
        try:
            key = self._file.read_bytes()
        except FileNotFoundError:
            raise Misconfigured(f"{self._file} is gone; {way_out}") from None
        except OSError as error:
            raise Misconfigured(f"{self._file}: {error.strerror}; let the service read it, or {way_out}") from error
        if len(key) != _KEY_BYTES:
            raise Misconfigured(f"{self._file} is no key of {_KEY_BYTES} bytes; {way_out}")
        if self._file.stat().st_mode & 0o077:
            self._file.chmod(0o600)
        cipher = AESGCM(key)
        newest = select(case_reports).where(_SEALED).order_by(*_NEWEST_FIRST).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(newest).one_or_none()
        try:
            if row is not None:
                cipher.decrypt(row.nonce, row.ciphertext, _name(row.case_id, row.sequence))
        except InvalidTag:
            raise Misconfigured(f"{self._file} is not the key that the newest safety case has; {way_out}") from None
        return cipher

    def _make(self) -> None:
        with self._database.writing() as connection:  # alone among all processes
            cases = connection.execute(select(func.count()).select_from(case_reports)).scalar_one()
            if self._file.exists() or cases:
                return
            part = self._file.with_suffix(".part")
            part.unlink(missing_ok=True)  # of a process that was killed here: no text was sealed with it
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(os.urandom(_KEY_BYTES))
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self._file)
            folder = os.open(self._file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _reports(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(case_reports)).scalar_one())


def _name(case_id: str, sequence: int) -> bytes:
    return f"signpost safety case {case_id} report {sequence}".encode()
