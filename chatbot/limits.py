"""Every bound of the service, with its reason. docs/limits.md lists them; a test compares the two."""

from __future__ import annotations

QUESTION_CHARACTERS = 2_000  # some 300 words; more is a document, not a question
BODY_BYTES = 64 * 1024  # an HTTP request: the longest question in any encoding, with room
HITS = 50  # passages looked at to see which products fit
ANSWER_HITS = 10  # passages that may be quoted: beyond, relevance is chance
QUOTES = 3  # what someone reads in forty seconds
QUOTE_WORDS = 90  # shown in all: a phone's first screen
PASSAGES_PER_DOCUMENT = 2  # so that one long document doesn't crowd out the others
CHOICES = 4  # of a clarification: more isn't read
CONVERSATION_MINUTES = 30  # after this pause a ward computer may have another reader
CONVERSATION_TURNS = 50  # a bounded list; a new conversation costs nothing
LEAF_BYTES = 64 * 1024  # of an audit record: text stays outside the leaf
TICKET_SECONDS = 600  # a source link in an answer; the answer can be asked again
VIEW_SECONDS = 1_800  # reading time of an opened source
APPEND_TRIES = 5  # answering again when the registry changed meanwhile; more is a fault
