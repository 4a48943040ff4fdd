"""A question decided and answered, with what decided it."""

from datetime import datetime

from chatbot.assistant import Assistant
from chatbot.conversation import Before
from chatbot.respond import Responded, consider
from chatbot.submitted import submit
from corpus.model import Audience


def responded(assistant: Assistant, question: str, audience: Audience, instant: datetime) -> Responded:
    """The reply to a question that nothing stands before; none of it is recorded."""
    library, registry = assistant.library(), assistant.registry()
    considered = consider(library, audience, submit(question, library.ears.is_medicine), Before())
    return assistant.answer(library, registry, audience, considered, instant)
