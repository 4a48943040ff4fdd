"""Whether what was found answers the question. Fused scores can't say (they are relative to the best hit), so the
raw cosine, the question's own words and what it names decide; docs/decisions/0010-support.md has what was measured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chatbot.answer.evidence import Evidence, Known
from chatbot.answer.facets import MEDICINE, Facet
from chatbot.answer.ordinary import LANGUAGE
from chatbot.routing.lexicon import Query
from index.analysis import words
from index.retrieve import Hit

MIN_COSINE = 0.30  # below this the best passage is about something else, unless it has the question's own words
SURE_COSINE = 0.40  # from here on no word need be shared: lay wording
MIN_COVERAGE = 0.50  # of the question's content words, weighted by rarity, in the sentence or its headings
OFFER_MARGIN = 0.25  # in fused score: a product this near is offered too, once one has to be chosen
QUOTE_MARGIN = 0.2  # in fused score: a product whose sentence would be quoted fits as well, from a passage this near
CLARIFY_MARGIN = 0.08  # in fused score: a product whose best passage is nearer than this to the best one fits as well
SUBJECT_SHARE = 0.15  # of a document's passages that name a medicine: below it, the document is about another one
ABSENT_NAMES = frozenset({"support.absent_medicine", "support.absent_name"})  # rules that a misspelt name falls under
_DOSE = re.compile(r"(?<!\w)(?:dose|doses|dosing|dosage|posology|dosis|dosierung|dosering|posología)(?!\w)")


def supported(cosine: float, coverage: float, named: bool) -> bool:
    """Whether a sentence supports an answer.

    ``cosine`` is its passage's, ``coverage`` the share of the question in it. A question that names none of our
    products may be about someone else's, so likeness alone has to be strong; one that does needs less.
    """
    if cosine >= SURE_COSINE or coverage >= MIN_COVERAGE:
        return True
    return named and cosine >= MIN_COSINE and coverage > 0


def refused(query: Query, language: str, facets: Sequence[Facet], evidence: Evidence, known: Known) -> str:
    """The rule by which nothing can answer, whatever is found; empty when something may.

    ``facets`` are those of the question that are no product of ours.
    """
    absent = next((facet for facet in facets if not evidence.speaking(facet).any()), None)
    if absent is not None:
        return f"support.absent_{absent.kind}"
    if evidence.lacks_study(query.question):
        return "support.absent_study"
    if language == LANGUAGE and evidence.lacks_name(query, facets, known):
        return "support.absent_name"
    if not facets and not evidence.knows_any(query, known):
        return "support.unknown_words"
    return ""


def other_product(intent: str, facets: Sequence[Facet], evidence: Evidence, best: Hit) -> bool:
    """Whether a question that names no product of ours is about a medicine that isn't: the best document mentions it.

    A document about the medicine itself says its name on many pages, even where its names don't list it.
    """
    owners = evidence.edition.owners
    own = owners == owners[best.passage]
    named = [replace(facet, says=facet.names) for facet in facets if facet.kind == MEDICINE]
    about = (float((evidence.speaking(facet) & own).sum()) / float(own.sum()) for facet in named)
    return intent != "interaction" and bool(named) and max(about) < SUBJECT_SHARE


def elsewhere(query: Query, facets: Sequence[Facet], evidence: Evidence, cited: Sequence[Hit]) -> str:
    """The rule that a facet breaks which is spoken of, but in no section that is quoted.

    Whoever asks for a dose in a condition asks for the section that has both.
    """
    wanted = [facet for facet in facets if facet.section]
    if not wanted:
        return ""
    asked = " ".join(words(query.question))
    sections = evidence.edition.passages.sections
    quoted = np.isin(sections, sections[[hit.passage for hit in cited]])
    for facet in wanted:
        speaking = evidence.speaking(facet) & quoted
        if _DOSE.search(asked.partition(facet.asked)[0]):
            speaking = evidence.dosing(speaking)
        if not speaking.any():
            return f"support.{facet.kind}_elsewhere"
    return ""
