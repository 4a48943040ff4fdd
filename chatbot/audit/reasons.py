"""Why somebody erased or held something: kept for ever in the log, so it must not be about a person."""

from __future__ import annotations

from chatbot.limits import AUDIT_REASON_CHARACTERS
from chatbot.privacy.masking import mask
from chatbot.privacy.personal import personal_data
from corpus.errors import InvalidInput


def plain_reason(text: str) -> str:
    """The reason on one line; raises ``InvalidInput`` for one that is empty, long, or seems to have personal data."""
    said = " ".join(text.encode("utf-8", "replace").decode().split())
    if not said or len(said) > AUDIT_REASON_CHARACTERS:
        raise InvalidInput(f"give a reason of 1 to {AUDIT_REASON_CHARACTERS} characters: --reason TICKET")
    found = sorted({redaction.type.replace("_", " ") for redaction in mask(said, personal_data()).redactions})
    if found:
        raise InvalidInput(
            f"the reason seems to hold personal data ({', '.join(found)}) and would stand in the log for ever; "
            "name a ticket or a code instead"
        )
    return said
