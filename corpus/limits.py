"""The bounds of what is stored, each with its reason; docs/limits.md lists them."""

from __future__ import annotations

LEAF_BYTES = 64 * 1024  # of an audit record: text stays outside the leaf
