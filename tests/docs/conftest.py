"""A terminal for each page, in the folder that the page asks for."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from tests.docs.projects import copy_example, make_released, served
from tests.docs.terminal import Terminal, terminal_in

Open = Callable[[str], AbstractContextManager[Terminal]]


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the set-up ``released``; pages get copies, for a home is moved by copying its folder."""
    folder = tmp_path_factory.mktemp("released") / "handbook"
    folder.mkdir()
    make_released(folder)
    return folder


@pytest.fixture
def open_terminal(tmp_path: Path, request: pytest.FixtureRequest) -> Open:
    """Opens a terminal in the folder of a set-up."""

    @contextmanager
    def opened(setup: str) -> Iterator[Terminal]:
        folder = tmp_path / "handbook"
        if setup == "released":
            shutil.copytree(request.getfixturevalue("released"), folder)
        else:
            folder.mkdir()
            copy_example(folder, pages_only=setup == "empty")
        with terminal_in(folder) as terminal:
            if setup in ("empty", "handbook"):
                yield terminal
            else:
                with served(folder, terminal.port):
                    yield terminal

    return opened
