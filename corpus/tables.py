"""The tables of the one database, for queries; the migrations create them, and a test compares the two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

sources = Table(
    "sources",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
)

# Content-addressed and immutable: a document is written once under the digest of its canonical form.
documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("source_sha256", String(64), nullable=False, index=True),
    Column("reader", String(100), nullable=False),
    Column("content", LargeBinary, nullable=False),  # zlib of document_bytes
    Column("passages", LargeBinary, nullable=False),  # zlib of JSON rows
    Column("boxes", LargeBinary, nullable=False),  # see corpus.boxes
)

# How well a document was read: beside it, since its digest says what it is and not how it came about.
coverage = Table(
    "coverage",
    metadata,
    Column("document", String(64), primary_key=True),
    Column("short", Boolean, nullable=False),  # it lacks so much that it waits for a person
    Column("content", LargeBinary, nullable=False),  # zlib of JSON: see corpus.coverage
)

# The last word on each file, by its absolute path: what an ingest run left there.
staged = Table(
    "staged",
    metadata,
    Column("file", Text, primary_key=True),
    Column("source_sha256", String(64), nullable=False),
    Column("document", String(64), nullable=True),
    Column("reason", Text, nullable=False),  # why it is quarantined; empty when it is staged
    Column("approvals", Text, nullable=False),  # JSON rows; emptied once they are events
    Column("unapproved", Boolean, nullable=False),  # no metadata came with it
)

# What a quarantined file was found to hide, by the key of `staged`; no row where nothing was found.
findings = Table(
    "findings",
    metadata,
    Column("file", Text, primary_key=True),
    Column("found", Text, nullable=False),  # JSON: see corpus.findings
)

# Who said that a source may be staged without what was found in it.
acceptances = Table(
    "acceptances",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_sha256", String(64), nullable=False, index=True),
    Column("found", Text, nullable=False),  # JSON: what the person was shown
    Column("actor", Text, nullable=False),
    Column("at", String(40), nullable=False),
    Column("reason", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("type", String(20), nullable=False),
    Column("document_number", String(200), nullable=False),
    Column("version", String(200), nullable=False),
    Column("country", String(2), nullable=False),
    Column("payload", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", String(40), nullable=False),
    Column("reason", Text, nullable=False),
)

# What was said of files that are gone: see corpus.proposals. Nothing is overwritten.
proposals = Table(
    "proposals",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("state", String(20), nullable=False),
    Column("file", Text, nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", String(40), nullable=False),
    Column("reason", Text, nullable=False),
)

# The head row is locked by every append, so that indexes are dense and no two writers fork the log.
log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("origin", String(100), nullable=False),  # the log's name in checkpoints; never changes
    Column("size", Integer, nullable=False),
    Column("frontier", LargeBinary, nullable=False),  # the roots of its complete subtrees, the largest first
)

records = Table(
    "records",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),  # the exact canonical bytes, never re-serialised
    Column("leaf_hash", String(64), nullable=False, unique=True),
    # A projection of the leaf, for queries only.
    Column("conversation", String(64), nullable=False, index=True),
    Column("type", String(40), nullable=False),
    Column("ts", String(40), nullable=False),
    Index("ix_records_type_idx", "type", "idx"),
)

# What homes gave to the policies that replies were composed with, named by its digest: `policy` leaves refer to it.
policy_inputs = Table(
    "policy_inputs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # zlib
)

# Nodes of the tree over the leaves at some levels, each written when it is complete: a proof doesn't hash them again.
log_nodes = Table(
    "log_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

# Which records cite a document version: a projection of the leaves.
cited = Table(
    "cited",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("document", String(200), primary_key=True),
    Column("version", String(200), primary_key=True),
    Index("ix_cited_document", "document", "idx", "version"),  # in the log's order, so that a part of it is read alone
)

# What was signed of the log, oldest first.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),  # see corpus.proofs.note
    Column("frontier", LargeBinary, nullable=False),  # of that size, so that signing goes on from there
    Column("at", String(40), nullable=False),
)

bodies = Table(
    "bodies",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("pseudonym", String(64), nullable=False, index=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

# What was erased, by the index of the leaf that says so: a projection of those leaves.
erasures = Table(
    "erasures",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("pseudonym", String(64), nullable=False, index=True),  # empty for what a rule of retention retired
    Column("complete", Boolean, nullable=False),  # the subject's key is destroyed, and never used again
    Column("rule", String(40), nullable=False),  # of retention: the type of its records; else empty
    Column("first", Integer, nullable=False),  # the records that a rule took bodies from
    Column("last", Integer, nullable=False),
    Column("before", String(40), nullable=False),  # a rule took nothing that is newer
    Index("ix_erasures_complete_idx", "complete", "idx"),  # which is the newest, asked at each turn
)

# What may not be erased or retired, by the index of the leaf that says so: a projection of those leaves.
holds = Table(
    "holds",
    metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),  # subject, conversation, document or records
    Column("value", String(200), nullable=False),  # pseudonym, conversation or document; empty of records
    Column("version", String(200), nullable=False),  # of the document; empty for every one
    Column("first", Integer, nullable=False),  # of records
    Column("last", Integer, nullable=False),
    Column("at", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("released", Integer, nullable=True),  # the index of the leaf that ends it
)

# A source link works once: its ticket's nonce is written here when it is used.
used_tickets = Table(
    "used_tickets",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("expires", BigInteger, nullable=False),  # seconds since the epoch; the row may go after it
)

# What a client sent once and may send again: see chatbot.audit.idempotency. Neither a key nor a text stands here.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", String(64), primary_key=True),  # HMAC of the reader and the key
    Column("body", String(64), nullable=False),  # HMAC of the question that it came with
    Column("conversation", String(64), nullable=False),
    Column("turn", String(36), nullable=False),  # that the question is, or is to be
    Column("case_id", String(36), nullable=False),  # the safety case that it opened or added to, or empty
    Column("idx", Integer, nullable=True),  # of the answer's record, once there is one
    Column("expires", Integer, nullable=False, index=True),  # seconds since the epoch; the row goes after it
)

# The last word of a reader on a reply counts; nothing is overwritten, and it goes when its record's text does.
feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("idx", Integer, nullable=False, index=True),  # of the record
    Column("helpful", Boolean, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("at", String(40), nullable=False),
)

# What a safety case is and never changes: who told it where. Its state is in case_events, its text in case_reports.
cases = Table(
    "cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("portal", String(200), nullable=False),
    Column("country", String(2), nullable=False),
    Column("pseudonym", String(64), nullable=False),
    Column("opened_at", String(40), nullable=False),
)

# One telling of a case: its first, and what was told after it. The text is sealed with the key of the vault; nonce and
# ciphertext are empty once its time of retention is over.
case_reports = Table(
    "case_reports",
    metadata,
    Column("case_id", String(36), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),  # dense from 1 in each case
    Column("at", String(40), nullable=False),
    Column("facts", Text, nullable=False),  # JSON without any text of the reader: see chatbot.safety.rows
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

case_events = Table(
    "case_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", String(36), nullable=False, index=True),
    Column("state", String(20), nullable=False),  # that it is in from here on
    Column("report", Integer, nullable=False),  # the newest report that the event is about
    Column("at", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_case_events_state_case_id", "state", "case_id"),  # which have ended, asked each second
)

# The outbox: a report is to be sent on a channel until one attempt there was confirmed.
case_attempts = Table(
    "case_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("at", String(40), nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("detail", Text, nullable=False),  # why not; never a word of what was sent or answered
    Index("ix_case_attempts_case_id_sequence", "case_id", "sequence"),
)

# Who approved which policy. None is taken back: a policy that is changed has another digest.
policy_signatures = Table(
    "policy_signatures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("policy", String(64), nullable=False, index=True),  # its SHA-256
    Column("role", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("actor", Text, nullable=False),  # who typed it
    Column("at", String(40), nullable=False),
)
