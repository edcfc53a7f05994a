"""Who may do what, and the chain of what was done."""
