"""Durable work: enqueue by name, schedule, retry, cancel, resume, wait for a person."""
