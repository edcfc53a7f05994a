"""Lineage: from an answer back to everything that made it, and forward from anything to the answers it touched."""
