"""A logged turn is answered again from its record alone, byte for byte; what is another one today is named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot import policy as policies
from chatbot.answer.texts import release_templates
from chatbot.assistant import Assistant
from chatbot.audit.log import AuditLog
from chatbot.audit.policies import PolicyBook
from chatbot.errors import AuditDamaged, Misconfigured
from chatbot.policy import load_policy
from chatbot.replay import Replayer, first_difference, without_words
from chatbot.turns import Asker
from corpus.database import open_database
from corpus.errors import InvalidInput, NotFound
from corpus.lifecycle import withdrawal_events
from index.layout import EditionFiles, Home
from tests.builders import GB
from tests.chatbot.conftest import Portal, on_both
from tests.chatbot.erasing import erased, name_of

DOSE = "Velmarin starting dose in heart failure"


def replayer(portal: Portal) -> Replayer:
    return Replayer(portal.assistant.home, portal.assistant.store.database)


def restarted(portal: Portal) -> Assistant:
    """The service, started again: it reads the home's tables anew."""
    return Assistant(portal.assistant.home, portal.assistant.store.database, trial=True)


def withdraw(portal: Portal) -> None:
    store = portal.assistant.store
    keys = [key for key in store.registry().entries if key[2] == "GB"]
    when = datetime.now(UTC).isoformat()
    store.decide(lambda now: withdrawal_events(now, keys, "owner", when, "recalled"))


def change_home(home: Home, file: str, content: str) -> None:
    path = home.root / file
    path.write_text((path.read_text() if path.exists() and file != "portal.toml" else "") + content, encoding="utf-8")


@on_both
def test_every_turn_of_a_conversation_replays_to_the_same_bytes(portal: Portal) -> None:
    first = portal.ask(DOSE)
    portal.ask("and in renal impairment?", conversation=str(first["conversation"]))
    portal.ask("Lumetra missed dose")
    portal.ask("Velmarin Dosis", country="DE")
    size, again = portal.assistant.log.size(), replayer(portal)
    found = [again.replay(index) for index in portal.assistant.log.replies()]
    assert [(row.own.result, row.today.result) for row in found] == [("identical", "identical")] * 4
    assert found[1].question == "and in renal impairment?"
    assert portal.assistant.log.size() == size  # reading alone


def test_a_policy_is_on_record_before_the_first_reply_under_it_and_once(small_copy: Home) -> None:
    opened = open_database(small_copy.database)
    for _ in range(2):  # a service that is started twice
        assistant = Assistant(small_copy, opened, trial=True)
        for _ in range(2):
            assistant.turn(Asker("dr-1", "portal", "hcp", GB), DOSE)
    log, policy = assistant.log, assistant.policy
    leaves = [json.loads(log.record(index).leaf) for index in range(log.size())]
    opened.close()
    types = [leaf["type"] for leaf in leaves]
    assert types[-5:] == ["policy", "answer", "answer", "answer", "answer"]
    said = leaves[-5]["policy"]
    assert said["sha256"] == policy.sha256 == leaves[-1]["policy_sha256"]
    assert said["products_sha256"] == said["config_sha256"] == leaves[-1]["software"]["config_sha256"]
    assert said["release"] == leaves[-1]["software"]["version"]
    assert said.keys() == {
        *("sha256", "products_sha256", "lists_sha256", "portal_sha256", "config_sha256", "release", "git")
    }
    opened = open_database(small_copy.database)
    assert PolicyBook(opened).given(policy.sha256) == policy.given
    assert not PolicyBook(opened).note(policy, "the same policy")
    opened.close()


def test_a_withdrawal_since_then_changes_the_answer_of_today_and_not_that_of_the_record(portal: Portal) -> None:
    portal.ask(DOSE)
    withdraw(portal)
    assert portal.ask(DOSE)["reply"]["kind"] == "no_answer"  # type: ignore[index]
    before, after = (replayer(portal).replay(index) for index in portal.assistant.log.replies())
    assert (before.own.result, after.own.result) == ("identical", "identical")
    assert before.today.difference.startswith("reply.citations: ")
    assert before.today.moved == ("registry",)
    assert after.today.result == "identical"


