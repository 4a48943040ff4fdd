"""Whether what was found answers the question. Fused scores can't say (they are relative to the best hit), so the
raw cosine and the question's own words decide.
"""

from __future__ import annotations

MIN_COSINE = 0.30  # below this the best passage is about something else
SURE_COSINE = 0.50  # from here on no word need be shared: lay wording
CLARIFY_MARGIN = 0.02  # in fused score: products nearer than this to the best one fit as well


def supported(cosine: float, shared_words: int) -> bool:
    """Whether a passage with this raw cosine and so many of the question's content words supports an answer."""
    return cosine >= SURE_COSINE or (cosine >= MIN_COSINE and shared_words > 0)
