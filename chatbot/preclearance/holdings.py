"""How much of what stands in a policy."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot.answer.language import LANGUAGES
from chatbot.policy import Policy
from chatbot.routing.utterances import read_utterances


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of thing."""

    name: str
    count: int
    anchor: str  # of its section in the preclearance document


def holdings(policy: Policy) -> tuple[Holding, ...]:
    """What stands in a policy, in the document's order."""
    countries = {country for country in (*policy.public, *policy.portal.contacts) if country}
    return (
        Holding("rules by pattern", len(policy.rules.rows), "rules"),
        Holding("thresholds", len(policy.rules.thresholds), "thresholds"),
        Holding("intents that words speak for", len(policy.intents.rules), "other"),
        Holding("utterances", len(read_utterances()), "utterances"),
        Holding(f"fixed texts, in {len(LANGUAGES)} languages", len(policy.templates), "texts"),
        Holding("fixed texts in the portal's own words", len(policy.portal.texts), "texts"),
        Holding("countries with contacts", len(countries), "contacts"),
        Holding("lexicon terms", sum(len(lexicon.terms) for lexicon in policy.lexicon.values()), "lexicon"),
    )
