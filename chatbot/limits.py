"""Every bound of the service, with its reason. docs/limits.md lists them; a test compares the two."""

from __future__ import annotations

QUESTION_CHARACTERS = 2_000  # some 300 words; more is a document, not a question
TURNS_IN_WINDOW = 60  # of one reader: a person asks some ten a minute at most, a script hundreds
WINDOW_SECONDS = 60  # of that count
SCREENED_CHARACTERS = (
    16_000  # of a text heard: some eight pages; more would keep a core busy, so a person reads it
)
HEARD_CHARACTERS = 600  # heard as one text: some 128 of the encoder's tokens; a longer one is heard in parts too
PART_CHARACTERS = 240  # of such a part: two or three sentences, so that one that tells a case isn't drowned
MEANING_CHARACTERS = 200  # of an imported term's meaning: what documents say for it, not an explanation
BODY_BYTES = 64 * 1024  # an HTTP request: the longest question in any encoding, with room
HITS = 50  # passages looked at to see which products fit
ANSWER_HITS = 10  # passages that may be quoted: beyond, relevance is chance
SENTENCES_COMPARED = 12  # in meaning for one answer: more of them chose no better in measurement
QUOTES = 3  # what someone reads in forty seconds
QUOTE_WORDS = 90  # shown in all: a phone's first screen
PASSAGES_PER_DOCUMENT = 4  # so that one long document does not crowd out the others; fewer lost right sentences
CHOICES = 4  # of a clarification: more isn't read
SAFETY_QUOTES = 2  # beside an efficacy answer: who must not have it, and what may happen
SAFETY_WORDS = 60  # of them in all: two thirds of the answer's own, so that both are read
NEXT_STEPS = 3  # documents offered after an answer: a choice, not a list
LISTED = 6  # documents of a reply that is a list: a phone's screen, newest or nearest first
WHATS_NEW = 50  # documents of GET /whats-new: more than a portal shows
WHATS_NEW_DAYS = 92  # that "new" reaches back where no visit is known: the span of the cue "three months"
SUGGESTIONS = 6  # while typing: what a phone shows above its keyboard
STARTERS = 4  # questions offered before anything is asked: two lines on a phone
FOLLOW_UPS = 3  # questions offered after an answer
SUGGEST_CHARACTERS = 200  # of what is typed so far; a longer text is a question, not a search for one
PAGE_CHARACTERS = 100  # of a portal page's name: a product's
READING_WORDS = 230  # a minute, silently, of non-fiction (Brysbaert 2019, 238 for English), rounded down for figures
PORTAL_TEXT_CHARACTERS = 600  # of a text in a portal's own words: it stands before the answer, on a phone
FEEDBACKS_PER_TURN = 10  # a reader may change their mind; more is a script
CONVERSATION_MINUTES = 30  # after this pause a ward computer may have another reader
CONVERSATION_TURNS = 50  # a bounded list; a new conversation costs nothing
LEAF_BYTES = 64 * 1024  # of an audit record: text stays outside the leaf
TICKET_SECONDS = 600  # a source link in an answer; the answer can be asked again
VIEW_SECONDS = 1_800  # reading time of an opened source
PAGE_NUMBER = 5_000  # in an address: what ingestion takes at most
APPEND_TRIES = 5  # answering again when the registry changed meanwhile; more is a fault
REVIEW_TURNS = 50  # a page of the reviewer's list: two screens
REVIEW_SCAN = 2_000  # records read for one list: a fifth of a second, and one link reads on
REVIEW_BATCH = 500  # records fetched at once meanwhile
REVIEW_BLOCKS = 2  # paragraphs shown before and after a cited one in formats without pages
REVIEW_SIGNATURE_CHARACTERS = 1_000  # of a name or a comment on a policy: a paragraph
CASE_HOURS = 24  # from a turn to safety: calendar hours, as contracts on pharmacovigilance commonly have it
CASE_REASON_CHARACTERS = 1_000  # of a signed reason or a reference: a paragraph, not the case's file
REVIEW_CASES = 100  # a page of the list of safety cases: nobody has more open at once without an alarm
DELIVERY_SECONDS = 30  # a channel may take this long at each step of one message
DELIVERY_POLL_SECONDS = 1  # between two looks at the outbox: nothing beside a clock of 24 hours
DELIVERY_FIRST_SECONDS = 5  # before the second attempt; doubled after each failure
DELIVERY_LONGEST_SECONDS = 900  # between two attempts: 96 a day, however long a receiver is away
LANGUAGE_SHARE = 0.75  # of a document's samples in its language; below it the language is doubtful, or two are mixed
SIGN_OFF_CHARACTERS = 1_000  # of a name or a reason on a mark or a document: a paragraph
PREVIEW_PAGES = 60  # in one file of previews: 10 MB of pictures; a longer document is looked at in parts
