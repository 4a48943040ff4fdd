"""A logged turn, answered again from what its record says: the same state must give the same bytes.

Twice: in the state of its record (edition, policy, registry, conversation and instant as they were), where another
reply is a fault; and in today's, where it says what became of an answer since. The log is only read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Literal

from chatbot.answer.compose import Library
from chatbot.answer.wire import reply_bytes
from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Body, commit, machine
from chatbot.audit.log import AuditLog
from chatbot.audit.policies import PolicyBook
from chatbot.conversation import turn_time
from chatbot.errors import Erased, Misconfigured
from chatbot.library import given_of, open_library, policy_with
from chatbot.logged import Logged, Setting, logged_of
from chatbot.policy import Given, Policy
from corpus.database import Database
from corpus.errors import InvalidInput, NotFound
from corpus.registry import Registry, fold
from corpus.store import Store
from index.errors import IndexingError
from index.layout import Home
from index.manifest import current_edition

Gap = Literal["", "erased", "text", "edition", "policy", "record"]  # what a state can't be rebuilt without
_OPENED = 2  # editions with their policy that are kept open: records that follow each other mostly share one
_WORDS = ("reply.choices", "reply.handovers")  # where a reply repeats what was typed
_PARTS = {"products": "product table", "imported": "imported terms", "portal": "portal.toml"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a record's question gives in one state."""

    difference: str = ""  # the first one, for a person; empty when the bytes are the same, or nothing was compared
    moved: tuple[str, ...] = ()  # what is another one than the record's
    gap: Gap = ""  # why nothing could be compared
    why: str = ""  # that, for a person

    @property
    def result(self) -> Literal["identical", "differs", "not rebuilt"]:
        """In a word."""
        return "not rebuilt" if self.gap else "differs" if self.difference else "identical"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one record."""

    index: int
    kind: str
    portal: str
    question: str  # empty when it is lost
    own: Outcome  # in the state of its record
    today: Outcome


@dataclass(frozen=True, slots=True)
class _Record:
    """What a reply's record says, and its text."""

    index: int
    leaf: Mapping[str, Any]
    body: Body | None = None
    logged: Logged | None = None  # None where it can't be asked again
    gap: Gap = ""
    why: str = ""

    def replayed(self, own: Outcome, today: Outcome) -> Replayed:
        question = self.body.question if self.body else ""
        return Replayed(self.index, self.leaf["type"], str(self.leaf["portal"]), question, own, today)


class _NotRebuilt(Exception):
    """Something of a record's state is gone."""

    def __init__(self, gap: Gap, why: str) -> None:
        super().__init__(why)
        self.gap: Gap = gap


