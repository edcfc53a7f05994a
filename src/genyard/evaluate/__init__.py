"""Is it good enough: the runner, the statistics and the gates."""
