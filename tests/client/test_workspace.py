"""The project folder: what is found, what is sent, and what is refused."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from genyard.client import workspace
from genyard.client.api import Client
from genyard.client.workspace import check_out, code_of, find_root, open_workspace
from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import InvalidInput, NotFound, TooLarge


class Server:
    """Answers as the API does, and remembers what it was sent."""

    def __init__(self, patterns: list[str], *, has: set[Digest] | None = None) -> None:
        self.patterns = patterns
        self.has = has or set()
        self.sent: list[bytes] = []
        self.checkout: dict[str, Any] = {}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path == "/api/plan":
            return httpx2.Response(200, json={"patterns": self.patterns, "project": "acme"})
        if path.endswith("/missing"):
            asked = json.loads(request.content)["digests"]
            return httpx2.Response(200, json={"missing": [one for one in asked if one not in self.has]})
        if request.method == "PUT":
            self.sent.append(request.content)
            return httpx2.Response(200, json={})
        self.checkout = json.loads(request.content)
        return httpx2.Response(200, json={"checkout": "sha256:x", "systems": ["desk"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in {"genyard.yaml": "project: acme\n", "a.md": "a", "docs/b.md": "b", "docs/deep/c.md": "b"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def sent(folder: Path, server: Server) -> Server:
    with Client("http://here", key="k", project="acme", transport=httpx2.MockTransport(server)) as client:
        check_out(open_workspace(folder), client)
    return server


def test_the_files_that_the_patterns_match_are_sent_once_each(folder: Path) -> None:
    server = sent(folder, Server(["docs/**/*.md", "a.md", "*.md"]))
    assert server.checkout["files"] == {
        "a.md": digest_of_bytes(b"a"),
        "docs/b.md": digest_of_bytes(b"b"),
        "docs/deep/c.md": digest_of_bytes(b"b"),
    }
    assert sorted(server.sent) == [b"a", b"b"]
    assert server.checkout["manifest"] == "project: acme\n"


def test_what_the_server_has_is_not_sent(folder: Path) -> None:
    assert sent(folder, Server(["*.md", "docs/*.md"], has={digest_of_bytes(b"a")})).sent == [b"b"]


@pytest.mark.parametrize("pattern", ["nothing.md", "docs", "docs/*.txt", "nowhere/**/*.md"])
def test_a_pattern_without_a_file_is_named(folder: Path, pattern: str) -> None:
    with pytest.raises(NotFound, match="but no file here matches it") as raised:
        sent(folder, Server([pattern]))
    assert pattern in raised.value.message


def test_a_link_that_leads_out_is_refused_and_one_that_stays_inside_is_not(folder: Path) -> None:
    (folder / "docs" / "inside.md").symlink_to(folder / "a.md")
    assert "docs/inside.md" in sent(folder, Server(["docs/*.md"])).checkout["files"]
    (folder / "docs" / "outside.md").symlink_to("/etc/hostname")
    with pytest.raises(InvalidInput, match="leads out of"):
        sent(folder, Server(["docs/*.md"]))
    (folder / "docs" / "outside.md").unlink()
    (folder / "docs" / "loop.md").symlink_to(folder / "docs" / "loop.md")
    assert "docs/loop.md" not in sent(folder, Server(["docs/*.md"])).checkout["files"]


def test_files_and_counts_over_the_bounds_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "MAX_FILES", 1)
    with pytest.raises(TooLarge, match="more than 1 files"):
        sent(folder, Server(["docs/**/*.md"]))
    monkeypatch.setattr(workspace, "MAX_FILE_BYTES", 0)
    with pytest.raises(TooLarge, match=r"genyard\.yaml is over"):
        sent(folder, Server(["a.md"]))


def test_what_is_no_file_and_a_manifest_that_is_no_text(folder: Path) -> None:
    os.mkfifo(folder / "docs" / "pipe.md")
    assert "docs/pipe.md" not in sent(folder, Server(["docs/*.md"])).checkout["files"]
    (folder / "genyard.yaml").write_bytes(b"project: \xff")
    with pytest.raises(InvalidInput, match=r"genyard\.yaml is not UTF-8 text \(byte 9\)"):
        open_workspace(folder)


def test_the_nearest_manifest_above_is_the_project(folder: Path) -> None:
    assert find_root(folder / "docs" / "deep") == folder
    assert open_workspace(folder / "docs" / "deep").root == folder
    with pytest.raises(NotFound, match=r"no genyard\.yaml in / or above it"):
        open_workspace(Path("/"))


def test_a_folder_without_a_manifest_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound) as caught:
        open_workspace(Path("."))
    assert caught.value.message == f"no genyard.yaml in {tmp_path.resolve()} or above it"


@pytest.fixture
def git(folder: Path) -> Callable[..., None]:
    def run(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)

    run("init", "-q")
    return run


def test_the_commit_goes_along_and_what_is_not_committed_as_a_digest(folder: Path, git: Callable[..., None]) -> None:
    assert code_of(folder) is None
    git("add", ".")
    git("commit", "-qm", "first")
    clean = code_of(folder)
    assert clean is not None
    assert clean.keys() == {"commit"}
    (folder / "a.md").write_text("changed")
    changed = code_of(folder)
    (folder / "new.md").write_text("new")
    untracked = code_of(folder)
    assert changed is not None
    assert untracked is not None
    assert changed["commit"] == untracked["commit"] == clean["commit"]
    assert len({changed["diff"], untracked["diff"]}) == 2
    assert sent(folder, Server(["a.md"])).checkout["code"] == untracked


def test_outside_of_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert code_of(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert code_of(tmp_path) is None
