"""What a question is allowed to lead to: route, boundary and intent, decided once, before anything is retrieved.

Pure. What outweighs what: emergency, safety, off-label use, comparison, other desks, one patient's decision,
information. Safety and emergencies are decided by themselves and never given up for another route.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from chatbot.limits import SCREENED_CHARACTERS
from chatbot.routing.foreign import is_foreign, is_unread
from chatbot.routing.hearing import Heard
from chatbot.routing.intent import Intents
from chatbot.routing.rules import Rules
from chatbot.routing.utterances import OTHER
from index.linear import Linear

ACTS = ("greeting", "thanks", "goodbye", "help", "bot_identity", "repeat", "feedback", "chitchat")
TOPIC = "form.topic"  # the rule of what is worded as a heading
HARM = frozenset({"reaction", "mishap"})  # signs of what a body has come to, or may
TOLD = frozenset({"reaction", "mishap", "reports", "crisis", "patient", "mine"})
PORTAL = frozenset({"guideline", "education_event", "document_lookup", "whats_new", "patient_material"})
# The routes of the utterance files that end a turn, in the order in which one outweighs another.
BOUNDARIES = ("injection", "off_label", "comparison", "commercial", "medical_information", "out_of_scope")


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a question leads, and why."""

    emergency: bool
    crisis: bool  # an emergency of someone's mind, not of a medicine
    safety: bool  # a case is opened
    safety_route: bool  # is told how to report
    boundary: str  # one of BOUNDARIES, or empty
    patient_specific: bool
    act: str  # one of ACTS, or empty
    foreign: bool  # in a language that no detector was written for
    asks: bool  # it asks for information, whatever else it is
    rules: tuple[str, ...]  # ids of what decided
    scores: Mapping[str, float]  # the model's probability of each route
    intent: str  # what is asked for, where it goes on to retrieval

    @property
    def passes(self) -> bool:
        """Whether the question goes on to retrieval."""
        if self.emergency or self.boundary or self.act:
            return False
        return self.asks or not self.safety


def decide(heard: Heard, model: Linear, rules: Rules, intents: Intents) -> Decision:
    """The decision on one question."""
    deciding = _Deciding(heard, model, rules)
    decision = deciding.decision(intents.fallback)
    return replace(decision, intent=intents.of(heard.text, deciding.kinds)) if decision.passes else decision


