"""The embedded reader: a small extractive model that answers from the passages in its prompt, or does not know."""
