"""`signpost preview`, `signpost mark`, and the words of `signpost documents accept|reject`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from signpost.arguments import Commands, positive
from signpost.home import open_database_of, open_home
from signpost.terminal import PASSED, UsageError, print_json

if TYPE_CHECKING:
    from chatbot.signoff.book import SignOffBook
    from chatbot.signoff.preview import Preview, PreviewPage
    from corpus.model import Span
    from corpus.signoff import Mark

_PLACE = "START-END as `preview --json` has them, or words that stand there alone"


def add_commands(commands: Commands) -> None:
    """`preview` and `mark`."""
    preview = commands.add("preview", run_preview, "Show what was read of a document beside what to look at twice.")
    mark = commands.add("mark", run_mark, "List a document's marks, set one, or take one back.")
    for command in (preview, mark):
        command.add_argument("document", metavar="DOCUMENT", help="its number, its file's name, or its digest")
        command.add_argument("--version", help="the version, where the number has several")
        command.add_argument("--page", type=positive, help="only this page")
    preview.add_argument("--out", type=Path, metavar="FILE.html", help="one file with the pages' pictures in it")
    mark.add_argument("--do-not-cite", metavar="PLACE", help=f"never quote this: {_PLACE}")
    mark.add_argument("--keep", metavar="PLACE", help="never quote this without --with")
    mark.add_argument("--with", dest="beside", metavar="PLACE", help="what has to stand beside --keep")
    mark.add_argument("--remove", type=positive, metavar="MARK", help="take this mark back")
    mark.add_argument("--reason", default="", help="kept for ever")


def run_preview(options: argparse.Namespace) -> int:
    """`signpost preview`"""
    from chatbot.signoff.shown import chosen_pages, preview_file, preview_value

    home = open_home(options)
    book = book_of(options)
    preview = book.preview(book.find(options.document, options.version))
    pages = chosen_pages(preview, options.page)
    if options.out:
        source = preview.document.source.sha256
        options.out.write_text(preview_file(preview, pages, lambda page: home.page_picture(source, page)), "utf-8")
        if not options.json:
            print(f"{options.out}: {len(pages)} {'page' if len(pages) == 1 else 'pages'}; open it in a browser")
    if options.json:
        print_json(preview_value(preview, pages))
    elif not options.out:
        _print_preview(preview, pages)
    return PASSED


def run_mark(options: argparse.Namespace) -> int:
    """`signpost mark`"""
    book = book_of(options)
    sha256 = book.find(options.document, options.version)
    asked = [name for name in ("do_not_cite", "keep", "remove") if getattr(options, name)]
    if len(asked) > 1 or bool(options.keep) != bool(options.beside):
        raise UsageError("set one mark at a time: --do-not-cite PLACE, --keep PLACE --with PLACE, or --remove MARK")
    if asked:
        _set(options, book, sha256)
    preview = book.preview(sha256)
    if options.json:
        from chatbot.signoff.shown import mark_value

        print_json({"document": sha256, "marks": [mark_value(mark) for mark in preview.marks()]})
        return PASSED
    for mark in preview.marks():
        print(_line(preview, mark))
    if not preview.marks():
        print(f"{preview.document.source.name}: no marks")
    return PASSED


def decide(options: argparse.Namespace) -> int:
    """`signpost documents accept|reject DOCUMENT`"""
    if not options.document:
        raise UsageError(f"name the document: signpost documents {options.action} DOCUMENT --reason TEXT")
    book = book_of(options)
    sha256 = book.find(options.document, options.version)
    registry = book.decide(sha256, options.action, options.actor, options.reason)
    if options.json:
        print_json({"document": sha256, "decision": options.action, "registry_version": registry.version})
    else:
        then = "`signpost publish` lets it out" if options.action == "accept" else "it isn't published"
        print(f"{options.document} is {options.action}ed by {options.actor}: {then}")
    return PASSED


def book_of(options: argparse.Namespace) -> SignOffBook:
    """The book of the home that the options name."""
    from chatbot.signoff.book import SignOffBook
    from corpus.store import Store

    return SignOffBook(Store(open_database_of(open_home(options), options.database)))


def _set(options: argparse.Namespace, book: SignOffBook, sha256: str) -> None:
    from chatbot.signoff.book import read_place

    preview = book.preview(sha256)

    def place(text: str) -> Span:
        return read_place(text, preview, options.page)

    if options.do_not_cite:
        book.mark(sha256, "do_not_cite", place(options.do_not_cite), None, options.actor, options.reason)
    elif options.keep:
        book.mark(sha256, "keep_with", place(options.keep), place(options.beside), options.actor, options.reason)
    else:
        book.unmark(sha256, options.remove, options.actor, options.reason)


def _line(preview: Preview, mark: Mark) -> str:
    said = f'never cited: "{preview.text_of(mark.place)}"'
    if mark.beside:
        said = f'"{preview.text_of(mark.place)}" never without "{preview.text_of(mark.beside)}"'
    return f"mark {mark.sequence}: {said} ({mark.actor}, {mark.at[:10]}: {mark.reason})"


def _print_preview(preview: Preview, pages: tuple[PreviewPage, ...]) -> None:
    document = preview.document
    print(f"{document.source.name}: {document.title} ({document.language}), {document.sha256}")
    if preview.waits:
        print(f"WAITS, not published: {preview.waits}")
    for warning in preview.warnings:
        print(f"! {warning}")
    for page in pages:
        if page.number:
            share = f", {page.coverage.share:.1%} of {page.coverage.words} words" if page.coverage else ""
            print(f"\n--- page {page.number} of {len(preview.numbers)}{share}")
        for warning in page.warnings:
            print(f"! {warning}")
        for part in page.parts:
            if part.header:
                print("  | " + " | ".join(cell.text for cell in part.header))
            for row in part.rows:
                print("  | " + " | ".join(cell.text for cell in row.cells))
            if not part.rows:
                print(f"{'# ' if part.kind == 'heading' else '- ' if part.kind == 'item' else ''}{part.text}")
