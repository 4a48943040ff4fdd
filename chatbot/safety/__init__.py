"""Findings -> safety cases -> the people who answer for them: the book, the vault, and delivery with a clock."""
