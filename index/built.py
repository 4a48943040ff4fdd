"""What the last edition was built from, remembered: from the same it need not be built again. Safe to delete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from index.layout import Home

_TOOLS = ("bm25s", "faiss-cpu", "numpy", "onnxruntime", "scikit-learn", "scipy", "tokenizers")


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did."""

    edition: str
    passages: int
    encoded: int  # texts of passages and sentences that were not in the cache, each once


def inputs_digest(documents: Iterable[object], *others: object) -> str:
    """The digest of everything that can change an edition's bytes: ``documents`` and ``others`` by their ``repr``, the
    code of this package, and the tools it builds with.
    """
    code = [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(Path(__file__).parent.glob("*.py"))]
    parts = [*map(repr, documents), *map(repr, others), *code, *map(_installed, _TOOLS)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def built_from(home: Home, inputs: str) -> Built | None:
    """The edition that was built from these inputs, if it was the last; whether it is still whole is not looked at."""
    try:
        found = json.loads(home.built.read_text(encoding="utf-8"))
        return Built(str(found["edition"]), int(found["passages"]), 0) if found["inputs"] == inputs else None
    except (OSError, ValueError, KeyError, TypeError):  # lost, cut short or of another release: built again
        return None


def remember(home: Home, inputs: str, built: Built) -> None:
    """Notes what the edition was built from."""
    home.built.parent.mkdir(parents=True, exist_ok=True)
    part = home.built.with_name(f".{home.built.name}.part")
    value = {"inputs": inputs, "edition": built.edition, "passages": built.passages}
    part.write_text(json.dumps(value) + "\n", encoding="utf-8")
    part.replace(home.built)


def _installed(tool: str) -> str:
    try:
        return f"{tool} {version(tool)}"
    except PackageNotFoundError:
        return f"{tool} is not installed"
