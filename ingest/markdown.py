"""Markdown by markdown-it-py: headings with anchors, paragraphs, list items, table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.errors import Quarantined
from ingest.lines import LEVEL_TABLE, LEVEL_TITLE, Line, RawBlock

NAME = "markdown-it"


def read_markdown(content: bytes) -> tuple[str, list[RawBlock]]:
    """The first heading as title, and the blocks; raises ``Quarantined``. Emphasis and link targets are left out."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Quarantined(f"the text is not UTF-8: {error}; save it in UTF-8") from error
    blocks = list(_blocks(MarkdownIt("commonmark").enable("table").parse(text)))
    if not blocks:
        raise Quarantined("the file has no text; provide it again")
    title = next((block.lines[0].text for block in blocks if block.kind == "heading"), "")
    return title, blocks


def _blocks(tokens: list[Token]) -> Iterator[RawBlock]:
    anchor: str | None = None
    item_depth = 0
    heading: int | None = None
    row: list[str] | None = None
    in_header = False
    for token in tokens:
        if token.type == "heading_open":
            heading = int(token.tag[1])
        elif token.type in ("list_item_open", "list_item_close"):
            item_depth += 1 if token.type == "list_item_open" else -1
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield _row(row, anchor, header=in_header)
            row = None
        elif token.type in ("thead_open", "thead_close"):
            in_header = token.type == "thead_open"
        elif token.type in ("fence", "code_block", "html_block"):
            raise Quarantined(f"line {_where(token)}: code and raw HTML can't be cited; write it as text")
        elif token.type == "inline":
            text = _plain(token)
            if row is not None:
                row.append(text)
            elif not text:
                continue
            elif heading is not None:
                anchor = _slug(text)
                yield RawBlock("heading", (_line(text),), LEVEL_TITLE if heading == 1 else heading, anchor)
                heading = None
            else:
                yield RawBlock("item" if item_depth else "paragraph", (_line(text),), anchor=anchor)


def _row(cells: list[str], anchor: str | None, *, header: bool) -> RawBlock:
    line = (_line(" ".join(cell for cell in cells if cell)),)
    return RawBlock("heading", line, LEVEL_TABLE, anchor) if header else RawBlock("row", line, anchor=anchor)


def _plain(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type == "html_inline":
            raise Quarantined(f"line {_where(token)}: raw HTML '{child.content}' can't be cited; write it as text")
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type in ("text", "code_inline", "image"):
            parts.append(child.content)
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _where(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _line(text: str) -> Line:
    return Line(text, None, (), "plain")


def _slug(text: str) -> str:
    """The anchor that renderers of Markdown give a heading: lower case, words joined by hyphens."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-")
