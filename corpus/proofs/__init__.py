"""Proofs of what stands in the log, for anyone: needs the standard library and `cryptography`, and nothing of ours."""
