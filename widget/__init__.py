"""What runs in the reader's browser; speaks HTTP only."""

from pathlib import Path

ELEMENT = Path(__file__).parent / "element"
