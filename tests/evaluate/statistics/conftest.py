"""Property tests without a clock: a loaded machine must not fail a statement about numbers."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
