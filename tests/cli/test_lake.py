"""``genyard lake`` and ``genyard erase``: what the lake takes, its limits, and what goes from it."""

from pathlib import Path

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


def test_an_erasure_is_of_one_subject(tmp_path: Path) -> None:
    project = Project(root=tmp_path)
    assert project("erase", "--json").error["code"] == "invalid_input"
    assert project("erase", "--user", "a", "--session", "b", "--json").error["code"] == "invalid_input"
