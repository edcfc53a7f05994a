"""An opened home, shared by the tests of a module."""

from collections.abc import Iterator

import pytest
from tests.homes import opened

from genyard.app import App


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with opened(tmp_path_factory.mktemp("home")) as app:
        yield app
