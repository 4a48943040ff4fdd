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
from chatbot.routing.hearing import ears_of
from corpus.model import Audience
from corpus.products import Product, read_products
from eval.evaluation import REGISTRY_VERSION
from eval.judging.actions import Prediction
from eval.judging.placing import Shelf
from eval.model import Progress, Result
from eval.replies import Ask, Exchange, ask_all, asking, read_replies
from eval.sets import Question, Utterance, digest, read_questions, read_utterances
from eval.suites.eligibility import eligibility
from eval.suites.grounding import grounding
from eval.suites.intents import intents
from eval.suites.labels import labels, searching
from eval.suites.links import links
from eval.suites.replay import replay
from eval.suites.routing import front_router, predict, routing
from eval.suites.speed import speed
from index.compile import compiled_encoder
from index.encoder import Encoder
from index.fit import fitted_linear
from index.linear import open_linear

Watch = Callable[[str], AbstractContextManager[Progress]]  # shows how far a suite is
SPEED_ROUNDS = 3
OURS = Path(__file__).parent / "questions"
SAMPLE_QUESTIONS, SAMPLE_UTTERANCES = OURS / "sample.jsonl", OURS / "routing.jsonl"
SAMPLE_PRODUCTS = Path(__file__).parent.parent / "corpus" / "sample" / "products.toml"  # that the utterances are about
SAMPLE_BASELINE = Path(__file__).parent / "baselines" / "sample.json"


@dataclass(frozen=True)
class Replies:
    """A question set over one home, asked when the first suite needs it. Without slots: the replies are kept."""

    assistant: Assistant
    path: Path  # of the questions
    audience: Audience  # for what the set doesn't say of its readers
    now: datetime  # aware
    at: datetime | None  # aware; the instant that is asked about, where it isn't now
    seed: int
    watch: Watch
    given: Path | None = None  # replies of elsewhere to judge
    seconds: dict[str, float] = field(default_factory=dict)  # by suite, filled as they run

    @property
    def instant(self) -> datetime:
        """That is asked about."""
        return self.at or self.now

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

    @cached_property
    def current(self) -> tuple[Exchange, ...]:
        """The same as of now, for what is asked of the running service: asked again where ``at`` is another instant."""
        if self.at is None:
            return self.exchanges
        with self.watch("asking as of now") as progress:
            return ask_all(self.ask, self.questions, self.audience, self.now, progress)

    def read(self) -> None:
        """Reads the files, so that a wrong one is said before anything runs. Raises ``InvalidInput``."""
        _ = self.questions, self.ask

    @cached_property
    def data(self) -> dict[str, str]:
        """Digests of what was read."""
        given = {f"{self.given.name} (replies)": digest(self.given)} if self.given else {}
        return {self.path.name: digest(self.path), **given}

    def run(self, suite: str) -> Result:
        """One of ``OVER_REPLIES``. Raises ``InvalidInput``."""
        started = time.monotonic()
        with self.watch(suite) as progress:
            result = _SUITES[suite](self, progress)
        self.seconds[suite] = time.monotonic() - started
        return result


def _labels(on: Replies, progress: Progress) -> Result:
    files = {document.file: (*document.names, document.title) for document in on.assistant.edition().documents}
    shelf = Shelf(on.assistant.edition().documents, on.assistant.store, trial=on.assistant.trial)
    return labels(
        on.exchanges,
        on.questions,
        searching(on.assistant),
        files,
        shelf.fault,
        dataset=on.path.name,
        data=on.data,
        seed=on.seed,
    )


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
        on.current,  # the service opens what may be seen now
        on.questions,
        on.assistant,
        dataset=on.path.name,
        data=on.data,
        progress=progress,
    )


def _replay(on: Replies, progress: Progress) -> Result:
    return replay(
        on.questions,
        on.assistant,
        on.audience,
        on.now,  # whatever is asked about: its turns go on record
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


@dataclass(frozen=True, slots=True)
class RoutingSet:
    """An utterance set and the portal's product table, read."""

    name: str
    utterances: tuple[Utterance, ...]
    table: bytes  # empty without one
    products: tuple[Product, ...]  # of the table
    data: Mapping[str, str]  # digests of what was read, by name


@dataclass(frozen=True, slots=True)
class Routed:
    """What the routing set gave: the suites' results, and each prediction."""

    results: tuple[Result, ...]
    predictions: tuple[Prediction, ...]


def read_routing(path: Path, products: Path | None) -> RoutingSet:
    """The set, with ``products`` as the portal's table. Raises ``InvalidInput``."""
    utterances, data, table = read_utterances(path), {path.name: digest(path)}, b""
    known: tuple[Product, ...] = ()
    if products is not None:
        known, table = read_products(products), products.read_bytes()
        data[f"{products.name} (products)"] = digest(products)
    return RoutingSet(path.name, utterances, table, known, data)


def run_routing(on: RoutingSet, encoders: Path, workers: int, seed: int) -> Routed:
    """Routing and intents over an utterance set, with the model that this release's utterances give.

    The compiled encoder and the model are kept below ``encoders``. Raises ``EncoderUnavailable``.
    """
    policy, files = load_policy(on.table), compiled_encoder(encoders)
    model = open_linear(fitted_linear(encoders, files, policy.read_examples(), workers))
    ears = ears_of(on.products, policy.medicines, policy.signs, model)
    predictions = predict(on.utterances, front_router(policy, ears, Encoder(files).encode))
    results = tuple(
        suite(on.utterances, predictions, dataset=on.name, data=on.data, seed=seed) for suite in (routing, intents)
    )
    return Routed(results, predictions)


def provenance(results: Iterable[Result], seed: int, over: Replies | None = None) -> dict[str, str]:
    """Where figures come from, in the order shown; nothing of the clock. ``over`` is what was asked of a home."""
    found = {"Code": f"signpost {version('signpost')}, {commit()}"}
    if over is not None:
        found["Edition"] = over.assistant.edition().id
        found[REGISTRY_VERSION] = str(over.assistant.registry().version)
        found["Policy"] = f"sha256:{over.assistant.policy.sha256}"
        reader = over.audience
        told = (reader.country, reader.role, reader.specialty, reader.language)
        found["Reader"] = f"{', '.join(part for part in told if part)}, where the set says nothing else"
        if over.at is not None:
            found["As of"] = over.at.isoformat()
    return {**found, **_data(results), "Seed": str(seed), "Machine": machine(), "Python": platform.python_version()}


def _data(results: Iterable[Result]) -> dict[str, str]:
    """Digests by set and name. Where two suites read other bytes under one name, the suites are named as well."""
    found: dict[str, dict[str, list[str]]] = {}
    for result in results:
        for name, value in result.data.items():
            key = name if name == result.dataset else f"{result.dataset}/{name}"
            found.setdefault(key, {}).setdefault(value, []).append(result.suite)
    return {
        f"Data: {key}" + (f" of {', '.join(suites)}" if len(by_value) > 1 else ""): value
        for key, by_value in sorted(found.items())
        for value, suites in by_value.items()
    }
