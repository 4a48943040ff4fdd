"""Signatures: who approved which policy is never lost, never edited, and asked for before readers are served."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.assistant import Assistant
from chatbot.errors import Misconfigured, Unsigned
from chatbot.library import policy_of
from chatbot.policy import Policy, load_policy
from chatbot.signatures import Signature, SignatureBook, bare_digest
from corpus.database import Database, open_database
from corpus.errors import InvalidInput
from index.layout import Home
from index.manifest import current_edition
from tests.chatbot.conftest import Portal
from tests.conftest import Cli, on_sqlite

ASKS = '[policy]\nsignatures = ["regulatory", "medical"]\n'
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def signature(policy: Policy, role: str = "medical", name: str = "Dr A. Reader") -> Signature:
    return Signature(policy.sha256, role, name, "read on paper", "operator", AT)


def sign_all(book: SignatureBook, policy: Policy) -> None:
    for role in policy.portal.signatures:
        book.sign(policy, signature(policy, role))


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(portal=ASKS.encode())


@pytest.fixture
def book(database: Database) -> SignatureBook:
    return SignatureBook(database)


def test_a_signature_is_kept_as_it_was_given(book: SignatureBook, policy: Policy) -> None:
    given = signature(policy)
    assert book.sign(policy, given).added
    assert book.of(policy.sha256) == book.all() == (given,)


def test_the_digest_may_be_written_as_it_is_printed(book: SignatureBook, policy: Policy) -> None:
    printed = replace(signature(policy), policy=f" sha256:{policy.sha256.upper()} ")
    assert book.sign(policy, printed).signature == signature(policy)


def test_another_policys_digest_is_refused_and_the_one_now_is_said(book: SignatureBook, policy: Policy) -> None:
    with pytest.raises(InvalidInput, match=f"not the policy now, which is sha256:{policy.sha256}; read that one"):
        book.sign(policy, signature(load_policy()))
    assert book.all() == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " \u200b\n "}, "nobody is named; say who approves with --as NAME"),
        ({"role": "marketing"}, "'marketing' is no role that signs; choose medical, legal, regulatory"),
        ({"policy": "sha256:abc"}, "'sha256:abc' is no digest; `signpost policy show` says"),
        ({"comment": "x" * 1001}, "has 1001 characters; write 1000 at most"),
        ({"name": "x" * 1001}, "has 1001 characters; write 1000 at most"),
    ],
)
def test_what_cant_be_a_signature_is_refused_with_the_way_out(
    book: SignatureBook, policy: Policy, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        book.sign(policy, replace(signature(policy), **changes))
    assert book.all() == ()


def test_the_same_person_signs_once_in_a_role_and_the_first_signature_stays(
    book: SignatureBook, policy: Policy
) -> None:
    book.sign(policy, signature(policy))
    again = book.sign(policy, replace(signature(policy, name="dr  a. READER\u200b"), comment="second thoughts"))
    assert not again.added and again.signature == signature(policy)
    assert book.sign(policy, signature(policy, "legal")).added
    assert book.sign(policy, signature(policy, name="Dr B. Reader")).added
    assert book.count() == 3


def test_one_person_at_two_desks_at_once_signs_once(database: Database, policy: Policy) -> None:
    others = [open_database(database.target) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        signed = list(pool.map(lambda each: SignatureBook(each).sign(policy, signature(policy)).added, others))
    for each in others:
        each.close()
    assert sorted(signed) == [False, False, False, True]


@on_sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policy_signatures SET name = 'Somebody Else'",
        "DELETE FROM policy_signatures",
        "REPLACE INTO policy_signatures SELECT id, policy, 'legal', name, comment, actor, at FROM policy_signatures",
    ],
)
def test_no_program_changes_what_was_signed(
    book: SignatureBook, database: Database, policy: Policy, statement: str
) -> None:
    book.sign(policy, signature(policy))
    with closing(sqlite3.connect(database.target)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="policy_signatures is append-only"):
            connection.execute(statement)
        connection.rollback()
    assert book.all() == (signature(policy),)


def test_what_is_missing_is_what_the_portal_asks_for_of_this_very_policy(book: SignatureBook, policy: Policy) -> None:
    assert book.missing(load_policy()) == ()
    assert book.missing(policy) == ("medical", "regulatory")
    book.sign(policy, signature(policy, "regulatory"))
    assert book.missing(policy) == ("medical",)
    book.sign(policy, signature(policy, "legal"))
    assert book.missing(policy) == ("medical",)
    with pytest.raises(Unsigned, match=r"isn't signed for medical; .*--role medical"):
        book.demand(policy, policy.portal.signatures)
    book.sign(policy, signature(policy))
    book.demand(policy, policy.portal.signatures)
    other = load_policy(portal=f"{ASKS}[tone]\nformal = false\n".encode())
    assert book.missing(other) == ("medical", "regulatory")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("policy = 3", "policy: write a table"),
        ("[policy]\nsigned = true", "policy: unknown signed; write signatures only"),
        ("[policy]", "policy.signatures: write a list of one or more of"),
        ("[policy]\nsignatures = []", "policy.signatures: write a list of one or more of"),
        ('[policy]\nsignatures = "medical"', "policy.signatures: write a list of one or more of"),
        ('[policy]\nsignatures = ["medical", "sales"]', 'policy.signatures: write a list of one or more of "medical",'),
        ('[policy]\nsignatures = [["medical"]]', "policy.signatures: write a list of one or more of"),
        ('[policy]\nsignatures = ["legal", "legal"]', "policy.signatures: names a role twice"),
    ],
)
def test_what_a_portal_asks_for_is_read_strictly(content: str, said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        load_policy(portal=content.encode())
    assert said in str(error.value)


def test_asking_for_signatures_is_part_of_the_policy_and_signing_is_not(book: SignatureBook, policy: Policy) -> None:
    assert policy.portal.signatures == ("medical", "regulatory")
    assert policy.sha256 != load_policy().sha256
    sign_all(book, policy)
    assert load_policy(portal=ASKS.encode()).sha256 == policy.sha256


def test_bare_digests_are_sixty_four_digits() -> None:
    assert bare_digest("sha256:" + "AB" * 32) == "ab" * 32
    with pytest.raises(InvalidInput, match="is no digest"):
        bare_digest("g" * 64)


def test_readers_get_no_unsigned_policy_and_a_trial_does(small_copy: Home) -> None:
    small_copy.portal.write_text(ASKS, encoding="utf-8")
    database = open_database(small_copy.database)
    with pytest.raises(Unsigned, match="isn't signed for medical, regulatory"):
        Assistant(small_copy, database, trial=False)
    assert Assistant(small_copy, database, trial=True).policy == policy_of(small_copy)
    sign_all(SignatureBook(database), policy_of(small_copy))
    assert Assistant(small_copy, database, trial=False).policy == policy_of(small_copy)
    database.close()


@pytest.fixture
def running(small_copy: Home) -> Assistant:
    """A service of readers over a signed policy."""
    small_copy.portal.write_text(ASKS, encoding="utf-8")
    database = open_database(small_copy.database)
    sign_all(SignatureBook(database), policy_of(small_copy))
    return Assistant(small_copy, database, trial=False)


@pytest.mark.parametrize("content", [f"{ASKS}[tone]\nformal = false\n", "", "[policy"])
def test_a_running_service_keeps_the_signed_policy_until_the_new_one_is_signed(
    running: Assistant, cli: Cli, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    """Also when the new settings ask for no signature, or can't be read: what was asked for at the start still is."""
    before, home = running.library(), running.home
    home.portal.write_text(content, encoding="utf-8")
    assert running.library() is before  # nothing is taken up without a publish
    home.portal.write_text("", encoding="utf-8")
    (tmp_path / "new.md").write_text("# Zomarin\n\nThe starting dose of Zomarin is 5 mg.\n", encoding="utf-8")
    done = cli("ingest", tmp_path / "new.md", "--assume-approved", "--publish", "--home", home.root)
    assert done.returncode == 0, done.stderr
    home.portal.write_text(content, encoding="utf-8")
    assert current_edition(home) != before.edition.id
    assert running.library() is running.library() is before
    (said,) = [line for line in caplog.messages if "goes on answering" in line]
    if content == "[policy":
        assert "portal.toml: the file: not readable" in said
        return
    assert "isn't signed for medical, regulatory" in said
    new = policy_of(home)
    running.signatures.sign(new, signature(new))
    assert running.library() is before
    running.signatures.sign(new, signature(new, "regulatory"))
    assert running.policy == new and running.edition().id == current_edition(home)


def test_a_reviewer_sees_who_signed_the_policy_of_a_turn(portal: Portal) -> None:
    index = json.loads(json.dumps(portal.ask("starting dose of Velmarin")))["record"]["index"]
    assert "by nobody" in portal.http.get(f"/review/turns/{index}").text
    policy = portal.assistant.policy
    portal.assistant.signatures.sign(policy, signature(policy, name="Dr <A.> Reader"))
    page = portal.http.get(f"/review/turns/{index}").text
    assert "medical, by Dr &lt;A.&gt; Reader, 2026-11-22 09:30:00 UTC" in page
