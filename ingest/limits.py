"""Every bound of ingestion, with its reason. docs/limits.md lists them; a test compares the two."""

from __future__ import annotations

MAX_FILE_BYTES = 200 * 2**20  # the largest label here has 3 MB; beyond this a file is no document for reading
MAX_PAGES = 5_000  # ten times the longest label; more is an archive that should be split
MAX_PAGE_POINTS = 5_000  # a side of a page: an A0 poster has 3,370; the picture of a larger one would fill the memory
PASSAGE_WORDS = 110  # with title and heading path this fills half the encoder's 256 tokens
MINOR_PASSAGE_WORDS = 60  # an unnumbered heading starts a new passage only after this many words
PICTURE_SCALE = 1.5  # page pictures at 108 dpi: readable on a phone, 170 KB a page
PICTURE_QUALITY = 75  # JPEG; text stays crisp, a quarter of PNG's time
FURNITURE_SHARE = 0.3  # a line that stands at the same height on this share of pages is header or footer
COVERAGE_SHARE = 0.99  # of a page's words as the second reader sees them; below it a row may be lost: a person looks
COVERAGE_WORDS = 5  # that a page may lack all the same: where the readers part words in different places
HEADING_WORDS = 14  # longer lines are sentences, however they are set
MAX_HTML_BYTES = 10 * 2**20  # the text of 500 pages has 1 MB; a tree takes up to fifty times its file's memory
MAX_HTML_DEPTH = 200  # elements in each other: pages have some thirty; libxml2 itself stops at 256 and drops the rest
MAX_OFFICE_PARTS = 5_000  # files in a DOCX, PPTX or XLSX: a report with a thousand pictures has half of that
MAX_OFFICE_BYTES = 400 * 2**20  # of it unpacked: twice the largest file, as pictures hardly shrink; more is a zip bomb
MAX_OFFICE_XML_BYTES = 50 * 2**20  # of its text: 300 pages have some 5 MB; the trees take ten times as much memory
MAX_XLSX_CELLS = 50_000  # 500 pages of a hundred cells; more is data, and each takes two KB to read
MAX_XLSX_MERGED = 200_000  # places under merged cells and links: twelve whole rows; openpyxl makes a cell for each
MAX_REPEATED_CHARACTERS = 2**20  # that merged cells add to one document: 500 pages of text have as many
VANISHED_SHARE = 0.1  # of the known files gone at once: more is a warning; nobody retires a tenth of a corpus in a day
FOLDER_FILES = 2  # a folder that lost all of so many may be an unmounted share; one file's own folder is that file
MAX_PAGE_OBJECTS = 10_000  # looked through for borders of tables: the fullest label page has 1,700; more is a drawing
TABLE_CELL_WORDS = 150  # of a table's cell: the longest here has 70; more is a page laid out with a table
MAX_BOOKMARKS = 5_000  # of a PDF's outline: as many as pages
MAX_BOOKMARK_DEPTH = 8  # of it: sections of labels go four deep; a looping outline ends here
FILE_SECONDS = 9  # of processor time for a file without pages: of 493 odd PDFs all but one of 117 pages take 1
PAGE_SECONDS = 0.1  # more for each page that a reader has read, three times each: a label's take 42 ms in all
WAITING_FACTOR = 6  # times that by the clock: on a busy machine, waiting is not the file's fault
CHILD_BYTES = 2**30  # of memory beside the loaded readers: 480 pages take 310 MB, the largest page picture 600
CHILD_OPEN_FILES = 32  # a child opens modules and fonts, one at a time
MAX_FRAME_BYTES = 32 * 2**20  # that a child may hand back at once: 480 pages have 5 MB, a page's picture 0.2
MAX_PICTURES_BYTES = 2**30  # of one file's page pictures: 5,000 pages of 170 KB have 850 MB
MAX_TEXT_CHARACTERS = 12_000_000  # of a document: 5,000 pages of a label's length
INK_CONTRAST = 16  # of 255: what differs less from its ground in every colour isn't seen
LETTER_POINTS = 1.0  # the height of a letter in a face of 2 points, which no eye reads without a glass
HIDDEN_CHARACTERS = (
    3  # on a page: fewer, covered or clipped, are slips of typesetting: left out of the text without a finding
)
FINDING_CHARACTERS = 200  # of hidden text that a finding quotes: enough to tell what it is
SCAN_SHARE = 0.5  # of a page: a picture over more of it, with no text but headers, is a scan
SCAN_PIXELS = 20  # seen on a page without text: a full stop has more; fewer are nothing that anybody reads
INSPECTED_PIXELS = 8_000_000  # of a page searched for hidden text: A2 has 4.5 million; a larger one is drawn smaller
