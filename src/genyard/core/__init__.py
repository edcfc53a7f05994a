"""Leaves that every room may use: errors, ids, clock, settings, digests, references, records. No I/O."""
