"""Whether what was found answers the question. Fused scores can't say (they are relative to the best hit), so the
raw cosine and the question's own words decide.
"""

from __future__ import annotations

MIN_COSINE = 0.30  # below this the best passage is about something else, unless it has the question's own words
SURE_COSINE = 0.50  # from here on no word need be shared: lay wording
MIN_COVERAGE = 0.50  # of the question's content words, weighted by rarity, in the sentence or its headings
OFFER_MARGIN = 0.25  # in fused score: a product this near is offered too, once one has to be chosen
CLARIFY_MARGIN = 0.08  # in fused score: a product whose best passage is nearer than this to the best one fits as well


def supported(cosine: float, coverage: float, named: bool) -> bool:
    """Whether a sentence supports an answer.

    ``cosine`` is its passage's, ``coverage`` the share of the question in it. A question that names none of our
    products may be about someone else's, so likeness alone has to be strong; one that does needs less.
    """
    if cosine >= SURE_COSINE or coverage >= MIN_COVERAGE:
        return True
    return named and cosine >= MIN_COSINE and coverage > 0
