"""The jobs' database as it may be found."""

from pathlib import Path

import pytest

from genyard.core.errors import Corrupted
from genyard.jobs.dbos_client import open_client


def test_a_damaged_file_is_told_as_one(tmp_path: Path) -> None:
    file = tmp_path / "jobs.sqlite3"
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(Corrupted, match="damaged"):
        open_client(f"sqlite:///{file}", patient=False)


def test_a_damaged_page_is_told_as_damage(tmp_path: Path) -> None:
    file = tmp_path / "jobs.sqlite3"
    open_client(f"sqlite:///{file}", patient=False).destroy()
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(Corrupted, match="damaged"):
        open_client(f"sqlite:///{file}", patient=False)
