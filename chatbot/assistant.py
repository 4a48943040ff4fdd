"""One turn, as a sentence: recognise -> retrieve -> compose -> record. The reply leaves only after its record."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.answer.compose import Asked, Composed, Library, compose
from chatbot.answer.eligible import Eligible, eligible_for
from chatbot.answer.reply import Ground, Reply
from chatbot.answer.wire import reply_bytes, reply_value
from chatbot.audit.feedback import FeedbackBook
from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Situation, leaf_bytes, new_body, uuid7
from chatbot.audit.log import AuditLog, AuditRecord, Entry, RegistryMoved, turn_time
from chatbot.errors import AuditUnavailable, Misconfigured, UnknownConversation
from chatbot.library import open_library
from chatbot.limits import APPEND_TRIES, CONVERSATION_MINUTES, CONVERSATION_TURNS, HITS, SUGGESTIONS
from chatbot.policy import Policy
from chatbot.question import check_question
from chatbot.routing.intent import intent_of
from chatbot.routing.lexicon import NO_LEXICON, Query, query_of
from corpus.database import Database
from corpus.errors import InvalidInput
from corpus.model import Approval, Audience
from corpus.registry import Registry
from corpus.store import Store
from index.edition import Edition, current_edition
from index.errors import IndexingError
from index.layout import Home
from index.preference import Preference, is_follow_up, named_products, prefer
from index.retrieve import Retrieval, retrieve

logger = logging.getLogger("signpost")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, where, and as whom."""

    subject: str
    portal: str
    kind: str  # hcp, or operator for the command line
    audience: Audience
    consent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange: the reply and its record."""

    conversation: str
    id: str
    edition: str
    reply: Reply
    record: AuditRecord

    def value(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "conversation": self.conversation,
            "turn": self.id,
            "edition": self.edition,
            "reply": reply_value(self.reply),
            "record": {"index": self.record.index, "leaf": f"sha256:{self.record.hash}"},
        }


@dataclass(frozen=True, slots=True)
class Searched:
    """A retrieval, and the edition, registry and approvals it was made over."""

    edition: Edition
    registry: Registry
    approvals: Mapping[str, Approval]  # in force for the reader, by source
    query: Query  # what was searched
    retrieval: Retrieval


class Assistant:
    """Answers turns over the active edition and the registry as they are at each question."""

    def __init__(self, home: Home, database: Database, *, trial: bool) -> None:
        """Opens ``home``; assumed approvals count only in a ``trial``. Raises what opening an edition raises."""
        self.home = home
        self.trial = trial
        self.store = Store(database)
        had_keys = home.keys.exists()
        self.keys = KeyStore(home.keys)
        self.log = AuditLog(database, self.keys)
        self.feedback = FeedbackBook(database)
        if not had_keys and self.log.size():
            home.keys.unlink()  # made just now, and empty: the next start must say the same
            raise Misconfigured(
                f"{home.keys} is gone, and records can't be read without it; restore it from its backup"
            )
        self._lock = threading.Lock()
        self._registry = Registry()
        self._eligible: dict[tuple[str, int, str, str], Eligible] = {}
        self.document = functools.lru_cache(maxsize=64)(self.store.document)  # immutable, so never stale
        self._library = self._open(current_edition(home))
        self._unusable = ""  # an edition that was activated and can't be opened

    def edition(self) -> Edition:
        """The active edition."""
        return self.library().edition

    @property
    def policy(self) -> Policy:
        """The policy that replies are composed with now."""
        return self.library().policy

    def library(self) -> Library:
        """The active edition with its topics and documents; another one is opened when CURRENT has changed."""
        with self._lock:
            active = current_edition(self.home)
            if active not in (self._library.edition.id, self._unusable):
                try:
                    self._library = self._open(active)
                except (IndexingError, Misconfigured, InvalidInput, OSError) as error:
                    # What answered before still answers.
                    logger.error("%s; %s goes on answering", error, self._library.edition.id)
                    self._unusable = active
                else:
                    self._eligible.clear()
            return self._library

    def _open(self, edition_id: str) -> Library:
        return open_library(self.home, edition_id, self.document)

    def may_show(self, approval: Approval) -> bool:
        """Whether approvals like this one count here: one that no review stands behind only in a trial."""
        return self.trial or not approval.assumed

    def registry(self) -> Registry:
        """The registry now: an event of any process counts from the next question on."""
        with self._lock:
            registry = self.store.registry(self._registry)
            if registry.version != self._registry.version:
                self._eligible.clear()
            self._registry = registry
            return registry

    def search(self, text: str, audience: Audience, count: int, instant: datetime) -> Searched:
        """The retrieval alone, with what it was made over."""
        question = check_question(text)
        registry, library = self.registry(), self.library()
        edition = library.edition
        preference = prefer(edition, question, audience.language)
        eligible = self._eligible_for(edition, registry, audience, instant)
        query = _query(library, question, preference, eligible.mask)
        retrieval = retrieve(edition, query.read, count, eligible.mask, preference.scores, query.meanings)
        return Searched(edition, registry, eligible.approvals, query, retrieval)

    def approvals(self, audience: Audience, instant: datetime) -> Mapping[str, Approval]:
        """The approvals in force for this reader, by source."""
        return self._eligible_for(self.edition(), self.registry(), audience, instant).approvals

    def suggest(self, typed: str, audience: Audience, instant: datetime) -> list[str]:
        """Questions that documents of this reader have headings for, as far as ``typed`` says."""
        registry, library = self.registry(), self.library()
        eligible = self._eligible_for(library.edition, registry, audience, instant)
        return library.suggester.suggest(typed, eligible.approvals.keys(), audience.language, SUGGESTIONS)

    def reply(
        self, audience: Audience, text: str, instant: datetime | None = None, context: tuple[str, ...] = ()
    ) -> Reply:
        """The reply alone, without its record: for evaluation. No reader is ever given one.

        ``context`` are the earlier questions of a conversation. Raises ``InvalidQuestion``.
        """
        question = check_question(text)
        inherited = self._inherited_from(context, audience, ())
        library, registry = self.library(), self.registry()
        return self.answer(library, registry, audience, question, instant or datetime.now(UTC), inherited)[0].reply

    def turn(
        self,
        asker: Asker,
        text: str,
        conversation: str | None = None,
        instant: datetime | None = None,
        context: tuple[str, ...] = (),
    ) -> Turn:
        """Answers ``text`` and records the answer.

        ``context`` are earlier questions of a conversation that isn't on record. Raises ``InvalidQuestion``,
        ``UnknownConversation`` or what the record's database raises; then nothing was answered.
        """
        question = check_question(text)
        now = instant or datetime.now(UTC)
        pseudonym = self.keys.pseudonym(asker.portal, asker.subject)
        inherited = self._inherited(asker, pseudonym, conversation, now) if conversation else ()
        inherited = self._inherited_from(context, asker.audience, inherited)
        conversation = conversation or uuid7()
        for _ in range(APPEND_TRIES):
            # In this order: a publish activates its edition first, so events never name what the edition lacks.
            registry, library = self.registry(), self.library()
            composed, asked = self.answer(library, registry, asker.audience, question, now, inherited)
            situation = self._situation(asker, pseudonym, conversation, now, library, registry)
            body = new_body(question, reply_bytes(composed.reply))
            turn_id = uuid7()
            leaf = leaf_bytes(situation, asked, composed, body, turn_id)
            try:
                record = self.log.append(Entry(leaf, body, pseudonym, conversation, registry.version))
            except RegistryMoved:
                continue
            return Turn(conversation, turn_id, library.edition.id, composed.reply, record)
        raise AuditUnavailable("the registry changes faster than a reply can be recorded; ask again in a moment")

    def _situation(
        self,
        asker: Asker,
        pseudonym: str,
        conversation: str,
        now: datetime,
        library: Library,
        registry: Registry,
    ) -> Situation:
        return Situation(
            portal=asker.portal,
            pseudonym=pseudonym,
            actor=asker.kind,
            audience=asker.audience,
            consent=asker.consent,
            conversation=conversation,
            instant=now,
            edition=library.edition.id,
            policy=library.policy.sha256,
            registry_version=registry.version,
            config=library.config,
        )

    def answer(
        self,
        library: Library,
        registry: Registry,
        audience: Audience,
        question: str,
        instant: datetime,
        inherited: tuple[str, ...],
    ) -> tuple[Composed, Asked]:
        """What decides a reply is in these arguments and nothing else: the same ones give the same bytes."""
        edition = library.edition
        inherited = inherited if inherited and is_follow_up(edition, question) else ()
        preference = prefer(edition, question, audience.language, inherited)
        intent = intent_of(question, library.policy.intents, library.policy.fallback_intent)
        eligible = self._eligible_for(edition, registry, audience, instant)
        query = _query(library, question, preference, eligible.mask)
        asked = Asked(query, intent, preference, inherited)
        # A follow-up is searched with the product it is about, as if it had been named.
        searched = query.read if named_products(edition, question) else " ".join([*inherited, query.read])
        # Only what may be quoted is ranked: a question about one product isn't answered from another one's documents.
        own = eligible.about(edition, preference.products)
        retrieval = retrieve(edition, searched, HITS, own, preference.scores, query.meanings)
        ground = Ground(registry, audience, instant, eligible.approvals)
        return compose(asked, retrieval, library, ground, eligible), asked

    def _eligible_for(self, edition: Edition, registry: Registry, audience: Audience, instant: datetime) -> Eligible:
        key = (edition.id, registry.version, audience.country, audience.role)
        known = self._eligible.get(key)
        if known is None or not known.holds(instant):
            known = eligible_for(edition, registry, audience, instant, self.may_show)
            self._eligible[key] = known
        return known

    def _inherited_from(
        self, context: tuple[str, ...], audience: Audience, inherited: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The products that earlier questions leave to the next one, on top of those left already."""
        edition = self.edition()
        for earlier in map(check_question, context):
            kept = inherited if inherited and is_follow_up(edition, earlier) else ()
            inherited = prefer(edition, earlier, audience.language, kept).products
        return inherited

    def _inherited(self, asker: Asker, pseudonym: str, conversation: str, now: datetime) -> tuple[str, ...]:
        """The products of the last turn; raises ``UnknownConversation`` when it isn't this reader's or has ended."""
        turns = self.log.turns(conversation)
        if not turns or turns[-1]["actor"]["pseudonym"] != pseudonym or turns[-1]["portal"] != asker.portal:
            raise UnknownConversation("no such conversation of yours; leave 'conversation' out to start one")
        ended = now - turn_time(turns[-1]) > timedelta(minutes=CONVERSATION_MINUTES)
        if ended or len(turns) >= CONVERSATION_TURNS:
            raise UnknownConversation("this conversation has ended; leave 'conversation' out to start a new one")
        return tuple(turns[-1]["decision"]["entities"]["products"])


def _query(library: Library, question: str, preference: Preference, mask: NDArray[np.bool_]) -> Query:
    lexicon = library.policy.lexicon.get(preference.language, NO_LEXICON)
    return library.speller.read(query_of(question, lexicon), preference.language, mask)
