"""All suites over one home: the questions are asked once, and every suite judges the same replies."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from chatbot.assistant import Assistant
from chatbot.audit.leaf import commit, machine
from chatbot.policy import load_policy
from corpus.model import Audience
from corpus.products import read_products
from eval.evaluation import REGISTRY_VERSION
from eval.judging.actions import Prediction
from eval.model import Progress, Result
from eval.replies import Ask, Exchange, ask_all, asking, read_replies
from eval.sets import Question, digest, read_questions, read_utterances
from eval.suites.eligibility import eligibility
from eval.suites.grounding import grounding
from eval.suites.intents import intents
from eval.suites.labels import labels, searching
from eval.suites.links import links
from eval.suites.replay import replay
from eval.suites.routing import predict, retrieval_router, routing
from eval.suites.speed import speed

Watch = Callable[[str], AbstractContextManager[Progress]]  # shows how far a suite is
SPEED_ROUNDS = 3
OURS = Path(__file__).parent / "questions"
SAMPLE_QUESTIONS, SAMPLE_UTTERANCES = OURS / "sample.jsonl", OURS / "routing.jsonl"
SAMPLE_BASELINE = Path(__file__).parent / "baselines" / "sample.json"


@dataclass(frozen=True)
class Replies:
    """A question set over one home, asked when the first suite needs it. Without slots: the replies are kept."""

    assistant: Assistant
    path: Path  # of the questions
    audience: Audience  # for what the set doesn't say of its readers
    instant: datetime  # aware
    seed: int
    watch: Watch
    given: Path | None = None  # replies of elsewhere to judge
    seconds: dict[str, float] = field(default_factory=dict)  # by suite, filled as they run

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The set."""
        return read_questions(self.path)

    @cached_property
    def ask(self) -> Ask:
        """Where replies come from."""
        if self.given is None:
            return asking(self.assistant)
        return read_replies(self.given, self.questions)

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every question with its reply."""
        with self.watch("asking") as progress:
            return ask_all(self.ask, self.questions, self.audience, self.instant, progress)

    @property
    def data(self) -> dict[str, str]:
        """Digests of what was read."""
        files = [self.path, *([self.given] if self.given else [])]
        return {file.name: digest(file) for file in files}

    def run(self, suite: str) -> Result:
        """One of ``OVER_REPLIES``. Raises ``InvalidInput``."""
        started = time.monotonic()
        with self.watch(suite) as progress:
            result = _SUITES[suite](self, progress)
        self.seconds[suite] = time.monotonic() - started
        return result


def _labels(on: Replies, progress: Progress) -> Result:
    files = {document.file: (*document.names, document.title) for document in on.assistant.edition().documents}
    search = searching(on.assistant)
    return labels(on.exchanges, on.questions, search, files, dataset=on.path.name, data=on.data, seed=on.seed)


def _grounding(on: Replies, progress: Progress) -> Result:
    return grounding(
        on.exchanges,
        on.questions,
        on.assistant.store,
        on.assistant.home,
        dataset=on.path.name,
        data=on.data,
        progress=progress,
    )


def _eligibility(on: Replies, progress: Progress) -> Result:
    return eligibility(
        on.exchanges,
        on.questions,
        on.ask,
        on.assistant.store,
        on.audience,
        trial=on.assistant.trial,
        dataset=on.path.name,
        data=on.data,
        seed=on.seed,
        progress=progress,
        **({"draws": 0} if on.given else {}),  # replies of elsewhere can't be asked for again
    )


def _links(on: Replies, progress: Progress) -> Result:
    return links(
        on.exchanges,
        on.questions,
        on.assistant,
        on.instant,
        dataset=on.path.name,
        data=on.data,
        progress=progress,
    )


def _replay(on: Replies, progress: Progress) -> Result:
    return replay(
        on.questions,
        on.assistant,
        on.audience,
        dataset=on.path.name,
        data=on.data,
        seed=on.seed,
        progress=progress,
    )


def _speed(on: Replies, progress: Progress) -> Result:
    return speed(
        on.assistant,
        on.questions,
        on.audience,
        on.instant,
        SPEED_ROUNDS,
        dataset=on.path.name,
        data=on.data,
        progress=progress,
    )


_SUITES: Mapping[str, Callable[[Replies, Progress], Result]] = {
    "labels": _labels,
    "grounding": _grounding,
    "eligibility": _eligibility,
    "links": _links,
    "replay": _replay,
    "speed": _speed,
}
OVER_REPLIES = tuple(_SUITES)
GIVEN_SUITES = ("grounding", "eligibility", "links")  # that can judge replies of elsewhere


@dataclass(frozen=True, slots=True)
class Routed:
    """What the routing set gave: the suites' results, and each prediction."""

    results: tuple[Result, ...]
    predictions: tuple[Prediction, ...]


def run_routing(path: Path, products: Path | None, seed: int) -> Routed:
    """Routing and intents over an utterance set, with ``products`` as the portal's table. Raises ``InvalidInput``."""
    utterances = read_utterances(path)
    data = {path.name: digest(path)}
    table = b""
    if products is not None:
        read_products(products)  # a wrong table is said with its line
        table = products.read_bytes()
        data[products.name] = digest(products)
    predictions = predict(utterances, retrieval_router(load_policy(table)))
    results = tuple(
        suite(utterances, predictions, dataset=path.name, data=data, seed=seed) for suite in (routing, intents)
    )
    return Routed(results, predictions)


def provenance(assistant: Assistant | None, results: Iterable[Result], seed: int) -> dict[str, str]:
    """Where figures come from, in the order shown; nothing of the clock."""
    found = {"Code": f"signpost {version('signpost')}, {commit()}"}
    if assistant is not None:
        found["Edition"] = assistant.edition().id
        found[REGISTRY_VERSION] = str(assistant.registry().version)
        found["Policy"] = f"sha256:{assistant.policy.sha256}"
    data = {name: value for result in results for name, value in result.data.items()}
    found |= {f"Data: {name}": value for name, value in sorted(data.items())}
    return {**found, "Seed": str(seed), "Machine": machine(), "Python": platform.python_version()}
