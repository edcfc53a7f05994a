"""The HTTP API and the pages over the same operations."""
