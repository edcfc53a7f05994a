"""The server's own log: what is wrong with the path of the home is told like anything else that is."""

import logging
from pathlib import Path

import pytest

from genyard.core.errors import Unreachable
from genyard.server.logs import logging_to


def test_a_file_in_the_place_of_the_home_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    with pytest.raises(Unreachable, match="cannot use the home"), logging_to(tmp_path / "home", watched=False):
        pass


def test_a_log_that_cannot_be_opened_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "home" / "genyard.log").mkdir(parents=True)
    with pytest.raises(Unreachable, match="Is a directory"), logging_to(tmp_path / "home", watched=False):
        pass


def test_what_is_wrong_is_kept_in_the_home(tmp_path: Path) -> None:
    with logging_to(tmp_path / "home", watched=False):
        logging.getLogger("genyard.server").warning("odd")
    assert "odd" in (tmp_path / "home" / "genyard.log").read_text()
