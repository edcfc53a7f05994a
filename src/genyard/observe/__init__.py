"""Spans and scores: made by our own code, written to the lake, read back."""