class _Deciding:
    """One question's scores and matched rules, and what they lead to."""

    def __init__(self, heard: Heard, model: Linear, rules: Rules) -> None:
        self.heard, self.model, self.rules = heard, model, rules
        self.limits = rules.thresholds
        self.kinds = dict(zip(model.labels, model.probabilities(heard.vector, heard.reading).tolist(), strict=True))
        self.routes: defaultdict[str, float] = defaultdict(float)
        for label, probability in self.kinds.items():
            self.routes[label.partition("/")[0]] += probability
        self.best = max(self.routes, key=lambda route: self.routes[route])
        self.matched = rules.matching(heard.text, frozenset(heard.reading.signs))
        self.foreign = is_foreign(heard.text)
        self.ids: list[str] = []

    def decision(self, intent: str) -> Decision:
        """What outweighs the rest, asked for in that order; ``intent`` is that of a question that says none."""
        parts = [_Deciding(part, self.model, self.rules) for part in self.heard.parts]
        emergency = self._is_emergency() or any(map(self._part_of_emergency, parts))
        crisis = emergency and self._is_crisis()
        told = self._is_case(crisis) or any(map(self._part_of_case, parts))
        unread = not told and self._is_unread()
        safety = told or unread
        boundary = "" if emergency else self._boundary(safety)
        patient = not (emergency or safety or boundary) and self._says("patient_specific")
        act = "" if emergency or safety or boundary or patient else self._act()
        route = not (emergency or safety or boundary or act) and self._says("how_to_report")
        return Decision(
            emergency=emergency,
            crisis=crisis,
            safety=safety,
            safety_route=route,
            boundary=boundary,
            patient_specific=patient,
            act=act,
            foreign=self.foreign,
            asks=not told or self._asks_too(),
            rules=tuple(dict.fromkeys(self.ids)),
            scores={name: round(score, 4) for name, score in sorted(self.routes.items())},
            intent=intent,
        )

    def _is_emergency(self) -> bool:
        """Whether a life is at risk now; where a sign says that it is now, or a crisis, on less."""
        signs = set(self.heard.reading.signs)
        urgent = "crisis" in signs or ("now" in signs and bool(HARM & signs))
        if urgent and self._says("emergency.urgent", self.routes["emergency"]):
            return True
        return self._says("emergency")

    def _part_of_emergency(self, part: _Deciding) -> bool:
        return self._says("emergency.part", part.routes["emergency"])

    def _part_of_case(self, part: _Deciding) -> bool:
        """Whether one sentence tells a case by itself, whatever is asked beside it."""
        signs = set(part.heard.reading.signs)
        if part._is_question() or not (self.heard.products or self._is_of_some_medicine(signs)):
            return False
        return self._says("adverse_event.part", part._case())

    def _ruled(self, route: str) -> bool:
        """Whether a rule says ``route``; what said it is kept."""
        found = [rule.id for rule in self.matched if rule.route == route]
        self.ids += found
        return bool(found)

    def _says(self, route: str, score: float | None = None) -> bool:
        """Whether a rule says ``route``, or the model by ``score``, else by the route's own; what said it is kept."""
        ruled = self._ruled(route)
        modelled = (self.routes[route] if score is None else score) >= self.limits[route]
        self.ids += [f"model.{route}"] if modelled else []
        return ruled or modelled

    def _case(self) -> float:
        """What speaks for something that has happened to someone, in whatever tense it is told."""
        return self.routes["adverse_event"] + self.routes["emergency"]

    def _is_case(self, crisis: bool) -> bool:
        """Whether a case is opened. It takes more where nothing seems to be told: a question about nobody, a bound."""
        if crisis and not self.heard.products:
            return self._says("adverse_event")
        signs = set(self.heard.reading.signs)
        if not self.heard.products and not self._is_of_some_medicine(signs):
            return self._ruled("adverse_event")  # what happens to patients without a medicine is medicine
        if not self.heard.products and self._case() < self.limits["adverse_event.unnamed"]:
            return self._ruled("adverse_event")
        if not (TOLD | {"happened"}) & signs and self._case() < self.limits["adverse_event.bare"]:
            return self._ruled("adverse_event")
        told = bool({"mine", "reports"} & signs) or {"patient", "happened"} <= signs
        bound = any(finding.sure and finding.kind != "out_of_scope" for finding in self.heard.findings)
        if bound and self._case() < self.limits["adverse_event.bound"]:
            return self._ruled("adverse_event")
        asks = self._is_question() or self.foreign
        if asks and not told and self._case() < self.limits["adverse_event.asked"]:
            return self._ruled("adverse_event")
        return self._says("adverse_event", self._case())

    def _is_of_some_medicine(self, signs: Set[str]) -> bool:
        """Whether a text without a product of ours may be of one: it says that something was taken, or reports."""
        if OTHER in signs and not {"medicine", "reports"} & signs:
            return False  # another company's medicine is its company's to follow up
        return bool({"medicine", "reports"} & signs) and bool(TOLD & signs)

    def _is_question(self) -> bool:
        """Whether it has the form of a question."""
        return any(rule.route == "adverse_event.asked" for rule in self.matched)

    def _is_unread(self) -> bool:
        """Whether no detector read it whole, so that a person has to: it is cut, or names ours in an unknown script."""
        found = ["text.cut"] if len(self.heard.text) > SCREENED_CHARACTERS else []
        if self.heard.products and is_unread(self.heard.text):
            found.append("language.unread")
        self.ids += found
        return bool(found)

    def _boundary(self, safety: bool) -> str:
        """The boundary that ends the turn; beside a case only the off-label question counts."""
        if self._says("injection"):
            return "injection"
        for kind in ("off_label", "comparison"):
            if self._crosses(kind):
                return kind
        if safety or self._is_topic():
            return ""
        for kind in ("commercial", "medical_information"):
            if self._ruled(kind) or (self.best == kind and self._says(kind)):
                return kind
        return "out_of_scope" if self._is_elsewhere() else ""

    def _crosses(self, kind: str) -> bool:
        """Off-label use and comparison: by the product table; where the words don't settle it, with the model."""
        found = [finding for finding in self.heard.findings if finding.kind.partition(".")[0] == kind]
        sure = [finding for finding in found if finding.sure]
        score = self.routes[kind]
        if sure and score >= self.limits[f"{kind}.sure"]:
            self.ids.append(sure[0].rule)
            return True
        if self._is_topic():
            return False  # a heading is no wish to use
        if found and score >= self.limits[f"{kind}.unsure"]:
            self.ids.append(found[0].rule)
            return True
        return bool(self.heard.products) and self._says(kind)

    def _is_topic(self) -> bool:
        """Whether it is worded as a product and a heading of its label, as what is offered is."""
        return bool(self.heard.products) and any(rule.id == TOPIC for rule in self.matched)

    def _is_elsewhere(self) -> bool:
        """Nothing of the portal's is asked for: no product, no area, no document."""
        if self.heard.products or self.heard.here:
            return False
        scope = next((finding for finding in self.heard.findings if finding.kind == "out_of_scope"), None)
        portal = sum(self.kinds.get(f"information/{intent}", 0.0) for intent in PORTAL)
        if scope is not None and self.routes["out_of_scope"] - portal >= self.limits["out_of_scope.found"]:
            self.ids.append(scope.rule)
            return True
        return self._says("out_of_scope", self.routes["out_of_scope"] - portal)

    def _asks_too(self) -> bool:
        """Whether a report asks for information as well."""
        return self._is_question() or self._says(
            "adverse_event.asks_too", self.kinds.get("adverse_event/mixed_question", 0.0)
        )

    def _is_crisis(self) -> bool:
        """Whether the emergency is one of a mind: what part of its score the model gives to those kinds."""
        minds = sum(self.kinds.get(f"emergency/{kind}", 0.0) for kind in ("self_harm", "danger_to_others"))
        return self._says("crisis", minds / (self.routes["emergency"] or 1.0))

    def _act(self) -> str:
        """The act of small talk; a text that names a product asks for something."""
        ruled = next((rule for rule in self.matched if rule.route in ACTS), None)
        if ruled is not None:
            self.ids.append(ruled.id)
            return ruled.route
        named = self.heard.products and not self.heard.here
        if named or self.best != "small_talk" or not self._says("small_talk"):
            return ""
        return self._best_kind("small_talk")

    def _best_kind(self, route: str) -> str:
        """The likeliest kind of a route; the first by name on a tie."""
        kinds = sorted(label for label in self.kinds if label.startswith(f"{route}/"))
        return max(kinds, key=lambda label: self.kinds[label]).partition("/")[2]
