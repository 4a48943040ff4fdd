"""A note is what its formats say, and nothing passes for one that isn't."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from corpus.proofs.note import Checkpoint, Unsigned, Verifier, sign, verified

# The example that Go's reference implementation (golang.org/x/mod/sumdb/note) documents itself with.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    f"{TEXT}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Verifier("log.example", PRIVATE.public_key().public_bytes_raw())
POINT = Checkpoint("log.example/signpost", 41, bytes(range(32)))


def test_a_note_of_another_implementation_is_verified() -> None:
    signer = Verifier.parse(KEY)
    assert str(signer) == KEY
    assert verified(NOTE, [signer]) == TEXT


def test_a_checkpoint_survives_its_note() -> None:
    note = sign(POINT.text(), SIGNER.name, PRIVATE)
    assert note.startswith(
        "log.example/signpost\n41\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n\u2014 log.example "
    )
    assert Checkpoint.parse(verified(note, [SIGNER])) == POINT


@given(st.data())
def test_a_note_with_any_bit_changed_is_refused(data: st.DataObject) -> None:
    raw = bytearray(sign(POINT.text(), SIGNER.name, PRIVATE).encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unsigned):
        verified(raw.decode("utf-8", errors="replace"), [SIGNER])


def test_signatures_of_others_are_passed_over_and_a_wrong_one_of_a_known_key_is_not() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    note = sign(POINT.text(), SIGNER.name, PRIVATE)
    beside = sign(POINT.text(), "witness.example", other).rpartition("\n\n")[2]
    assert verified(note + beside, [SIGNER]) == POINT.text()
    wrong = sign("another\n", "witness.example", other).rpartition("\n\n")[2]
    witness = Verifier("witness.example", other.public_key().public_bytes_raw())
    with pytest.raises(Unsigned, match=r"the signature of witness\.example is not of this text"):
        verified(note + wrong, [SIGNER, witness])
    with pytest.raises(Unsigned, match=r"nobody known has signed it; known are witness\.example"):
        verified(note, [witness])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log.example\n41\n",
        "log.example\n041\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log.example\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log.example\n41\nAAEC\n",
        "log.example\n41\nnot base64\n",
        "log.example\n41\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",  # the same bytes, not so encoded by anyone
        "\n41\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log.example\n41\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Unsigned):
        Checkpoint.parse(text)


def test_lines_that_extend_a_checkpoint_are_passed_over() -> None:
    assert Checkpoint.parse(f"{POINT.text()}another line\n") == POINT


@pytest.mark.parametrize("changed", ["c74f20a4", "Ac", ""])
def test_a_key_that_is_not_what_its_id_says_is_refused(changed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Verifier.parse(KEY.replace("c74f20a3", changed) if changed != "Ac" else KEY.replace("ARpc", "Ahpc"))
