"""The errors of this package: they differ by what the caller can do about them."""


class IndexingError(Exception):
    """Base of everything the index refuses; the message names the cause and the way out."""


class DamagedEdition(IndexingError):
    """A file of an edition isn't what its manifest says: activate another one, or publish again."""


class ShrunkEdition(DamagedEdition):
    """Of an edition its manifest alone is left, since no record needed more: activate another one, or publish again."""


class NoEdition(IndexingError):
    """There is no such edition, or none at all: publish one."""


class EncoderUnavailable(IndexingError):
    """The encoder can't be compiled here: install the ingest extra, or mend the model folder."""


class CacheUnusable(IndexingError):
    """The cache of encodings can't be read or written: free disk space, or delete it."""
