"""What runs in the reader's browser; speaks HTTP only."""

from pathlib import Path

DEMO = Path(__file__).parent / "demo"
