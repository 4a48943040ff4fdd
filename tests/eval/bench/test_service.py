"""The real service over a tiny corpus, in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.database import open_database
from corpus.errors import InvalidInput
from corpus.model import Span
from corpus.store import Store
from eval.bench.corpus import Row
from eval.bench.engines import NothingFound
from eval.bench.run import BenchOptions, run_service
from eval.bench.served import ServiceResult, service_markdown, service_value
from eval.bench.service import measure_service, turns
from eval.bench.stock import READER, Stocked, stocked_home
from index.compile import compiled_encoder
from index.edition import open_edition
from index.layout import Home
from index.manifest import current_edition
from tests.builders import NOON
from tests.conftest import Cli
from tests.eval.short import rows, write_rows

SIZE = 12


def silent(_done: int, _total: int) -> None:
    """Tells nobody."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("corpus") / "labels.jsonl", rows())


@pytest.fixture(scope="module")
def home(new_home: Callable[[], Home]) -> Home:
    return new_home()


@pytest.fixture(scope="module")
def stocked(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Stocked:
    given = [Row(str(at), f"Title {at}", f"First of {at}. Second of {at}.", f"What is {at}?", "en") for at in range(20)]
    folder = tmp_path_factory.mktemp("stocked")
    return stocked_home(given, SIZE, home, folder / "home", compiled_encoder(home.encoders), 1, silent)


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int]]:
    """What a run said of its progress."""
    return []


@pytest.fixture(scope="module")
def result(file: Path, home: Home, told: list[tuple[int, int]]) -> ServiceResult:
    options = BenchOptions(home, file, sizes=(30,), rounds=2, count=4, processes=(1, 2))
    return run_service(options, lambda done, total: told.append((done, total)))


def test_every_passage_of_a_stocked_home_may_be_cited(stocked: Stocked) -> None:
    edition = open_edition(stocked.home.edition(current_edition(stocked.home)))
    database = open_database(stocked.home.database)
    store = Store(database)
    citable = store.registry().citable(READER, NOON)
    assert (len(edition.passages), len(citable), stocked.passages, stocked.documents) == (SIZE,) * 4
    assert edition.mask(set(citable)).all()
    for number, passage in enumerate(edition.passages):
        document = store.document(passage.document)
        assert Span(passage.start, passage.end).of(document.text) == passage.text
        assert edition.document_of(number).names == (document.title,)
    assert len(stocked.questions) == SIZE
    database.close()


def test_a_home_is_never_stocked_with_more_than_there_is(home: Home, tmp_path: Path) -> None:
    row = Row("1", "Title", "A text.", "", "en")
    with pytest.raises(InvalidInput, match="2 passages: the corpus has 1"):
        stocked_home([row], 2, home, tmp_path / "home", compiled_encoder(home.encoders), 1, silent)


def test_start_memory_and_turns_are_measured(result: ServiceResult, told: list[tuple[int, int]]) -> None:
    assert [(served.passages, served.processes) for served in result.served] == [(30, 1), (30, 2)]
    assert (result.questions, result.rounds) == (4, 2)
    for served in result.served:
        memory = [metric for metric in (served.resident, served.together, served.processor) if metric]
        for metric in [served.ready, served.p50, served.p99, served.rate, *memory]:
            assert 0 < metric.low <= metric.value <= metric.high
            assert metric.n == 2
        assert served.p50.value <= served.p99.value
        assert sum(served.kinds.values()) == 8
    total = turns(4, 2, (1, 2))
    assert (told[-1], len(told)) == ((total, total), total)


def test_a_result_is_told_without_a_word_of_the_corpus(result: ServiceResult, file: Path) -> None:
    markdown, value = service_markdown(result), service_value(result)
    told = [line.split(" | ")[:3:2] for line in markdown.splitlines() if "| 30 |" in line]
    assert told == [["| 30", "1"], ["| 30", "2"]]
    assert json.loads(json.dumps(value))["questions"] == 4
    for line in file.read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["text"][:40] not in markdown + json.dumps(value)


def test_a_system_that_does_not_say_what_a_process_holds_is_no_zero(result: ServiceResult) -> None:
    unknown = replace(
        result, served=tuple(replace(served, resident=None, together=None, processor=None) for served in result.served)
    )
    assert service_markdown(unknown).count("not known") == 3 * len(result.served)


def test_a_service_that_does_not_start_is_no_result(stocked: Stocked, tmp_path: Path) -> None:
    nowhere = replace(stocked, home=Home(tmp_path / "nowhere"))
    with pytest.raises(NothingFound, match=r"did not start: .*no Signpost home"):
        measure_service(nowhere, ["What is 1?"], 1, (1,), tmp_path, lambda: None)


@pytest.mark.parametrize(
    "changes",
    [
        {"corpus": None},
        {"engines": ("bare",)},
        {"sizes": (5,)},
        {"sizes": (30, 30)},
        {"rounds": 0},
        {"processes": (2, 2)},
        {"processes": ()},
    ],
)
def test_what_can_not_be_measured_is_refused(changes: dict[str, object], home: Home, file: Path) -> None:
    with pytest.raises(InvalidInput):
        run_service(replace(BenchOptions(home, file), **changes))  # type: ignore[arg-type]


def test_the_command_writes_what_it_prints(cli: Cli, file: Path, home: Home, tmp_path: Path) -> None:
    options = ("--service", "--corpus", file, "--sizes", 30, "--rounds", 1, "--count", 2, "--out", tmp_path)
    done = cli("bench", *options, "--home", home.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == (tmp_path / "service.md").read_text(encoding="utf-8").strip()
    assert json.loads((tmp_path / "service.json").read_text(encoding="utf-8"))["served"][0]["passages"] == 30
