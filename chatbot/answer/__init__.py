"""Retrieval -> Reply: select, support, compose, render."""
