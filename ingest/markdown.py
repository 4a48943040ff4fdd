"""Markdown by markdown-it-py: headings with anchors, paragraphs, list items, table rows."""

from __future__ import annotations

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.errors import Quarantined
from ingest.flow import Cell, Row, block, first_heading, heading, slug, squeezed, table
from ingest.lines import RawBlock


def read_markdown(content: bytes) -> tuple[str, list[RawBlock]]:
    """The first heading as title, and the blocks; raises ``Quarantined``. Emphasis and link targets are left out."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Quarantined(f"the text is not UTF-8: {error}; save it in UTF-8") from error
    blocks = list(_blocks(MarkdownIt("commonmark").enable("table").parse(text)))
    if not blocks:
        raise Quarantined("the file has no text; provide it again")
    return first_heading(blocks), blocks


def _blocks(tokens: list[Token]) -> Iterator[RawBlock]:
    anchor: str | None = None
    item_depth = 0
    depth: int | None = None  # of the heading that is open
    rows: list[Row] = []
    cells: list[Cell] | None = None
    in_header = False
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            depth = int(token.tag[1]) if token.type == "heading_open" else None
        elif token.type in ("list_item_open", "list_item_close"):
            item_depth += 1 if token.type == "list_item_open" else -1
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            rows.append(Row(tuple(cells), in_header, anchor))
            cells = None
        elif token.type == "table_close":
            yield from table(rows)
            rows = []
        elif token.type in ("thead_open", "thead_close"):
            in_header = token.type == "thead_open"
        elif token.type in ("fence", "code_block", "html_block"):
            raise Quarantined(f"line {_where(token)}: code and raw HTML can't be cited; write it as text")
        elif token.type == "inline":
            text = _plain(token)
            if cells is not None:
                cells.append(Cell(text, column=len(cells)))
            elif not text:
                continue
            elif depth is not None:
                anchor = slug(text)
                yield heading(text, depth, anchor)
            else:
                yield block("item" if item_depth else "paragraph", text, anchor)


def _plain(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type == "html_inline":
            raise Quarantined(f"line {_where(token)}: raw HTML '{child.content}' can't be cited; write it as text")
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type in ("text", "code_inline", "image"):
            parts.append(child.content)
    return squeezed("".join(parts))


def _where(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0
