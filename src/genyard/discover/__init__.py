"""Models: what there is, what it costs, and how it is asked."""
