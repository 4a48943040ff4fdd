"""One home with its database on PostgreSQL: every command uses it, and two services share it."""

from __future__ import annotations

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from chatbot.audit.keys import KeyStore
from chatbot.audit.log import AuditLog
from corpus.database import open_database
from index.layout import Home
from tests.clusters import Cluster
from tests.conftest import Cli, Hosted
from tests.end_to_end.conftest import Serve, Served

MISSED = "What to do after a missed dose of Lumetra?"
QUESTIONS = (MISSED, "Velmarin and potassium supplements", "starting dose of Velmarin in renal impairment")
TURNS = 24


def size(hosted: Hosted) -> int:
    database = open_database(hosted.url)
    try:
        return AuditLog(database, KeyStore(hosted.home.keys)).size()
    finally:
        database.close()


def on_record(hosted: Hosted, turns: list[Any]) -> None:
    """Each reply that left is in the log under the index that it named."""
    database = open_database(hosted.url)
    log = AuditLog(database, KeyStore(hosted.home.keys))
    for turn in turns:
        record = log.record(turn["record"]["index"])
        assert json.loads(record.leaf)["id"] == turn["turn"]
        assert record.hash == turn["record"]["leaf"].removeprefix("sha256:")
        assert json.loads(log.body(record.index).reply) == turn["reply"]
    database.close()


def test_two_services_share_one_database(hosted_copy: Hosted, serve: Serve, cli: Cli) -> None:
    shared = ("--database", hosted_copy.url)
    with serve(hosted_copy.home, *shared) as one, serve(hosted_copy.home, *shared) as other:
        tokens = [one.token() for _ in range(4)]  # of one reader each: the demo's issuer is of one process alone
        others = [other.token() for _ in range(4)]

        def ask(number: int) -> Any:
            served, headers = (one, tokens) if number % 2 else (other, others)
            text = QUESTIONS[number % len(QUESTIONS)]
            status, value = served.post("/api/v1/turns", {"text": text}, headers[number % 4])
            assert status == 200, value
            return value

        with ThreadPoolExecutor(6) as pool:
            turns = list(pool.map(ask, range(TURNS)))
        indexes = sorted(turn["record"]["index"] for turn in turns)
        assert indexes == list(range(indexes[0], indexes[0] + TURNS))  # nobody has another one's, none was lost
        _, told = one.ask(MISSED)
        follow_up = {"text": "and in renal impairment?", "conversation": told["conversation"]}
        status, value = other.post("/api/v1/turns", follow_up, other.token())
        assert (status, value.get("conversation")) == (200, told["conversation"])  # it goes on at the other one
        assert [opened(each, told) for each in (other, one)] == [303, 410]  # a link works once, wherever it is followed
        assert [each.ask(MISSED)[1]["reply"]["kind"] for each in (one, other)] == ["answer", "answer"]
        done = cli("withdraw", "LUM-1", "--reason", "a test of the recall", "--home", hosted_copy.home.root, *shared)
        assert done.returncode == 0, done.stderr
        assert [each.ask(MISSED)[1]["reply"]["kind"] for each in (one, other)] == ["no_answer", "no_answer"]
    on_record(hosted_copy, turns)
    assert not hosted_copy.home.database.exists()


def opened(served: Served, turn: Any) -> int:
    """The status of following a reply's first source link."""
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=30)
    connection.request("GET", f"{turn['reply']['citations'][0]['url']}&ticket={turn['tickets']['1']}")
    status = connection.getresponse().status
    connection.close()
    return status


def test_without_the_server_nothing_is_answered_and_with_it_again_everything(
    hosted_copy: Hosted, serve: Serve, cluster: Cluster
) -> None:
    before = size(hosted_copy)
    with serve(hosted_copy.home, "--database", hosted_copy.url) as served:
        headers = served.token()
        body = {"text": MISSED}
        status, first = served.post("/api/v1/turns", body, headers)
        assert status == 200
        cluster.stop()
        try:
            refused = [served.post("/api/v1/turns", body, headers) for _ in range(3)]
        finally:
            cluster.start()
        assert [status for status, _ in refused] == [503] * 3
        assert all(cluster.password not in json.dumps(value) for _, value in refused)
        status, second = served.post("/api/v1/turns", body, headers)
        assert status == 200
    assert [turn["record"]["index"] for turn in (first, second)] == [before + 1, before + 2]  # behind the policy's
    on_record(hosted_copy, [first, second])


def test_a_service_that_is_killed_under_load_lost_nothing_that_it_answered(hosted_copy: Hosted, serve: Serve) -> None:
    before, answered = size(hosted_copy), []
    with serve(hosted_copy.home, "--database", hosted_copy.url) as served:
        headers = [served.token() for _ in range(3)]

        def ask(number: int) -> None:
            for _ in range(50):
                try:
                    status, value = served.post("/api/v1/turns", {"text": MISSED}, headers[number])
                except (OSError, ValueError):  # it is gone
                    return
                if status == 200:
                    answered.append(value)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(headers))]
        for thread in threads:
            thread.start()
        threads[0].join(1.5)
        served.kill()
        for thread in threads:
            thread.join(30)
    assert answered
    on_record(hosted_copy, answered)
    assert before + len(answered) <= size(hosted_copy) <= before + len(answered) + len(threads)


def test_every_command_uses_the_database_that_is_named(hosted_copy: Hosted, cli: Cli) -> None:
    home, named = hosted_copy.home, {"SIGNPOST_DATABASE": hosted_copy.url}
    for arguments in (
        ("documents",),
        ("editions", "verify"),
        ("ask", MISSED),
        ("search", MISSED),
        ("cases", "list"),
        ("policy", "show"),
        ("proposals", "list"),
        ("withdraw", "LUM-1", "--reason", "a test"),
        ("publish",),
    ):
        done = cli(*arguments, "--json", "--home", home.root, **named)
        assert done.returncode == 0, (arguments, done.stderr)
        assert json.loads(done.stdout) is not None
    assert not home.database.exists()
    with psycopg.connect(hosted_copy.url) as connection:
        assert connection.execute("SELECT count(*) FROM events WHERE type = 'withdraw'").fetchone() == (1,)


def test_a_home_stays_with_the_kind_of_database_that_it_was_begun_with(
    hosted_copy: Hosted, small_copy: Home, cli: Cli
) -> None:
    """The other one would be empty, and the next publish would take every document out."""
    for command in (("documents",), ("publish",), ("ask", MISSED)):
        done = cli(*command, "--home", hosted_copy.home.root)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "name it with --database URL" in done.stderr
        done = cli(*command, "--home", small_copy.root, "--database", hosted_copy.url)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "its own file; leave --database and SIGNPOST_DATABASE out" in done.stderr
    password = hosted_copy.url.partition("@")[0].rpartition(":")[2]
    assert password not in hosted_copy.home.server.read_text(encoding="utf-8")


def test_a_wrong_url_is_one_line_without_its_password(hosted_copy: Hosted, cli: Cli) -> None:
    password = hosted_copy.url.partition("@")[0].rpartition(":")[2]
    for url, code in (
        (hosted_copy.url.replace(password, f"{password}x"), 1),
        (hosted_copy.url.replace("127.0.0.1:", f"{password}@127.0.0.1:"), 2),
        (hosted_copy.url.replace("postgresql", "mysql"), 2),
    ):
        done = cli("documents", "--home", hosted_copy.home.root, "--database", url)
        assert (done.returncode, done.stderr.count("\n"), done.stdout) == (code, 1, ""), done.stderr
        assert done.stderr.startswith("signpost: ")
        assert password not in done.stderr
