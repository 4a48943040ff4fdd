"""Addresses as replies show them: whatever stands there, judging it ends in a fault and never in an error."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

_SENDABLE = re.compile(r"[!-~]+")  # what a request's first line can hold


def parts_of(url: str) -> SplitResult | None:
    """The parts of an address; None when it leads to nowhere: empty, with spaces, beyond ASCII, or torn."""
    try:
        return urlsplit(url) if _SENDABLE.fullmatch(url) else None
    except ValueError:  # a bracket without its other one, for example
        return None


def asked_for(url: str, name: str) -> str | None:
    """The first value of a parameter of an address; None when it has none."""
    parts = parts_of(url)
    return parse_qs(parts.query).get(name, [None])[0] if parts else None


def leads_on(url: str) -> bool:
    """Whether a page of the service can lead there: by a path of its own, or to another site by https."""
    parts = parts_of(url)
    if parts is None:
        return False
    if parts.scheme or parts.netloc:
        return parts.scheme == "https" and bool(parts.netloc)
    return parts.path.startswith("/")
