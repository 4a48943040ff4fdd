"""How much of a file its document has, as far as that can be told without a person; kept beside the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PageCoverage:
    """One page: how many words the second reader sees on it, and which of them the document lacks there."""

    page: int  # 1-based
    words: int
    missed: tuple[str, ...]  # folded, in the second reader's order; one that stands twice may be missed once

    @property
    def share(self) -> float:
        """The share of the words that are covered; 1.0 on a page without words."""
        return 1 - len(self.missed) / self.words if self.words else 1.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the second reader and the recogniser of languages say of one document."""

    pages: tuple[PageCoverage, ...]  # empty in formats without pages
    removed: Mapping[int, str]  # headers, footers and hidden text that were taken out, by 1-based page
    short: tuple[int, ...]  # the pages that lack so much that the document waits for a person
    language: float  # the share of samples of the text that are in the document's language


def coverage_value(coverage: Coverage) -> dict[str, Any]:
    """A coverage as a JSON value."""
    return {
        "pages": [[page.page, page.words, list(page.missed)] for page in coverage.pages],
        "removed": [[page, text] for page, text in sorted(coverage.removed.items())],
        "short": list(coverage.short),
        "language": coverage.language,
    }


def coverage_from_value(value: Mapping[str, Any]) -> Coverage:
    """The inverse of :func:`coverage_value`."""
    pages = tuple(PageCoverage(page, words, tuple(missed)) for page, words, missed in value["pages"])
    return Coverage(pages, dict(value["removed"]), tuple(value["short"]), float(value["language"]))
