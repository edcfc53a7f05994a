"""Prompts, data, retrieval and systems: what a generative application is made of."""