@pytest.mark.parametrize(
    ("file", "content", "moved"),
    [
        ("portal.toml", '[texts.en]\nact_greeting = "Hello, colleague."\n', "portal.toml"),
        ("products.toml", '\n[[product]]\nbrand = "Hello"\ngeneric = "hellosartan"\n', "product table"),
    ],
    ids=["a wording", "the product table"],
)
def test_a_change_of_the_home_is_rebuilt_for_the_record_and_named_for_today(
    portal: Portal, file: str, content: str, moved: str
) -> None:
    portal.ask("Hello")
    change_home(portal.assistant.home, file, content)
    (index,) = portal.assistant.log.replies()
    found = replayer(portal).replay(index)
    assert found.own.result == "identical"
    assert found.today.difference.startswith("reply.")
    assert found.today.moved == (moved,)
    now = restarted(portal)
    assert now.policy.sha256 != portal.assistant.policy.sha256
    size = now.log.size()
    assert replayer(portal).replay(index) == found
    assert now.log.size() == size


def test_a_template_that_is_another_one_in_this_release_is_named_and_the_log_untouched(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    size, root = portal.assistant.log.size(), portal.assistant.log.record(portal.assistant.log.size() - 1).hash
    templates = {**release_templates(), "en/answer": "Something else"}
    monkeypatch.setattr(policies, "release_templates", lambda: templates)
    found = replayer(portal).replay(index)
    assert (found.own.result, found.own.gap) == ("not rebuilt", "policy")
    assert "template en/answer" in found.own.why
    assert found.today.difference.startswith("reply.headline: ")
    assert "Something else" in found.today.difference
    assert found.today.moved == ("template en/answer",)
    assert (portal.assistant.log.size(), portal.assistant.log.record(size - 1).hash) == (size, root)


def test_a_lexicon_that_is_another_one_in_this_release_is_named(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.ask("VLM dose in heart failure")
    (index,) = portal.assistant.log.replies()
    read = policies._table

    def changed(file: Path) -> dict[str, object]:
        table = read(file)
        if file.name == "lexicon.toml":
            table["en"]["spelling"] = {**table["en"].get("spelling", {}), "vlm": ["velmarin"]}
        return table

    monkeypatch.setattr(policies, "_table", changed)
    found = replayer(portal).replay(index)
    assert (found.own.gap, found.today.moved) == ("policy", ("texts or rules of the release",))


def test_a_document_of_another_edition_is_told_apart_from_that_of_the_record(
    portal: Portal, cli: Callable[..., object], tmp_path: Path
) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    publish_new_version(portal.assistant.home, cli, tmp_path)
    found = replayer(portal).replay(index)
    assert found.own.result == "identical"
    assert found.today.difference.startswith("reply.")
    assert {"edition", "registry"} <= set(found.today.moved)
    shutil.rmtree(portal.assistant.home.edition(portal.assistant._library.edition.id))
    lost = replayer(portal).replay(index)
    assert (lost.own.result, lost.own.gap) == ("not rebuilt", "edition")
    assert lost.today == found.today


def publish_new_version(home: Home, cli: Callable[..., object], folder: Path) -> None:
    from tests.builders import sidecar
    from tests.labels import VELMARIN

    folder.mkdir(exist_ok=True)
    (folder / "new.md").write_text(VELMARIN.replace("starting dose is 20 mg once daily", "starting dose is 10 mg"))
    facts = {"document_number": "VEL-1", "product": "Velmarin", "title": "Velmarin product information"}
    (folder / "new.toml").write_text(sidecar(**facts, version="4.0", effective_on="2026-05-01"))
    done = cli("ingest", folder, "--publish", "--json", "--home", home.root)
    assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]


def test_a_difference_that_only_the_date_makes_is_the_dates(portal: Portal) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    found = replayer(portal).replay(index, now=datetime(2040, 1, 1, tzinfo=UTC))  # after the expiry of its label
    assert found.own.result == "identical"
    assert found.today.moved == ("time",)


def test_another_reply_in_the_same_state_is_a_fault_and_named_by_its_first_difference(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    body = portal.assistant.log.body(index)
    other = replace(body, reply=body.reply.replace(b"20 mg once daily", b"80 mg once daily"))
    monkeypatch.setattr(AuditLog, "body", lambda self, index: other)
    found = replayer(portal).replay(index).own
    assert found.difference.startswith("reply.quotes[0].text: ")
    assert "80 mg" in found.difference
    assert "20 mg" in found.difference
    assert found.moved == ()


def test_an_edition_that_can_not_be_opened_today_hides_no_record(portal: Portal) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    portal.assistant.home.current.write_text(f"sha256:{'0' * 64}\n", encoding="ascii")
    found = replayer(portal).replay(index)
    assert found.own.result == "identical"
    assert (found.today.gap, "no edition is there" in found.today.why) == ("edition", True)


def test_a_turn_without_its_text_is_lost_and_not_guessed(portal: Portal) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    with closing(sqlite3.connect(portal.assistant.home.database)) as connection, connection:
        connection.execute("DELETE FROM bodies")
    found = replayer(portal).replay(index)
    assert (found.question, found.own.gap, found.today.gap) == ("", "text", "text")
    assert "no text" in found.own.why


@on_both
def test_a_turn_of_an_erased_reader_says_which_record_says_so(portal: Portal) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    done = erased(portal, name_of(portal))
    found = replayer(portal).replay(index)
    assert (found.own.gap, found.today.gap) == ("erased", "erased")
    assert f"record {done.index} says when and why" in found.own.why


def test_a_turn_whose_edition_has_shrunk_says_so(portal: Portal) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    files = EditionFiles(portal.assistant.home.edition(portal.assistant.edition().id))
    for file in (each for each in files.root.rglob("*") if each.is_file() and each != files.manifest):
        file.unlink()
    found = replayer(portal).replay(index)
    assert (found.own.gap, found.own.result) == ("edition", "not rebuilt")


def test_what_is_no_reply_is_not_replayed(portal: Portal) -> None:
    with pytest.raises(InvalidInput, match="record 0 is of the type 'genesis'"):
        replayer(portal).replay(0)
    with pytest.raises(NotFound, match="no record 9999"):
        replayer(portal).replay(9999)


def test_a_key_store_that_is_gone_is_said_and_not_made_anew(portal: Portal) -> None:
    portal.assistant.home.keys.unlink()
    with pytest.raises(Misconfigured, match="restore its backup"):
        replayer(portal)
    assert not portal.assistant.home.keys.exists()


def test_what_was_kept_of_a_policy_is_checked_when_it_is_read(portal: Portal) -> None:
    portal.ask(DOSE)
    (index,) = portal.assistant.log.replies()
    with closing(sqlite3.connect(portal.assistant.home.database)) as connection, connection:
        connection.execute("DROP TRIGGER policy_inputs_no_update")
        connection.execute("UPDATE policy_inputs SET content = x'00'")
    with pytest.raises(AuditDamaged, match="not as it was kept"):
        replayer(portal).replay(index)


def test_a_policy_that_nobody_noted_is_that_of_the_home_or_none(portal: Portal) -> None:
    """As in logs of releases that noted none."""
    assert portal.assistant.policies.given(load_policy().sha256) is None


def test_lists_of_another_length_are_named_whole() -> None:
    assert first_difference(b'{"a":[1]}', b'{"a":[1,2]}') == "reply.a: [1] was logged, [1, 2] comes now"
    assert first_difference(b'{"a":1}', b'{"a":1}') == ""
    assert first_difference(b'{"a":1}', b'{ "a":1}') == "the same value in other bytes"


def test_a_readers_words_are_not_told_with_a_difference() -> None:
    said = first_difference(b'{"choices":[{"text":"Mrs Miller"}]}', b'{"choices":[{"text":"no"}]}')
    assert "Miller" in said
    assert without_words(said) == "reply.choices[0].text: differs, in words that only the log may show"
    assert without_words("reply.headline: 1 was logged, 2 comes now").endswith("comes now")
