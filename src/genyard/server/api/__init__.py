"""The HTTP API, one file a noun: a handler parses, calls one operation, renders."""
