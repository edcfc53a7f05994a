"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from genyard.core.clock import CountingClock
from genyard.core.ids import CountingIds

# A shared machine may take a second where an idle one takes a millisecond: examples are counted, not timed.
settings.register_profile("genyard", deadline=None)
settings.load_profile("genyard")


def missing(reason: str) -> None:
    """Skip for ``reason``; with CI=true fail instead, because CI runs with nothing skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI runs with nothing skipped, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data written by others: GENYARD_DATA, else ../shared/data beside the checkout."""
    folder = Path(os.environ.get("GENYARD_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        missing(f"the shared data is not at {folder} (set GENYARD_DATA)")
    return folder


@pytest.fixture
def clock() -> CountingClock:
    return CountingClock()


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()
