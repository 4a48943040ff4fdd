"""Characters of fonts that draw other signs than their code says: an "m" in Symbol is shown as µ, F0B3 as ≥."""

from __future__ import annotations

from ingest.errors import Quarantined

# Adobe's Symbol encoding (https://www.unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt), what text is written with.
_SYMBOL = (
    dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True))
    | dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλµνοπθρστυϖωξψζ", strict=True))
    | {ord(char): char for char in " !%()+,./0123456789:;<=>?[]_{|}"}
    | {0x2D: "−", 0x7E: "∼", 0xA2: "′", 0xA3: "≤", 0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓"}
    | {0xB0: "°", 0xB1: "±", 0xB2: "″", 0xB3: "≥", 0xB4: "×", 0xB5: "∝", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡"}
    | {0xBB: "≈", 0xBC: "…", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD6: "√", 0xD7: "⋅", 0xE2: "®", 0xE3: "©", 0xE4: "™"}
)
_WINGDINGS = {0x20: " ", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xDF: "←", 0xE0: "→"} | {
    0xE1: "↑", 0xE2: "↓", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"
}  # fmt: skip
_FONTS: dict[str, dict[int, str]] = {
    "symbol": _SYMBOL,
    "wingdings": _WINGDINGS,
    "wingdings 2": {},
    "wingdings 3": {},
    "webdings": {},
}


def readable(text: str, font: str) -> str:
    """``text`` as ``font`` shows it; raises ``Quarantined`` for signs that are not known."""
    known = _FONTS.get(font.casefold())
    if known is None and not any(map(_is_private, text)):
        return text
    return "".join(_sign(char, font, known) for char in text)


def _sign(char: str, font: str, known: dict[int, str] | None) -> str:
    if known is None and not _is_private(char):
        return char
    code = ord(char) - 0xF000 if 0xF000 <= ord(char) <= 0xF0FF else ord(char)
    sign = (known or {}).get(code)
    if sign is None:
        where = f"the font {font}" if font else "its font"
        raise Quarantined(f"the sign {ord(char):04X} of {where} can't be read as text; type it as a Unicode character")
    return sign


def _is_private(char: str) -> bool:
    return 0xE000 <= ord(char) <= 0xF8FF
