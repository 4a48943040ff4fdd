"""The errors of this package: they differ by what the caller can do about them."""


class CorpusError(Exception):
    """Base of everything the corpus refuses; the message names the cause and the way out."""


class InvalidInput(CorpusError):
    """A catalogue row, a product table or an argument is wrong: mend it and run again."""


class Conflict(CorpusError):
    """The request contradicts what is on record (same version with other bytes, say)."""


class NotFound(CorpusError):
    """No such document, version or approval."""


class StoreUnavailable(CorpusError):
    """The database can't be read or written now (disk full, read-only, locked): nothing was changed."""


def way_out(cause: str) -> str:
    """What to do about a fault of the operating system or of SQLite, by its words."""
    if any(sign in cause for sign in ("full", "No space", "quota")):
        return "free disk space, then try again"
    if any(sign in cause for sign in ("readonly", "Read-only", "Permission", "unable to open", "No such file")):
        return "check that the folder exists and may be written, then try again"
    return "try again, and look for another process that holds it if it stays so"


class TransactionLost(StoreUnavailable):
    """A part of a transaction failed, and the database has undone all of it: whoever shares it has failed too."""
