"""What a line says by how it begins: a list item, a numbered section, a table's caption, a note under a table."""

from __future__ import annotations

import re

_BULLETS = "•‣◦▪■●○·–—-*\uf0b7\uf0a7\uf02d\uf0d8\uf0fc"
# A dash before a number is a minus, not a bullet.
ITEM = re.compile(rf"(?:[{re.escape(_BULLETS)}](?<![–—-])|[–—-](?!\s+\d)|\(?[a-z0-9]{{1,2}}\)|[ivx]{{1,4}}\))\s+\S")
NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})(\.?)\s+(?=[^\W\d_])")
LETTERED = re.compile(r"[A-Z]\.\s+[A-Z]{3}")
CAPTION = re.compile(r"(?:Table|Tabelle|Tabla|Tableau|Tabella|Tabel|Tabell|Tabela)\s+\d{1,3}\b")
NOTE = re.compile(r"(?:\d{1,2}|[a-z]|[*†‡§¶#]{1,3}|\([\da-z]\))[.)]?\s+\S")  # "a  Week 48 window"
TERMINAL = tuple(".!?:;。")
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def is_caption(text: str) -> bool:
    """Whether ``text`` names a table: "Table 2: Doses", but not "Table 2 lists the doses"."""
    match = CAPTION.match(text)
    return match is not None and not text[match.end() :].lstrip()[:1].islower()


def strip_marker(text: str) -> int:
    """How many characters of a list item are its marker and the space after it."""
    match = ITEM.match(text)
    return match.end() - 1 if match else 0


def numbered_level(text: str) -> int | None:
    """The depth of a section number: 1 for "4. Clinical", 2 for "4.2 Posology"; ``None`` for "75 mg"."""
    match = NUMBERED.match(text)
    if match is None or not text[match.end()].isupper():
        return None
    number, dot = match.groups()
    return number.count(".") + 1 if dot or "." in number else None


def is_cjk(char: str) -> bool:
    """Whether words around ``char`` are written without spaces."""
    return _CJK.match(char) is not None
