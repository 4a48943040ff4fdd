"""The errors of this package: they differ by what the caller can do about them."""


class IngestError(Exception):
    """Base of everything ingestion refuses; the message names the cause and the way out."""


class Quarantined(IngestError):
    """The file can't be read as it is; the others go on."""


class InvalidInput(IngestError):
    """A path or an option is wrong: mend it and run again."""
