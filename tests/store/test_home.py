"""The home folder and its lock."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from genyard.core.errors import HomeLocked, StorageFull, Unreachable
from genyard.core.settings import read_settings
from genyard.store.home import Home, ServerInfo

_HOLD = """
import sys
from pathlib import Path
from genyard.store.home import Home

with Home.at(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_new_home_is_this_users_alone(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "deep" / "home")
    for folder in (home.path, home.lake, home.wal, home.blobs, home.keys, home.backups, home.cache):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert Home.at(home.path) == home


def test_a_home_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unreachable, match="Not a directory"):
        Home.at(tmp_path / "file")


def test_the_catalog_is_in_the_home_unless_an_address_is_set(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    assert home.catalog_url(read_settings({}, environment={})) == f"sqlite:///{tmp_path}/catalog.sqlite3"
    assert home.catalog_url(read_settings({"catalog_url": "postgresql://db"}, environment={})) == "postgresql://db"


def test_a_home_has_one_writer_at_a_time(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    with home.lock(), pytest.raises(HomeLocked, match=f"in use by process {os.getpid()}"), home.lock():
        pytest.fail("two writers")
    with home.lock():
        pass


def test_who_is_refused_learns_the_holders_address(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    with home.lock():
        home.announce(ServerInfo(url="http://127.0.0.1:8321", pid=os.getpid(), token="t"))
        with pytest.raises(HomeLocked, match="serving http://127.0.0.1:8321"), home.lock():
            pytest.fail("two writers")


def test_a_killed_process_lets_go_of_the_home(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(HomeLocked, match=f"process {child.pid}"), home.lock():
            pytest.fail("two writers")
        child.send_signal(signal.SIGKILL)
        child.wait()
        with home.lock():
            pass


def test_what_a_server_announces_is_read_back_and_secret(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    info = ServerInfo(url="http://127.0.0.1:8321", pid=os.getpid(), token="secret")
    assert home.server_info() is None
    home.announce(info)
    assert home.server_info() == info
    assert (tmp_path / "server.json").stat().st_mode & 0o777 == 0o600
    home.withdraw()
    assert home.server_info() is None


def test_what_a_dead_server_left_is_nothing(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    home.announce(ServerInfo(url="http://127.0.0.1:8321", pid=gone.pid, token="t"))
    assert home.server_info() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1}'])
def test_a_broken_announcement_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "server.json").write_text(text)
    assert Home.at(tmp_path).server_info() is None


def test_work_is_not_begun_where_its_outcome_might_not_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home.at(tmp_path / "home")
    home.check_room()
    # The bound and not the disk is moved: a test cannot fill the machine's disk.
    monkeypatch.setattr("genyard.store.home.ROOM_BYTES", 2**62)
    with pytest.raises(StorageFull, match="are free where the home"):
        home.check_room()
