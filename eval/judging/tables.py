"""Whether the table that a quote is shown as is the document's: every cell, in its column, under its own header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from corpus.model import Block, Document
from eval.judging.recorded import Row

_Cells = list[tuple[int, int, str]]  # by column: where it begins, how many columns it covers, its text


def table_faults(table: Row, spans: Sequence[Row], stored: str, document: Document) -> Iterator[str]:
    """What a shown table has that the quoted rows of ``document`` haven't, or the other way round."""
    shown = [cell for line in table["rows"] for cell in line if cell]
    for cell in shown:
        if cell not in stored:
            yield f"the quoted text has no '{cell}', which is shown as a cell of its table"
    over = [cell for line in (*table.get("above", ()), table["header"]) for cell in line if cell]
    for cell in over:
        if cell not in document.text:
            yield f"its document has no '{cell}', which is shown over its table"
    if " ".join(shown) != stored:
        yield f"its table says '{' '.join(shown)[:80]}', its text '{stored[:80]}'"
    blocks = _rows(document, spans)
    lines = _lines(table)
    first = len(lines) - len(table["rows"])
    for line, block in zip(lines[first:], blocks, strict=False):
        if line != (kept := _kept([block], document)):
            yield f"a row of its table is {line}, in its document {kept}"
    if len(blocks) != len(table["rows"]):
        yield f"its table has {len(table['rows'])} rows, of which {len(blocks)} are quoted"
    header = _kept(_headers(document, blocks), document)
    if sorted(cell for line in lines[:first] for cell in line) != sorted(header):
        yield f"its table stands under {lines[:first]}, in its document under {header}"


def _rows(document: Document, spans: Sequence[Row]) -> list[Block]:
    """The blocks that the spans are of."""
    return [
        block
        for block in document.blocks
        if any(block.start <= span["start"] < block.end or block.start < span["end"] <= block.end for span in spans)
    ]


def _headers(document: Document, rows: Sequence[Block]) -> list[Block]:
    """The last heading with cells before the rows, if its text is one that they stand under."""
    headings = [b for b in document.blocks if b.kind == "heading" and b.cells and rows and b.end <= rows[0].start]
    return [b for b in headings[-1:] if document.text[b.start : b.end] in rows[0].path]


def _kept(blocks: Sequence[Block], document: Document) -> _Cells:
    cells = [cell for block in blocks for cell in block.cells if cell.end > cell.start]
    return [(cell.column, cell.columns, document.text[cell.start : cell.end]) for cell in cells]


def _lines(table: Row) -> list[_Cells]:
    """Its lines from the uppermost on, as they are told: columns by place, spans by ``merged``."""
    header: list[list[str]] = [table["header"]] if table["header"] else []
    merged: Sequence[dict[str, Any]] = table.get("merged", ())
    spans = {(row["line"], row["column"]): row["columns"] for row in merged}
    return [
        [(at, spans.get((number, at), 1), text) for at, text in enumerate(line) if text]
        for number, line in enumerate([*table.get("above", ()), *header, *table["rows"]])
    ]
