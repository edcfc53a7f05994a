"""Genyard: the whole life of a generative-AI system."""
