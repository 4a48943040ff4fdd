"""The second readers find what the files say, and refuse files that aren't those that were approved."""

from __future__ import annotations

import hashlib
import io
import random
from pathlib import Path

import docx
import pytest

from eval.judging.docx import docx_text
from eval.judging.markup import html_text, markdown_text
from eval.judging.reading import PDF, Sources, Unreadable
from index.layout import Home
from tests.builders import pdf


def keep(home: Home, content: bytes) -> str:
    home.sources.mkdir(exist_ok=True)
    sha256 = hashlib.sha256(content).hexdigest()
    (home.sources / sha256).write_bytes(content)
    return sha256


def test_a_text_is_found_on_its_page_of_a_pdf_and_on_no_other(tmp_path: Path) -> None:
    sources = Sources(Home(tmp_path))
    sha256 = keep(Home(tmp_path), pdf(["Take 5 mg once daily."], ["Take 10 mg in heart failure."]))
    assert sources.has("Take 5 mg once daily.", sha256, PDF, 1)
    assert not sources.has("Take 5 mg once daily.", sha256, PDF, 2)
    assert not sources.has("Take 5 mg once daily.", sha256, PDF, 3)
    assert sources.pages_with("Take 10 mg in heart failure.", sha256, PDF) == (2,)


def test_changed_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    sha256, broken = keep(home, pdf(["Take 5 mg once daily."])), keep(home, b"no PDF at all")
    (home.sources / sha256).write_bytes(pdf(["Take 9 mg once daily."]))
    with pytest.raises(Unreadable, match="is not what was approved"):
        Sources(home).pages(sha256, PDF)
    with pytest.raises(Unreadable, match="can't be read: No such file"):
        Sources(home).pages("0" * 64, PDF)
    with pytest.raises(Unreadable, match="pypdf can't read it"):
        Sources(home).pages(broken, PDF)
    with pytest.raises(Unreadable, match="no second reader knows image/png"):
        Sources(home).pages(broken, "image/png")
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    with pytest.raises(Unreadable, match="is no application"):
        Sources(home).pages(broken, word)


def test_docx_says_paragraphs_raised_figures_and_cells_that_go_on_below() -> None:
    made = docx.Document()
    paragraph = made.add_paragraph("Platelets below 100 × 10")
    paragraph.add_run("9").font.superscript = True
    paragraph.add_run("/L")
    table = made.add_table(2, 2)
    table.cell(0, 0).text, table.cell(0, 1).text, table.cell(1, 1).text = "Adults", "5 mg", "10 mg"
    table.cell(0, 0).merge(table.cell(1, 0))
    stream = io.BytesIO()
    made.save(stream)
    text = docx_text(stream.getvalue())
    assert "100 × 10⁹/L" in text
    assert text.splitlines()[-1].split() == ["Adults", "10", "mg"]


def test_html_says_what_is_shown_and_cells_that_go_on_below() -> None:
    page = (
        b"<html><head><title>T</title><style>p{}</style></head><body><p>Take <b>5</b> mg.</p><p>10<sup>9</sup>/L</p>"
        b"<table><tr><th rowspan=2>Adults</th><td>5 mg</td></tr><tr><td>10 mg</td></tr></table>"
        b"<script>secret()</script></body></html>"
    )
    text = html_text(page)
    assert "Take 5 mg." in text
    assert "10⁹/L" in text
    assert "Adults 10 mg" in " ".join(text.split())
    assert "secret" not in text
    assert "p{}" not in text


def test_markdown_says_its_text_without_marks() -> None:
    text = markdown_text(b"# Dose\n\n- Take **5 mg** [daily](x.md) \\* &lt; 10\n\n| a | b |\n|---|---|\n| 1 | -2 |\n")
    assert text.split() == ["Dose", "Take", "5", "mg", "daily", "<", "10", "a", "b", "1", "-2"]


def test_a_pdf_that_is_damaged_anywhere_is_unreadable_or_says_less(tmp_path: Path) -> None:
    """Whatever the reader stumbles over: one of its own errors, or one of Python's."""
    whole = pdf(["Take 5 mg once daily."], ["Take 10 mg in heart failure."])
    home, chance = Home(tmp_path), random.Random(1)  # noqa: S311 - no secret
    refused = 0
    for number in range(120):
        content = bytearray(whole)
        for at in chance.sample(range(len(content)), 1 + number % 40):
            content[at] = chance.randrange(256)
        try:
            Sources(home).pages(keep(home, bytes(content)), PDF)
        except Unreadable as error:
            refused += 1
            assert "pypdf can't read it" in str(error)
    assert refused > 5
