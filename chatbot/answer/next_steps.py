"""Next best content: whole documents of the same product, up the policy's ladder for what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chatbot.answer.cues import reading_cue, specialty_cue, updated_cue
from chatbot.answer.eligible import Eligible
from chatbot.answer.reply import Citation, Ground, NextStep
from chatbot.limits import NEXT_STEPS
from chatbot.policy import Policy
from corpus.model import Approval
from index.edition import Edition
from index.retrieve import Hit


@dataclass(frozen=True, slots=True)
class Stepper:
    """What makes next steps of approvals, with their cues."""

    ground: Ground
    policy: Policy
    language: str  # of the fixed texts
    words: Callable[[str], int]  # of a document by its source; raises ``KeyError`` for one that no edition has

    def steps(self, approvals: Iterable[Approval]) -> tuple[NextStep, ...]:
        """One a document: its type, how fresh it is, whether it is for this specialty, how long it takes to read."""
        return tuple(NextStep(approval, self._cue(approval), self.ground) for approval in approvals)

    def _cue(self, approval: Approval) -> str:
        texts = (
            self.policy.render("cue_type", self.language, type=approval.document_type).text,
            *updated_cue(approval, self.ground.instant, self.policy, self.language),
            *specialty_cue(approval, self.ground.audience, self.policy, self.language),
            reading_cue(self.words(approval.source_sha256), self.policy, self.language),
        )
        return " · ".join(texts)


def after_answer(
    citations: Sequence[Citation], intent: str, eligible: Eligible, stepper: Stepper
) -> tuple[NextStep, ...]:
    """Up to NEXT_STEPS documents about the product of the first citation that the answer doesn't cite, one a rung."""
    product = citations[0].approval.product
    if not product:
        return ()
    cited = {citation.approval.document_number for citation in citations}
    fitting = [each for each in eligible.by_product.get(product, ()) if each.document_number not in cited]
    language = stepper.ground.audience.language
    fitting.sort(key=lambda each: (each.language != language, -each.effective_on.toordinal()))
    best = (_best(rung, fitting) for rung in stepper.policy.next_steps(intent))
    return stepper.steps([approval for approval in best if approval is not None][:NEXT_STEPS])


def related(hits: Iterable[Hit], edition: Edition, stepper: Stepper) -> tuple[NextStep, ...]:
    """The documents nearest to a question that none of them answers."""
    found: dict[str, Approval] = {}
    for hit in hits:
        approval = stepper.ground.approvals.get(edition.document_of(hit.passage).source_sha256)
        if approval is not None:
            found.setdefault(approval.document_number, approval)
    return stepper.steps(list(found.values())[:NEXT_STEPS])


def _best(rung: Sequence[str], fitting: Sequence[Approval]) -> Approval | None:
    """The first document of the first kind of a rung that there is."""
    return next((each for kind in rung for each in fitting if each.document_type == kind), None)
