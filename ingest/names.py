"""What a document calls itself: a title for people, product names for retrieval.

Used where the catalogue is silent, and beside it: a label names its product in the first lines, before a strength
("Karmel 75 mg tablets"), its substance behind "contains 75 mg of", and in brackets or a line of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

_HEAD = 30  # blocks that are searched for names: cover, name of the product, composition
_LINE = 200  # characters of a block that are searched
_MAX_NAMES = 4
_UNIT = r"(?:mg|g|ml|mL|µg|mcg|micrograms?|gramos?|IU|UI|units?)\b"
_BEFORE_STRENGTH = re.compile(rf"([^\W\d_][^\d\n,;:()%]{{2,50}}?)\s+\d[\d.,/ ]*\s*{_UNIT}")
_AFTER_STRENGTH = re.compile(rf"\d\s*{_UNIT}\s+(?:(?:of|de|di)\s+|d['’])([^\W\d_]{{6,}})")
_INN = re.compile(r"(.+?)[,;]?\s+INN\s*-\s*(.+?)[;.]?", re.IGNORECASE)
_LONG_WORD = re.compile(r"[^\W\d_]{6,}")
_TOOL_TITLE = re.compile(r"microsoft|untitled|\.docx?$|\.indd$|^\W*$", re.IGNORECASE)


def title_of(metadata_title: str, blocks: Sequence[str], file_name: str, names: Sequence[str]) -> str:
    """The title in the file's metadata when a person wrote it, else the line that names the product, else names."""
    stem = Path(file_name).stem
    if _INN.fullmatch(metadata_title):
        return f"{names[0]} ({names[1]})" if len(names) > 1 else stem
    if metadata_title and not _TOOL_TITLE.search(metadata_title):
        return metadata_title
    for block in blocks[:_HEAD]:
        if names and block.casefold().startswith(names[0].casefold()) and _is_title(block):
            return block.rstrip(" .")
    return f"{names[0]} ({stem})" if names else stem


def product_names(metadata_title: str, blocks: Sequence[str], text: str, file_name: str) -> tuple[str, ...]:
    """Brand and substance as the document has them, most telling first; empty when it names none."""
    folded = text.casefold()
    head = [block[:_LINE] for block in blocks[:_HEAD]]
    match = _INN.fullmatch(metadata_title)
    brand, substance = match.groups() if match else ("", "")
    brands = Counter({brand.strip(): folded.count(brand.casefold())} if brand and brand.casefold() in folded else {})
    if match and brands:
        return (brand.strip(), substance.strip())
    named = [found.group(1).strip() for block in head if (found := _BEFORE_STRENGTH.match(block))]
    brands.update({name: folded.count(name.casefold()) for name in named if name[0].isupper() or name in named[:1]})
    in_file_name = [word for word in _LONG_WORD.findall(Path(file_name).stem) if folded.count(word.casefold()) > 2]
    substances = Counter(name.casefold() for block in head for name in _AFTER_STRENGTH.findall(block))
    names = [] if match else in_file_name[:1]  # a portal's file names often name the product
    names += [name for name, count in brands.most_common(1) if count > 2]
    names += [substance.strip()] if substance else []
    names += [name for name, _ in substances.most_common(1) if folded.count(name) > 2]
    return tuple({name.casefold(): name for name in names}.values())[:_MAX_NAMES]


def _is_title(block: str) -> bool:
    return len(block) <= 120 and any(char.isdigit() for char in block)
