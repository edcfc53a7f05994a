"""Every dialect of gen-AI telemetry, read into the one row of the lake.

``row`` is the way in. ``names`` has the table of attribute names; a module each knows what a dialect does that a table
cannot say. ``docs/dialects.md`` tells which column comes from where.
"""
