"""The forms of JSON values, written as values, and where something that was read isn't of its form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_CHARACTERS = 40  # of a wrong value in a message
_NAMES = {str: "a text", int: "a number", bool: "true or false", dict: "an object", list: "a list", type(None): "null"}


def misfit(value: Any, shape: Any, where: str = "") -> str:
    """Where ``value`` first isn't of ``shape``, for a person: "citations[0].page is 'x', not a number or null".

    Empty when it fits. A shape is a type, None, a tuple of alternatives, a list of the one shape that every row has, or
    an object's shapes by key, where a key that ends in "?" may be missing. Keys beyond them are free.
    """
    if isinstance(shape, tuple):
        found = [misfit(value, one, where) for one in shape]
        inside = [text for text, one in zip(found, shape, strict=True) if _type(one) is type(value)]
        return "" if "" in found else (inside or [_wrong(value, shape, where)])[0]
    if type(value) is not _type(shape):  # not isinstance: true is no number
        return _wrong(value, (shape,), where)
    if isinstance(shape, list) and isinstance(value, list):
        return _first(misfit(row, shape[0], f"{where}[{at}]") for at, row in enumerate(value))
    if isinstance(shape, dict) and isinstance(value, dict):
        return _first(_key(value, key, inner, where) for key, inner in shape.items())
    return ""


def _key(value: dict[str, Any], key: str, shape: Any, where: str) -> str:
    name = key.removesuffix("?")
    place = f"{where}.{name}" if where else name
    if name in value:
        return misfit(value[name], shape, place)
    return "" if key.endswith("?") else f"{place} is missing"


def _first(found: Iterable[str]) -> str:
    return next((text for text in found if text), "")


def _type(shape: Any) -> type:
    """The type of the values that can have this shape."""
    return shape if isinstance(shape, type) else type(shape)


def _wrong(value: Any, shapes: tuple[Any, ...], where: str) -> str:
    said = repr(value)
    short = said if len(said) <= _CHARACTERS else f"{said[:_CHARACTERS]}…"
    *others, last = (_NAMES[_type(shape)] for shape in shapes)
    return f"{where or 'it'} is {short}, not {', '.join(others)}{' or ' if others else ''}{last}"
