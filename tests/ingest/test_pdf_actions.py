from __future__ import annotations

import io

import pypdf
import pytest

from ingest.errors import Quarantined
from ingest.pdf_actions import check_actions
from ingest.witness import read_pages
from tests.ingest.sandbox.hostile import TEXT, one_page, stream


def holding(place: str, what: str) -> bytes:
    """A file with something more in its catalog or in its page."""
    return one_page(stream(TEXT), **{place: what.encode()})


@pytest.mark.parametrize(
    ("place", "what", "reason"),
    [
        ("catalog", "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", "the file runs a script"),
        ("catalog", "/AA << /WC << /S /JavaScript /JS (x) >> >>", "the file runs a script"),
        ("catalog", "/Names << /JavaScript << /Names [] >> >>", "it runs a script"),
        ("catalog", "/Names << /EmbeddedFiles << /Names [(a) << >>] >> >>", "carries attached files"),
        ("page", "/AA << /O << /S /Launch /F (run) >> >>", "page 1 starts a program"),
        ("page", "/Annots [<< /A << /S /URI /URI (a) /Next [<< /S /SubmitForm >>] >> >>]", "page 1 sends a form"),
        ("page", "/Annots [<< /Subtype /FileAttachment >>]", "page 1 carries an attached file"),
        ("page", "/Annots [<< /AA << /K << /S /ImportData >> >> >>]", "page 1 reads another file"),
    ],
)
def test_a_pdf_that_would_do_more_than_be_read_is_named_with_the_way_out(place: str, what: str, reason: str) -> None:
    with pytest.raises(Quarantined, match=rf"{reason}.*; export the PDF again without that"):
        read_pages(holding(place, what))


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("catalog", "/OpenAction << /S /GoTo /D [0 /Fit] >>"),
        ("catalog", "/OpenAction [0 /Fit]"),
        ("catalog", "/Names << /Dests << /Names [] >> /EmbeddedFiles << >> >>"),
        ("page", "/Annots [<< /Subtype /Link /A << /S /URI /URI (https://example.org) >> >> null 7]"),
    ],
)
def test_links_and_jumps_are_no_harm(place: str, what: str) -> None:
    assert read_pages(holding(place, what)) == ["Takeonetablet."]


def test_actions_that_follow_each_other_for_ever_are_refused() -> None:
    jump = b"<< /S /GoTo /D [0 /Fit] /Next 6 0 R >>"
    reader = pypdf.PdfReader(io.BytesIO(one_page(stream(TEXT), jump, catalog=b"/OpenAction 6 0 R")))
    with pytest.raises(Quarantined, match="actions follow each other"):
        check_actions(reader)
