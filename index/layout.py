"""Every path of a home, and nothing else knows one.

Everything below ``editions/`` but ``CURRENT`` is immutable; ``sources/``, ``pages/`` and ``encoders/`` are named by
the digest of what they came from; ``cache/`` may be deleted at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corpus.kept import Folders, picture_name

BUILDING = ".building-"  # what folders below ``editions`` begin with that hold no edition yet


@dataclass(frozen=True, slots=True)
class Home:
    """The data folder of one installation."""

    root: Path

    @property
    def database(self) -> Path:
        """Documents, registry and audit records."""
        return self.root / "signpost.db"

    @property
    def server(self) -> Path:
        """In place of the database where that is on a server: its URL without password, for messages."""
        return self.root / "database-server"

    @property
    def keys(self) -> Path:
        """The keys of personal text: a database of its own, so that it can lie elsewhere and be destroyed."""
        return self.root / "keys.db"

    @property
    def safety_key(self) -> Path:
        """The key of the safety vault: apart from the others, for nobody but the safety role reads its texts."""
        return self.root / "safety.key"

    @property
    def safety(self) -> Path:
        """Where safety cases are sent."""
        return self.root / "safety.toml"

    @property
    def retention(self) -> Path:
        """How long personal text is kept."""
        return self.root / "retention.toml"

    @property
    def sources(self) -> Path:
        """Source files by SHA-256."""
        return self.root / "sources"

    @property
    def pages(self) -> Path:
        """Page pictures: one folder a source."""
        return self.root / "pages"

    @property
    def products(self) -> Path:
        """The product table."""
        return self.root / "products.toml"

    @property
    def portal(self) -> Path:
        """What the portal sets of the replies: desks, tone, wordings."""
        return self.root / "portal.toml"

    @property
    def lexicon(self) -> Path:
        """The terms that were imported."""
        return self.root / "lexicon.json"

    @property
    def editions(self) -> Path:
        """One folder an edition, named by its id."""
        return self.root / "editions"

    @property
    def current(self) -> Path:
        """The one small file that changes: the id of the active edition."""
        return self.editions / "CURRENT"

    @property
    def lexicon_lock(self) -> Path:
        """Held while imported lists are changed: one import at a time."""
        return self.root / "lexicon.lock"

    @property
    def publish_lock(self) -> Path:
        """Held while an edition is built and made citable: one publish at a time."""
        return self.root / "publish.lock"

    @property
    def delivery_lock(self) -> Path:
        """Held by the one process that sends the home's safety cases."""
        return self.root / "delivery.lock"

    @property
    def evaluation(self) -> Path:
        """The folder of the last evaluation of every suite."""
        return self.root / "evaluation"

    @property
    def report(self) -> Path:
        """Its report, which the demo portal shows."""
        return self.evaluation / "report.html"

    @property
    def figures(self) -> Path:
        """Its figures, for programs."""
        return self.evaluation / "metrics.json"

    @property
    def encoders(self) -> Path:
        """Compiled encoders, one folder each."""
        return self.root / "encoders"

    @property
    def encodings(self) -> Path:
        """The cache of passage vectors."""
        return self.root / "cache" / "encodings.db"

    @property
    def built(self) -> Path:
        """What the last edition was built from, so that it isn't built again."""
        return self.root / "cache" / "built.json"

    @property
    def refusals(self) -> Path:
        """Why sources were quarantined for their content, so that they aren't read again."""
        return self.root / "cache" / "refusals"

    def folders(self) -> Folders:
        """What an ingest run writes to."""
        return Folders(self.sources, self.pages, self.refusals)

    def edition(self, edition_id: str) -> Path:
        """The folder of one edition."""
        return self.editions / edition_id.removeprefix("sha256:")

    def page_picture(self, source_sha256: str, page: int) -> Path:
        """The JPEG of one 1-based page."""
        return self.pages / source_sha256 / picture_name(page)

    def picture(self, source_sha256: str, name: str) -> Path:
        """A picture beside those of a source's pages, by its file name: of what was found on a page."""
        return self.pages / source_sha256 / name


@dataclass(frozen=True, slots=True)
class EditionFiles:
    """The files of one edition."""

    root: Path

    @property
    def manifest(self) -> Path:
        """Digests of all the others; its own digest is the edition's id."""
        return self.root / "manifest.json"

    @property
    def documents(self) -> Path:
        """One line a document."""
        return self.root / "documents.jsonl"

    @property
    def passages(self) -> Path:
        """One line a passage; its line number is its index in both retrievers and in the table."""
        return self.root / "passages.jsonl"

    @property
    def passage_table(self) -> Path:
        """Where each passage's line starts, its document and its section."""
        return self.root / "passages.npy"

    @property
    def topics(self) -> Path:
        """What its documents have headings for: one line a document."""
        return self.root / "topics.jsonl"

    @property
    def bm25(self) -> Path:
        """The folder of the lexical index."""
        return self.root / "bm25"

    @property
    def vectors(self) -> Path:
        """The FAISS index."""
        return self.root / "vectors.faiss"

    @property
    def sentences(self) -> Path:
        """The folder of the sentence vectors."""
        return self.root / "sentences"

    @property
    def linear(self) -> Path:
        """The folder of the routing model; not there in an edition that only searches."""
        return self.root / "linear"

    @property
    def encoder(self) -> Path:
        """The folder of the compiled encoder."""
        return self.root / "encoder"
