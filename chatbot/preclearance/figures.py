"""What an evaluation measured of the detectors, as the document shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its 95 % interval; nothing where it is no number."""

    suite: str
    dataset: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    gate: str  # what it is held to, and whether it is; empty without a gate


@dataclass(frozen=True, slots=True)
class Measured:
    """One evaluation's figures on the detectors."""

    verdict: str
    provenance: Mapping[str, str]
    figures: tuple[Figure, ...]

    def about(self, digest: str) -> str:
        """Whether it measured the policy with this SHA-256: "this", "another", or "unknown" where it doesn't say."""
        measured = self.provenance.get("Policy", "")
        if not measured:
            return "unknown"
        return "this" if measured.removeprefix("sha256:") == digest else "another"