class Replayer:
    """Answers records of a home again. What it opens stays open, so records are best replayed in order."""

    def __init__(self, home: Home, database: Database, *, trial: bool = True) -> None:
        """Opens the log; in a ``trial`` assumed approvals count. Raises ``Misconfigured`` without its keys."""
        if not home.keys.exists():
            raise Misconfigured(f"{home.keys} is gone, and records can't be read without it; restore its backup")
        self.home = home
        self.log = AuditLog(database, KeyStore(home.keys))
        self._store = Store(database)
        self._policies = PolicyBook(database)
        self._counts = lambda approval: trial or not approval.assumed
        self._registry = Registry()
        self._settings: list[Setting] = []
        self._given = lru_cache(maxsize=_OPENED)(self._policies.given)
        self._policy = lru_cache(maxsize=_OPENED)(policy_with)
        self._library = lru_cache(maxsize=_OPENED)(self._opened)
        self._document = lru_cache(maxsize=64)(self._store.document)

    def replay(self, index: int, now: datetime | None = None) -> Replayed:
        """Answers record ``index`` again in both states. Raises what :meth:`in_own_state` raises."""
        record = self._read(index)
        return record.replayed(self._own(record), self._today(record, now or datetime.now(UTC)))

    def in_own_state(self, index: int) -> Replayed:
        """Answers record ``index`` again in the state that it names; ``today`` is left out.

        Raises ``NotFound`` and ``InvalidInput`` for a record that is no reply, ``AuditDamaged`` for one that isn't
        what was written, and what reading a stored document raises.
        """
        record = self._read(index)
        return record.replayed(self._own(record), Outcome())

    def _read(self, index: int) -> _Record:
        leaf: dict[str, Any] = json.loads(self.log.record(index).leaf)
        if "decision" not in leaf:
            raise InvalidInput(f"record {index} is of the type '{leaf['type']}'; only replies are replayed")
        try:
            body = self.log.body(index)
        except NotFound as error:
            return _Record(index, leaf, gap="erased" if isinstance(error, Erased) else "text", why=str(error))
        logged = logged_of(leaf, body)
        if logged is None:
            release = leaf["software"]["version"]
            why = f"version {release} did not record all that decides a reply"
            return _Record(index, leaf, body, gap="record", why=why)
        return _Record(index, leaf, body, logged)

    def _own(self, record: _Record) -> Outcome:
        if record.body is None or record.logged is None:
            return Outcome(gap=record.gap, why=record.why)
        leaf = record.leaf
        try:
            library = self._own_library(leaf, self._own_policy(leaf))
        except _NotRebuilt as error:
            return Outcome(gap=error.gap, why=str(error))
        setting = self._setting(library, self._registry_at(leaf["registry_version"]))
        difference = first_difference(record.body.reply, _bytes(setting, record.logged, turn_time(leaf)))
        return Outcome(difference, _program_moved(leaf) if difference else ())

    def _own_policy(self, leaf: Mapping[str, Any]) -> Policy:
        wanted = leaf["policy_sha256"]
        given = self._given(wanted)
        # What an older release answered with wasn't kept; the home may still have it.
        policy = self._policy(given or given_of(self.home))
        if policy.sha256 == wanted:
            return policy
        said = self._policies.of(wanted)
        if said is None:
            raise _NotRebuilt("policy", f"policy sha256:{wanted} was never noted, and it isn't the one of this home")
        changed = _templates_changed(leaf, policy)
        named = f": {', '.join(changed)}" if changed else ""
        release = f"release {said['release']} ({said['git']})"
        raise _NotRebuilt("policy", f"policy sha256:{wanted} is of {release}; this one has other texts or rules{named}")

    def _own_library(self, leaf: Mapping[str, Any], policy: Policy) -> Library:
        edition = leaf["edition"]["id"]
        try:
            return self._library(edition, policy.sha256, policy.given)
        except (IndexingError, Misconfigured) as error:
            raise _NotRebuilt("edition", f"{edition}: {error}") from error

    def _today(self, record: _Record, now: datetime) -> Outcome:
        if record.body is None or record.logged is None:
            return Outcome(gap=record.gap, why=record.why)
        try:
            policy = self._policy(given_of(self.home))
            library = self._library(current_edition(self.home), policy.sha256, policy.given)
        except (IndexingError, Misconfigured, InvalidInput) as error:
            return Outcome(gap="edition", why=f"nothing can be answered today: {error}")
        setting, logged = self._setting(library, self._store.registry()), record.body.reply
        difference = first_difference(logged, _bytes(setting, record.logged, now))
        if not difference:
            return Outcome()
        moved = self._moved(record.leaf, library, setting.registry)
        # With the clock put back the bytes are the same: it is a date that made the difference, of a document or a cue.
        if _bytes(setting, record.logged, turn_time(record.leaf)) == logged:
            moved = (*(name for name in moved if name == "registry"), "time")
        return Outcome(difference, moved)

    def _moved(self, leaf: Mapping[str, Any], library: Library, registry: Registry) -> tuple[str, ...]:
        """What is another one in today's state than in the record's, by name."""
        names = []
        if leaf["edition"]["id"] != library.edition.id:
            names.append("edition")
        if leaf["policy_sha256"] != library.policy.sha256:
            names += self._policy_moved(leaf, library.policy) or ["policy"]
        if leaf["registry_version"] != registry.version:
            names.append("registry")
        return (*names, *_program_moved(leaf))

    def _policy_moved(self, leaf: Mapping[str, Any], policy: Policy) -> list[str]:
        """Which parts of the policy are others; nothing where it isn't known what they were."""
        given = self._given(leaf["policy_sha256"])
        if given is None:
            return []
        names = [name for part, name in _PARTS.items() if getattr(given, part) != getattr(policy.given, part)]
        if self._policy(given).sha256 != leaf["policy_sha256"]:
            names += _templates_changed(leaf, policy) or ["texts or rules of the release"]
        return names

    def _setting(self, library: Library, registry: Registry) -> Setting:
        """The setting of earlier records, where it is the same: what may be shown is worked out once."""
        for known in self._settings:
            if known.library is library and known.registry.version == registry.version:
                return known
        self._settings = [Setting(library, registry, self._counts), *self._settings[: _OPENED - 1]]
        return self._settings[0]

    def _opened(self, edition: str, _policy: str, given: Given) -> Library:
        return open_library(self.home, edition, self._document, self._policy(given))

    def _registry_at(self, number: int) -> Registry:
        """The registry as it was at this version."""
        if self._registry.version > number:
            self._registry = Registry()
        if self._registry.version < number:
            self._registry = fold(self._store.history()[self._registry.version : number], self._registry)
        return self._registry


def _bytes(setting: Setting, logged: Logged, instant: datetime) -> bytes:
    return reply_bytes(setting.reply(logged, instant))


def first_difference(logged: bytes, now: bytes) -> str:
    """Where two canonical replies part, in words; empty when they don't."""
    if logged == now:
        return ""
    return _path(json.loads(logged), json.loads(now), "reply") or "the same value in other bytes"


def without_words(difference: str) -> str:
    """A first difference, but only its place where the values hold what a reader typed."""
    if difference.startswith(_WORDS):
        return f"{difference.partition(':')[0]}: differs, in words that only the log may show"
    return difference


def _path(before: Any, after: Any, where: str) -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(f"{where}.{key}", before.get(key), after.get(key)) for key in sorted({*before, *after})]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(f"{where}[{at}]", *pair) for at, pair in enumerate(zip(before, after, strict=True))]
    else:
        return "" if before == after else f"{where}: {_short(before)} was logged, {_short(after)} comes now"
    return next((found for place, one, other in pairs if (found := _path(one, other, place))), "")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _templates_changed(leaf: Mapping[str, Any], policy: Policy) -> list[str]:
    """The templates of a record's reply that are others in ``policy``."""
    now = {name: hashlib.sha256(source.encode()).hexdigest() for name, source in policy.templates.items()}
    used = ((each["id"], each["sha256"]) for each in leaf["decision"]["templates"])
    return [f"template {name}" for name, digest in used if now.get(name) != digest]


def _program_moved(leaf: Mapping[str, Any]) -> tuple[str, ...]:
    """What no state holds: the release and the machine that a reply was composed by."""
    software = (leaf["software"]["version"], leaf["software"]["git"])
    runtime = (leaf["runtime"]["onnxruntime"], leaf["runtime"]["isa"])
    pairs = {
        "release": (software, (version("signpost"), commit())),
        "machine": (runtime, (version("onnxruntime"), machine())),
    }
    return tuple(name for name, (then, now) in pairs.items() if then != now)
