"""Statistics of evaluations: pure functions, rows in, record out.

Import from the modules, each named after one noun. Which method is used where, and why: docs/design/statistics.md.
"""
