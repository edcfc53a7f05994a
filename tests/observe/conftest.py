"""A lake, and tracing into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.observe.masked import OnePolicy
from tests.store.lake_rows import open_lake

from genyard.core.clock import CountingClock
from genyard.core.ids import CountingIds
from genyard.observe.tracing import Tracing
from genyard.store.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    opened = open_lake(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def tracing(lake: Lake, clock: CountingClock, ids: CountingIds) -> Iterator[Tracing]:
    made = Tracing(lake, masking=OnePolicy(), clock=clock, ids=ids)
    yield made
    made.close()
