"""One turn, as a sentence: mask -> consider -> open a case -> respond -> record. No reply leaves before its record."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from chatbot.answer.compose import Library
from chatbot.answer.eligible import Eligibility
from chatbot.answer.questions import in_edition, suggestions
from chatbot.answer.reply import Ground, Reply
from chatbot.answer.wire import reply_bytes
from chatbot.audit.erasure import KeysMoved
from chatbot.audit.feedback import FeedbackBook
from chatbot.audit.idempotency import Claim, IdempotencyKeys, Keyed
from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Situation, new_body, reply_leaf
from chatbot.audit.log import AuditLog, Entry, RegistryMoved
from chatbot.audit.policies import PolicyBook
from chatbot.conversation import Before, before_turn
from chatbot.errors import AuditUnavailable, InvalidQuestion, Misconfigured, UnknownConversation
from chatbot.library import open_library
from chatbot.limits import APPEND_TRIES
from chatbot.policy import Policy
from chatbot.question import check_question
from chatbot.respond import Considered, Responded, Scene, before_next, consider, read_query, respond
from chatbot.routing.lexicon import Query
from chatbot.safety.book import open_cases_of
from chatbot.screening import Place, detected
from chatbot.signatures import SignatureBook
from chatbot.submitted import submit
from chatbot.turns import Asker, Turn
from corpus.database import Database
from corpus.errors import InvalidInput
from corpus.model import Approval, Audience
from corpus.registry import Registry
from corpus.store import Store
from index.edition import Edition
from index.errors import IndexingError
from index.layout import Home
from index.manifest import current_edition
from index.preference import prefer
from index.retrieve import Retrieval, retrieve

logger = logging.getLogger("signpost")


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
        """Opens ``home``. In a ``trial`` assumed approvals count, and a policy needs no signature.

        Raises what opening an edition raises, and ``Unsigned``.
        """
        self.home = home
        self.trial = trial
        self.store = Store(database)
        had_keys = home.keys.exists()
        self.keys = KeyStore(home.keys)
        self.log = AuditLog(database, self.keys)
        self.idempotency = IdempotencyKeys(database, self.keys)
        self.policies = PolicyBook(database)
        self.feedback = FeedbackBook(database)
        self.cases = open_cases_of(home, database)
        self.signatures = SignatureBook(database)
        if not had_keys and self.log.has_replies():
            home.keys.unlink()  # made just now, and empty: the next start must say the same
            raise Misconfigured(
                f"{home.keys} is gone, and records can't be read without it; restore it from its backup"
            )
        self._lock = threading.Lock()
        self._registry = Registry()
        self._eligibility = Eligibility(self.may_show)
        self.document = functools.lru_cache(maxsize=64)(self.store.document)  # immutable, so never stale
        self._noted = ""  # the digest of the policy that was last put on record here
        self._asked: frozenset[str] = frozenset()  # roles that every policy of this process must be signed in
        self._library = self._open(current_edition(home))
        # An edition that was activated and can't be opened, and how many signatures there were then.
        self._unusable: tuple[str, int] | None = None

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
            if active == self._library.edition.id:
                return self._library
            tried = (active, self.signatures.count())  # one that lacked a signature may have it by now
            if tried != self._unusable:
                try:
                    self._library = self._open(active)
                except (IndexingError, Misconfigured, InvalidInput, OSError) as error:
                    # What answered before still answers.
                    logger.error("%s; %s goes on answering", error, self._library.edition.id)
                    self._unusable = tried
            return self._library

    def _open(self, edition_id: str) -> Library:
        library = open_library(self.home, edition_id, self.document)
        if not self.trial:
            # What was asked for once is asked for until the process ends, whatever portal.toml says by then.
            asked = self._asked.union(library.policy.portal.signatures)
            self.signatures.demand(library.policy, asked)
            self._asked = asked
        return library

    def may_show(self, approval: Approval) -> bool:
        """Whether approvals like this one count here: one that no review stands behind only in a trial."""
        return self.trial or not approval.assumed

    def registry(self) -> Registry:
        """The registry now: an event of any process counts from the next question on."""
        with self._lock:
            self._registry = self.store.registry(self._registry)
            return self._registry

    def search(self, text: str, audience: Audience, count: int, instant: datetime) -> Searched:
        """The retrieval alone, with what it was made over."""
        question = check_question(text)
        registry, library = self.registry(), self.library()
        edition = library.edition
        preference = prefer(edition, question, audience.language)
        eligible = self._eligibility.of(edition, registry, audience, instant)
        query = read_query(library, question, preference, eligible.mask)
        retrieval = retrieve(edition, query.read, count, eligible.mask, preference.scores, query.meanings)
        return Searched(edition, registry, eligible.approvals, query, retrieval)

    def approvals(self, audience: Audience, instant: datetime) -> Mapping[str, Approval]:
        """The approvals in force for this reader, by source."""
        return self._eligibility.of(self.edition(), self.registry(), audience, instant).approvals

    def suggest(self, typed: str, audience: Audience, instant: datetime) -> list[str]:
        """Questions that documents of this reader have headings for, as far as ``typed`` says."""
        registry, library = self.registry(), self.library()
        eligible = self._eligibility.of(library.edition, registry, audience, instant)
        own = in_edition(eligible.approvals, library.edition.documents)
        return suggestions(typed, library.bank, library.suggester, own, audience.language)

    def ground(self, audience: Audience, instant: datetime) -> tuple[Library, Ground]:
        """What replies to this reader are composed from at ``instant``, and where they stand."""
        registry, library = self.registry(), self.library()  # in this order: see turn
        eligible = self._eligibility.of(library.edition, registry, audience, instant)
        return library, Ground(registry, audience, instant, eligible.approvals)

    def reply(
        self, audience: Audience, text: str, instant: datetime | None = None, context: tuple[str, ...] = ()
    ) -> Reply:
        """The reply alone, without its record or a case: for evaluation. No reader is ever given one.

        ``context`` are the earlier questions of a conversation. Raises ``InvalidQuestion``.
        """
        library, registry = self.library(), self.registry()
        submitted = submit(text, library.ears.is_medicine)
        before = self._before_from(context, library, audience, Before())
        considered = consider(library, audience, submitted, before)
        return self.answer(library, registry, audience, considered, instant or datetime.now(UTC)).composed.reply

    def turn(
        self,
        asker: Asker,
        text: str,
        conversation: str | None = None,
        instant: datetime | None = None,
        context: tuple[str, ...] = (),
        keyed: Keyed | None = None,
    ) -> Turn:
        """Answers ``text`` and records the answer; an adverse event or an emergency in it opens a case first.

        ``context`` are earlier questions of a conversation that isn't on record; ``keyed`` is the question's
        Idempotency-Key. Raises ``InvalidQuestion``, ``UnknownConversation``, ``KeyReused``, ``AnsweredMeanwhile`` or
        what the database raises; then nothing was answered, and a case is kept all the same if it was opened.
        """
        now = instant or datetime.now(UTC)
        erasures, pseudonym = self._pseudonym(asker)
        library = self.library()
        submitted = submit(text, library.ears.is_medicine)
        known = self._before(asker, pseudonym, conversation, now)
        before = self._before_from(context, library, asker.audience, known)
        claim = self.idempotency.begin(keyed, conversation)
        for _ in range(APPEND_TRIES):
            # In this order: a publish activates its edition first, so events never name what the edition lacks.
            registry, library = self.registry(), self.library()
            considered = consider(library, asker.audience, submitted, before)
            place = Place(claim.conversation, claim.turn, asker.portal, asker.audience.country, pseudonym, "turn", now)
            claim = self._with_case(claim, considered, text, place)
            responded = self.answer(library, registry, asker.audience, considered, now)
            situation = self._situation(asker, place, claim, library, registry)
            body = new_body(submitted, reply_bytes(responded.composed.reply))
            try:
                sealed = self.log.seal(pseudonym, claim.turn, body)
                leaf = reply_leaf(situation, responded, body, text, sealed.sha256, claim.turn)
                self._note_policy(library)
                settling = self.idempotency.settling(claim)
                record = self.log.append(Entry(leaf, sealed, pseudonym, registry.version, erasures, settling))
            except RegistryMoved:
                continue
            except KeysMoved:
                erasures, pseudonym = self._settled(asker, pseudonym, conversation, claim)
                continue
            reply = responded.composed.reply
            return Turn(claim.conversation, claim.turn, library.edition.id, reply, record, submitted.redactions)
        raise AuditUnavailable("the registry changes faster than a reply can be recorded; ask again in a moment")

    def _note_policy(self, library: Library) -> None:
        """The policy of a reply is on record before the reply is."""
        if library.policy.sha256 != self._noted:
            self.policies.note(library.policy, library.config)
            self._noted = library.policy.sha256

    def _pseudonym(self, asker: Asker) -> tuple[int, str]:
        """The newest erasure that is known, and then the asker's pseudonym: one that is older is refused."""
        return self.log.erasures.newest, self.keys.pseudonym(asker.portal, asker.subject)

    def _settled(self, asker: Asker, pseudonym: str, conversation: str | None, claim: Claim) -> tuple[int, str]:
        """Likewise, once somebody was erased; raises ``UnknownConversation`` when it was the asker, amid one."""
        self.log.erasures.settle()
        erasures, now = self._pseudonym(asker)
        if now != pseudonym and conversation is not None:
            raise UnknownConversation("its reader was erased; leave 'conversation' out to start one")
        if now != pseudonym and (claim.cases or claim.keyed):  # begun under the old name, which leads to no new one
            raise AuditUnavailable("its reader was erased meanwhile; ask again")
        return erasures, now

    def screen(self, text: str, audience: Audience, place: Place) -> bool:
        """Opens a case for what a text tells that gets no answer here; whether there was one."""
        library = self.library()
        try:
            submitted = submit(text, library.ears.is_medicine)
        except InvalidQuestion:  # nothing in it to read
            return False
        finding = detected(consider(library, audience, submitted, Before()), text, place)
        return finding is not None and bool(self.cases.open(finding).id)

    def _with_case(self, claim: Claim, considered: Considered, typed: str, place: Place) -> Claim:
        """The claim with the case that was opened or added to, durable by now; as it is when there is none."""
        finding = None if claim.cases else detected(considered, typed, place)
        if finding is None:
            return claim
        case = self.cases.open(finding, self.idempotency.opening(claim))
        # Another request with this key may have opened it: then the turn is the one that the case names.
        known = self.idempotency.begin(claim.keyed, claim.conversation) if claim.keyed else claim
        return replace(known, cases=(case.id,))

    def _situation(self, asker: Asker, place: Place, claim: Claim, library: Library, registry: Registry) -> Situation:
        return Situation(
            origin=self.log.origin,
            portal=asker.portal,
            pseudonym=place.subject,
            actor=asker.kind,
            audience=asker.audience,
            consent=asker.consent,
            conversation=claim.conversation,
            instant=place.at,
            edition=library.edition.id,
            policy=library.policy.sha256,
            registry_version=registry.version,
            config=library.config,
            cases=claim.cases,
            key=claim.keyed.typed if claim.keyed else None,
        )

    def answer(
        self, library: Library, registry: Registry, audience: Audience, considered: Considered, instant: datetime
    ) -> Responded:
        """What decides a reply is in these arguments and nothing else: the same ones give the same bytes."""
        eligible = self._eligibility.of(library.edition, registry, audience, instant)
        return respond(library, Scene(audience, registry, eligible, instant), considered)

    def _before_from(self, context: tuple[str, ...], library: Library, audience: Audience, before: Before) -> Before:
        """What earlier questions leave to the next one, on top of what was left already."""
        for earlier in context:
            before = before_next(library, audience, submit(earlier, library.ears.is_medicine), before)
        return before

    def _before(self, asker: Asker, pseudonym: str, conversation: str | None, now: datetime) -> Before:
        """What the last turn left; raises ``UnknownConversation``."""
        if conversation is None:
            return Before()
        turns = self.log.turns(conversation) if "\0" not in conversation else ()  # PostgreSQL holds no such name
        return before_turn(turns, asker.portal, pseudonym, now)
