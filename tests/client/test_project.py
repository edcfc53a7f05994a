"""The Python API: the verbs of the life over a project folder, and what a light installation says."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
from tests.projects import WITHOUT_PASSAGES, Project, make_project

import genyard
from genyard.client.project import Project as OpenProject
from genyard.core.errors import GateNotPassed


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "desk")


def _opened(project: Project) -> OpenProject:
    return genyard.connect(str(project.root), home=str(project.root / ".genyard"))


def test_a_program_does_what_the_command_line_does(project: Project) -> None:
    with _opened(project) as opened:
        texts: list[str] = []
        answer = opened.run("What does a lost badge cost?", on_text=texts.append)
        assert "".join(texts) == answer["text"]
        made = opened.release()
        assert made["gate"]["verdict"] == "pass"
        system = made["name"]
        moved = opened.deploy(system, to="prod", why="first")
        assert (moved["digest"], opened.releases(system)["releases"][0]["serves"]) == (made["digest"], ["prod"])
        assert opened.why(answer["trace_id"])["release"] is None
        assert opened.affected("it/badges.md")["endpoints"] == [f"{system}@prod"]
        assert opened.traces(limit=1)["traces"]
        assert opened.sql("FROM range(9)", limit=2, timeout_s=30)["rows"] == [[0], [1]]
        assert [one["name"] for one in opened.sql_tables()["tables"]] == ["spans", "scores", "logs"]


def test_what_arrives_is_followed_from_the_call_on(project: Project) -> None:
    with _opened(project) as opened:
        opened.run("What does a lost badge cost?")
        arriving = opened.follow("-status:error", poll_s=0.01)
        second = opened.run("How long is the leave?")
        assert next(arriving)["trace_id"] == second["trace_id"]
        third = opened.run("How long is the leave?")
        assert next(arriving)["trace_id"] == third["trace_id"]


def test_a_gate_that_does_not_pass_is_an_error_of_the_tree(project: Project) -> None:
    project.write("prompts/answer.md", WITHOUT_PASSAGES)
    with _opened(project) as opened:
        made = opened.release()
        assert made["gate"]["verdict"] != "pass"
        with pytest.raises(GateNotPassed, match="may not serve prod"):
            opened.deploy(made["name"], to="prod")


def test_without_the_server_one_line_says_how_to_get_it() -> None:
    # In a process of its own: to import the rooms anew in this one would leave two copies of them.
    code = """
import sys
sys.modules["sqlalchemy"] = None
from genyard.client.connect import local_server
from genyard.core.errors import Unreachable
try:
    local_server()
except Unreachable as told:
    print(told.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "genyard[server]" in done.stdout


def test_importing_genyard_loads_nothing_heavy() -> None:
    heavy = "{'httpx2', 'pydantic', 'duckdb', 'sqlalchemy', 'numpy', 'typer'}"
    code = f"import sys, genyard; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_these() -> None:
    assert sorted(genyard.__all__) == [
        "GenyardError",
        "__version__",
        "connect",
        "current_trace",
        "feedback",
        "flush",
        "init",
        "observe",
        "score",
        "session",
    ]
    assert importlib.metadata.version("genyard") == genyard.__version__
