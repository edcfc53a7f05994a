"""Releases, endpoints and the gateway."""
