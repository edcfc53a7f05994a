"""Trajectories of a real agent, imported as traces: every turn and every call of a tool is a span, each once."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.projects import Project

CALLS = """
select trace_id, tool_name, tool_call_id, tool_arguments, tool_result
from spans where operation = 'execute_tool' order by trace_id, start_ns
"""
COUNTS = "select operation, count(*), count(distinct trace_id) from spans group by operation order by operation"


@pytest.fixture(scope="module")
def trajectories(shared_data: Path) -> Path:
    return shared_data / "tau_bench_airline" / "trajectories.jsonl"


@pytest.fixture(scope="module")
def recorded(trajectories: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in trajectories.read_text().splitlines()]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, trajectories: Path) -> Project:
    """A project with the file in it, and once more its first lines in a copy of the same time."""
    project = Project(root=tmp_path_factory.mktemp("airline"))
    done = project.ok("traces", "--import", str(trajectories))
    assert (done["lines"], done["spans"], done["refused"]) == (100, 2102, 0)
    again = project.root / "again.jsonl"
    again.write_text("".join(f"{line}\n" for line in trajectories.read_text().splitlines()[:10]))
    os.utime(again, ns=(trajectories.stat().st_mtime_ns,) * 2)
    assert project.ok("traces", "--import", str(again))["spans"] > 100
    return project


def asked(project: Project, select: str) -> list[list[Any]]:
    reply = project.ok("sql", select, "--limit", "1000")
    assert not reply["cut"]
    rows: list[list[Any]] = reply["rows"]
    return rows


def calls_of(trajectory: dict[str, Any]) -> list[list[Any]]:
    """Return the calls of a trajectory, each with the answer that follows it."""
    answers = [one["content"] for one in trajectory["traj"] if one["role"] == "tool"]
    calls = [call for one in trajectory["traj"] for call in one.get("tool_calls") or []]
    assert len(calls) == len(answers)
    return [
        [call["function"]["name"], call["id"], json.loads(call["function"]["arguments"]), meant(answer)]
        for call, answer in zip(calls, answers, strict=True)
    ]


def meant(text: str | None) -> Any:
    """Return objects and lists as values, and any other text as it is."""
    if text and text[0] in "{[":
        return json.loads(text)
    return text or None


def test_there_is_a_trace_a_trajectory_and_a_span_a_turn(imported: Project, recorded: list[dict[str, Any]]) -> None:
    turns = sum(one["role"] == "assistant" for trajectory in recorded for one in trajectory["traj"])
    with_calls = [one for one in recorded if calls_of(one)]
    assert asked(imported, COUNTS) == [
        ["chat", turns, 100],
        ["execute_tool", sum(len(calls_of(one)) for one in recorded), len(with_calls)],
        ["invoke_agent", 100, 100],
    ]


def test_tools_arguments_and_results_are_those_of_the_file(imported: Project, recorded: list[dict[str, Any]]) -> None:
    found: dict[str, list[list[Any]]] = {}
    for trace, name, call, arguments, result in asked(imported, CALLS):
        found.setdefault(trace, []).append([name, call, json.loads(arguments), json.loads(result or "null")])
    wanted = [calls for calls in map(calls_of, recorded) if calls]
    assert sorted(map(repr, found.values())) == sorted(map(repr, wanted))


def test_what_else_stands_in_a_line_is_metadata_of_its_trace(imported: Project, recorded: list[dict[str, Any]]) -> None:
    rewarded = "select count(*) from spans where operation = 'invoke_agent' and metadata->>'reward' = '1.0'"
    assert asked(imported, rewarded) == [[sum(one["reward"] for one in recorded)]]
    first = recorded[0]["traj"][1]["content"]
    assert first in {one["preview"] for one in imported.ok("traces", "--since", "366d", "--limit", "200")["traces"]}
