"""``genyard lake`` and ``genyard erase``: what the lake takes, its limits, and what goes from it."""

import io
from pathlib import Path

import pytest
from tests.projects import ROWS, Project, make_project


def holding(home: Path, word: str) -> list[str]:
    return [path.name for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_a_trace_is_shown_and_erased(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    gone = project.ok("run", ROWS[0][1])["trace_id"]
    shown = project("lake").out
    assert "spans   1" in shown
    assert "days are kept for ever" in shown
    found = project.ok("erase", "--trace", gone, "--dry-run")
    told = project.ok("erase", "--trace", gone)
    assert (found["traces"], told["traces"], told["spans"]) == (1, 1, found["spans"])
    # What was asked stands in no table of the jobs, and no draft keeps it.
    assert holding(tmp_path / ".genyard", gone) == []
    event = project.ok("audit", "--limit", "1")["events"][0]
    assert (event["verb"], event["detail"]) == ("erased", told)


class Terminal(io.StringIO):
    """A person who types at a terminal."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_an_erasure_says_what_would_go_and_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path)
    gone = project.ok("run", ROWS[0][1])["trace_id"]
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    refused = project("erase", "--trace", gone)
    assert (refused.code, "would erase 1 traces" in refused.err, "nothing was erased" in refused.err) == (
        130,
        True,
        True,
    )
    assert len(project.ok("traces")["traces"]) == 1
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    assert project("erase", "--trace", gone).out.startswith("erased 1 traces")
    monkeypatch.setattr("sys.stdin", Terminal(""))
    assert project("erase", "--user", "nobody", "--yes").code == 0
    assert project("erase", "--user", "nobody", "--dry-run").code == 0


def test_a_small_quota_is_told_in_a_unit_that_shows_it(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    project.ok("run", ROWS[0][1])
    assert " of 2 kB" in project("lake", "limits", "--quota-gb", "0.000002").out
    assert "its quota is 2 kB" in project("run", ROWS[1][1]).err


def test_an_erasure_is_of_one_subject(tmp_path: Path) -> None:
    project = Project(root=tmp_path)
    assert project("erase", "--json").error["code"] == "invalid_input"
    assert project("erase", "--user", "a", "--session", "b", "--json").error["code"] == "invalid_input"
