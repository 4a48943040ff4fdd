"""The errors of this package: they differ by what the caller can do about them."""

from corpus.errors import NotFound


class ChatbotError(Exception):
    """Base of everything a turn can refuse; the message names the cause and the way out."""


class Ungrounded(ChatbotError):
    """A reply was built that shows what may not be shown: a fault of ours, never of the question."""


class SafetyTextMissing(Ungrounded):
    """What a medicine achieves was to be said without its safety text beside it: approve that text for this market."""


class InvalidQuestion(ChatbotError):
    """The question is empty, too long or not text: shorten or mend it."""


class UnknownConversation(ChatbotError):
    """The conversation is not this reader's, or has ended: start a new one."""


class Unauthenticated(ChatbotError):
    """The token or ticket is missing, forged, expired or for someone else."""


class Gone(ChatbotError):
    """The link was used already, or its document may not be shown any more."""


class TooManyTurns(ChatbotError):
    """One reader asks more than a person can: wait a moment."""


class TooOften(ChatbotError):
    """The same thing was sent more often than is kept: nothing is wrong with what is there already."""


class KeyReused(ChatbotError):
    """An Idempotency-Key came again with another question: give each question a key of its own."""


class Misconfigured(ChatbotError):
    """The service can't start like this; the message says what to set."""


class Unsigned(Misconfigured):
    """The policy lacks a signature that the portal asks for: somebody of the roles that the message names signs it."""


class AuditUnavailable(ChatbotError):
    """The record can't be made durable, so no reply may leave."""


class Erased(ChatbotError, NotFound):
    """The text of a record was erased, or its time is over; the record that the message names says why."""


class AuditDamaged(ChatbotError):
    """What stands in the log is not what was written: compare it with a backup."""


class LogRefused(ChatbotError):
    """The log isn't the one that was signed before, so it isn't signed: `signpost audit verify` names what is wrong."""


class InvalidFilter(ChatbotError):
    """A filter of the review pages has a value that nothing can have: choose from what the form offers."""


class CaseRefused(ChatbotError):
    """A safety case can't go from its state to the one that was asked for; the message says what it can do."""


class Forbidden(ChatbotError):
    """The role may not do this: somebody of the role that the message names may."""


class VaultUnavailable(ChatbotError):
    """A text in the safety vault can't be opened or sealed: restore what the message names."""
