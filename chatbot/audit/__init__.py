"""The append-only record of every reply: leaf, body, keys."""
