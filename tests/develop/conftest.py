"""An opened home."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.homes import opened

from genyard.app import App


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(tmp_path) as app:
        yield app
