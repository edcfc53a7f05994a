"""Which server is spoken to: the one asked for, then the home's own, then the one logged in to, then none."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.projects import make_project

import genyard
from genyard.client.connect import connect, credentials_file, home_of, logged_in, running_server
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def settings(**given: str) -> Settings:
    return read_settings(given, environment={})


@pytest.fixture
def own() -> Iterator[str]:
    """The address of something that listens, as a server of the home does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def announce(home: Path, url: str, *, pid: int | None = None) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "server.json").write_text(json.dumps({"url": url, "pid": pid or os.getpid(), "token": "t"}))


def log_in() -> None:
    credentials_file().parent.mkdir(parents=True)
    credentials_file().write_text(json.dumps({"url": "http://shared", "key": "k"}))


def url(given: Settings, start: Path) -> str:
    with connect(given, start=start) as client:
        return client.url


def test_the_order_of_servers(tmp_path: Path, own: str) -> None:
    assert url(settings(), tmp_path) == "http://genyard.local"
    log_in()
    assert url(settings(), tmp_path) == "http://shared"
    (tmp_path / "genyard.yaml").write_text("project: acme\n")
    announce(home_of(settings(), tmp_path), own)
    assert url(settings(), tmp_path) == own
    assert url(settings(url="http://asked/", key="k"), tmp_path) == "http://asked"


def test_an_address_without_a_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="GENYARD_URL is set, but GENYARD_KEY is not"):
        connect(settings(url="http://asked"), start=tmp_path)


def test_a_server_that_is_gone_is_not_asked(tmp_path: Path, own: str) -> None:
    announce(tmp_path / "gone", own, pid=2**22 + 1)
    announce(tmp_path / "another has its number", "http://127.0.0.1:1")
    announce(tmp_path / "here", own)
    assert running_server(tmp_path / "gone") is None
    assert running_server(tmp_path / "another has its number") is None
    assert running_server(tmp_path / "here") == (own, "t")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"url": "http://own"}', '{"url": "x", "pid": "y", "token": "t"}']
)
def test_a_file_that_says_nothing_of_a_server_is_as_if_it_was_not_there(tmp_path: Path, text: str) -> None:
    (tmp_path / "server.json").write_text(text)
    assert running_server(tmp_path) is None
    credentials_file().parent.mkdir(parents=True)
    credentials_file().write_text(text)
    assert logged_in() is None


def test_the_home_lies_beside_the_nearest_manifest(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert home_of(settings(), inner) == inner / ".genyard"
    (tmp_path / "a" / "genyard.yaml").write_text("project: acme\n")
    assert home_of(settings(), inner) == tmp_path / "a" / ".genyard"
    assert home_of(settings(home=str(tmp_path / "else")), inner) == tmp_path / "else"


def test_a_project_that_cannot_be_opened_lets_go_of_its_home(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    project.replace("genyard.yaml", "systems:", "sytems:")
    before = threading.active_count()
    with pytest.raises(InvalidInput, match="sytems"):
        genyard.connect(str(tmp_path))
    assert threading.active_count() == before
    project.replace("genyard.yaml", "sytems:", "systems:")
    with genyard.connect(str(tmp_path)) as opened, pytest.raises(NotFound):
        opened.why("0" * 32)
