"""Benchmarks: each module is a command, ``python -m bench NAME``. Figures of record stand in RESULTS.md."""
