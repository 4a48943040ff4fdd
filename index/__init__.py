"""Passages -> Edition -> Retrieval."""
