"""One question, answered: consider -> respond. Pure: what is needed is in the arguments, and the same ones give the
same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from chatbot.answer.compose import Asked, Composed, Library, compose
from chatbot.answer.eligible import Eligible
from chatbot.answer.front import Front, Speaking, front_of
from chatbot.answer.language import language_of_texts
from chatbot.answer.reply import Ground, Reply
from chatbot.conversation import Before
from chatbot.limits import HITS
from chatbot.routing.decision import Decision, decide
from chatbot.routing.entities import medicines_in
from chatbot.routing.hearing import Heard, hear
from chatbot.routing.label.line import OWN
from chatbot.routing.lexicon import NO_LEXICON, Query, query_of
from chatbot.routing.utterances import OTHER
from chatbot.submitted import Submitted
from corpus.model import Audience
from corpus.registry import Registry
from index.preference import Preference, has_word, is_follow_up, named_products, names_acronym, prefer
from index.retrieve import retrieve


@dataclass(frozen=True, slots=True)
class Scene:
    """Who asks, when, and what may be shown to them then."""

    audience: Audience
    registry: Registry
    eligible: Eligible
    instant: datetime  # aware

    @property
    def ground(self) -> Ground:
        """What citations stand on."""
        return Ground(self.registry, self.audience, self.instant, self.eligible.approvals)


@dataclass(frozen=True, slots=True)
class Considered:
    """A question with what is known of it before any document is looked at."""

    submitted: Submitted
    before: Before
    heard: Heard
    decision: Decision
    preference: Preference
    inherited: tuple[str, ...]  # of the products before it, those that it follows up

    @property
    def leaves(self) -> tuple[str, ...]:
        """The products that the next question may follow up.

        Thanks, or a report that names no medicine, don't change the subject; whatever else names no product does.
        """
        decision = self.decision
        aside = decision.act or ((decision.safety or decision.emergency) and OTHER not in self.heard.reading.signs)
        return self.preference.products or (self.before.products if aside else ())


@dataclass(frozen=True, slots=True)
class Responded:
    """A reply with what decided it."""

    composed: Composed
    asked: Asked
    considered: Considered


def consider(library: Library, audience: Audience, submitted: Submitted, before: Before) -> Considered:
    """What a question is about and what it may lead to. A safety case is opened on this, before there is a reply."""
    edition, question = library.edition, submitted.said
    inherited = before.products if before.products and is_follow_up(edition, question) else ()
    preference = prefer(edition, question, audience.language, inherited)
    # A bound can be crossed by a word that no document has ("and for migraine?"), so what is searched inherits less.
    about = preference.products or before.products
    here = not before.first or names_acronym(edition, question) or _names_medicine_of_documents(library, question)
    heard = hear(question, edition.encoder.encode, library.ears, about, here=here)
    decision = decide(heard, library.ears.model, library.policy.rules, library.policy.intents)
    return Considered(submitted, before, heard, decision, preference, inherited)


def _names_medicine_of_documents(library: Library, question: str) -> bool:
    """Whether a medicine that no table calls ours stands in documents here: what they say of it is theirs to answer."""
    named = (typed for kind, typed in medicines_in(question, library.ears.names) if kind != OWN)
    return any(all(has_word(library.edition, word) for word in typed) for typed in named)


def before_next(library: Library, audience: Audience, submitted: Submitted, before: Before) -> Before:
    """What a question leaves to the one after it, if it isn't on record."""
    return Before(consider(library, audience, submitted, before).leaves, first=False)


def respond(library: Library, scene: Scene, considered: Considered) -> Responded:
    """The reply to a considered question."""
    policy, decision, preference = library.policy, considered.decision, considered.preference
    language = language_of_texts(scene.audience.language, preference.language)
    speaking = Speaking(policy, policy.contacts_for(scene.audience.country), language)
    front = front_of(decision, considered.submitted, considered.before.first, considered.heard.brand, speaking)
    said, passes = considered.submitted.said, decision.passes and front.refusal is None
    # What isn't searched isn't read for it either: of a text of any length that takes seconds.
    query = read_query(library, said, preference, scene.eligible.mask) if passes else Query(said, ())
    asked = Asked(query, decision.intent, preference, considered.inherited)
    if passes:
        composed = _with_front(_retrieved(asked, library, scene, considered.heard.vector), front)
    else:
        reply = Reply(decision.intent, front.notices, front.refusal, handovers=front.handovers)
        composed = Composed(reply, (), front.templates, ())
    return Responded(composed, asked, considered)


def read_query(library: Library, question: str, preference: Preference, mask: NDArray[np.bool_]) -> Query:
    """What is searched for a question, over the passages of ``mask``, shape (passages,)."""
    lexicon = library.policy.lexicon.get(preference.language, NO_LEXICON)
    return library.speller.read(query_of(question, lexicon), preference.language, mask)


def _retrieved(asked: Asked, library: Library, scene: Scene, vector: NDArray[np.float32]) -> Composed:
    """The reply from documents; ``vector`` is the question's, and the query's where it is searched as it was typed."""
    edition, query, preference = library.edition, asked.query, asked.preference
    # A follow-up is searched with the product it is about, as if it had been named.
    searched = query.read if named_products(edition, query.question) else " ".join([*asked.inherited, query.read])
    # Only what may be quoted is ranked: a question about one product isn't answered from another one's documents.
    own = scene.eligible.about(edition, preference.products)
    known = vector if searched == query.question and not query.meanings else None
    retrieval = retrieve(edition, searched, HITS, own, preference.scores, query.meanings, known)
    return compose(asked, retrieval, library, scene.ground, scene.eligible)


def _with_front(composed: Composed, front: Front) -> Composed:
    reply = composed.reply
    before = replace(reply, notices=(*front.notices, *reply.notices), handovers=(*front.handovers, *reply.handovers))
    return replace(composed, reply=before, templates=(*front.templates, *composed.templates))
