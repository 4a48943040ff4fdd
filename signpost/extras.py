"""What an extra of the installation brings, and what is said where it isn't installed."""

from __future__ import annotations

from importlib.util import find_spec

from signpost.terminal import UsageError

_EXTRAS = {
    "ingest": (
        *("docx", "lxml", "markdown_it", "onnx", "openpyxl", "PIL", "pptx"),
        *("py3langid", "pypdf", "pypdfium2", "sentencex", "torch"),
    ),
    "eval": ("matplotlib", "scipy"),
    "postgresql": ("psycopg",),
}


def need(*modules: str) -> None:
    """Raises ``UsageError`` for the first that isn't installed."""
    for module in modules:
        if find_spec(module) is None:
            raise UsageError(lacking(module))


def lacking(module: str | None) -> str:
    """What to say of a module that isn't there; empty for one that no extra brings."""
    top = (module or "").partition(".")[0]
    for extra, brought in _EXTRAS.items():
        if top in brought:
            return f"{top} isn't installed; run: pip install 'signpost[{extra}]'"
    return ""
