"""Masking: personal data and secrets are replaced in one place, before a row touches the disk."""
