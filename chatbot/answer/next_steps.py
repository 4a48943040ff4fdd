"""Next best content: whole documents of the same product, by the policy's order of kinds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatbot.answer.cues import updated_cue
from chatbot.answer.eligible import Eligible
from chatbot.answer.reply import Citation, Ground, NextStep
from chatbot.limits import NEXT_STEPS
from chatbot.policy import Policy
from corpus.model import Approval
from index.edition import Edition
from index.retrieve import Hit


def after_answer(
    citations: Sequence[Citation], intent: str, eligible: Eligible, ground: Ground, policy: Policy, language: str
) -> tuple[NextStep, ...]:
    """Up to NEXT_STEPS documents about the product of the first citation that the answer doesn't cite, one a kind."""
    product = citations[0].approval.product
    if not product:
        return ()
    cited = {citation.approval.document_number for citation in citations}
    kinds = policy.next_steps(intent)
    fitting = [
        approval
        for approval in eligible.by_product.get(product, ())
        if approval.document_type in kinds and approval.document_number not in cited
    ]
    fitting.sort(
        key=lambda approval: (approval.language != ground.audience.language, -approval.effective_on.toordinal())
    )
    best = {kind: next((item for item in fitting if item.document_type == kind), None) for kind in kinds}
    return _steps((approval for approval in best.values() if approval is not None), ground, policy, language)


def related(
    hits: Iterable[Hit], edition: Edition, ground: Ground, policy: Policy, language: str
) -> tuple[NextStep, ...]:
    """The documents nearest to a question that none of them answers."""
    found: dict[str, Approval] = {}
    for hit in hits:
        approval = ground.approvals.get(edition.document_of(hit.passage).source_sha256)
        if approval is not None:
            found.setdefault(approval.document_number, approval)
    return _steps(found.values(), ground, policy, language)


def _steps(approvals: Iterable[Approval], ground: Ground, policy: Policy, language: str) -> tuple[NextStep, ...]:
    steps = []
    for approval in approvals:
        texts = [policy.render("cue_type", language, type=approval.document_type).text]
        texts += updated_cue(approval, ground.instant, policy, language)
        steps.append(NextStep(approval, " · ".join(texts), ground))
    return tuple(steps[:NEXT_STEPS])
