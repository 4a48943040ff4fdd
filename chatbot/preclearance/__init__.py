"""The whole answer space as one document that a reviewer reads and signs: Policy -> HTML."""
