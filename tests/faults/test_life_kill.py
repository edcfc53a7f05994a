"""The life of a system under SIGKILL and Ctrl-C: what was acknowledged is there once, the rest is taken up."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.life_child import POINTS
from tests.processes import begin, ended
from tests.projects import ROWS, WITHOUT_PASSAGES, Project, make_project
from tests.upstream import Upstream, upstream

IN_FLIGHT = 2
QUESTIONS = [question for _, question, _ in ROWS]


@pytest.fixture
def provider() -> Iterator[Upstream]:
    with upstream() as here:
        here.say = {question: f"It is {answer} ." for _, question, answer in ROWS}.__getitem__
        yield here


@pytest.fixture
def project(tmp_path: Path, provider: Upstream) -> Project:
    settings = {"GENYARD_EVAL_CONCURRENCY": str(IN_FLIGHT), "GENYARD_MAX_RETRIES": "0"}
    return make_project(tmp_path, model=provider.model, environment=settings)


def stop_in_evaluation(project: Project, provider: Upstream, *, verb: str, by: signal.Signals) -> tuple[int, str, str]:
    """Stop ``genyard VERB`` when three cases are answered and durable, and two more are in flight."""
    provider.free = 3
    process = begin(project, verb)
    assert provider.arrived(3 + IN_FLIGHT), process.communicate()
    process.send_signal(by)
    outcome = ended(process)
    provider.let_go()
    return outcome


def check_taken_up(project: Project, provider: Upstream, *, verb: str) -> None:
    """Run the verb to its end: only what was in flight was asked a second time, and each case was answered once."""
    report = project.ok(verb)
    assert report["gate"]["verdict"] == "pass"
    assert len(provider.asked) == len(ROWS) + IN_FLIGHT
    assert set(provider.asked) == set(QUESTIONS)
    cases = report["evaluations"][0]["cases"]
    assert (cases["total"], cases["failed"]) == (len(ROWS), 0)
    answered = [one for one in project.ok("traces", "--limit", "100")["traces"] if one["status"] == "ok"]
    assert len(answered) == len(ROWS)


@pytest.mark.parametrize("verb", ["eval", "release"])
def test_a_killed_evaluation_asks_again_only_what_was_in_flight(
    project: Project, provider: Upstream, verb: str
) -> None:
    code, _, _ = stop_in_evaluation(project, provider, verb=verb, by=signal.SIGKILL)
    assert code == -signal.SIGKILL
    check_taken_up(project, provider, verb=verb)
    assert [job["state"] for job in project.ok("jobs")["jobs"]] == ["done"]


@pytest.mark.parametrize("verb", ["eval", "release"])
def test_ctrl_c_stops_an_evaluation_whose_model_does_not_answer(
    project: Project, provider: Upstream, verb: str
) -> None:
    code, out, err = stop_in_evaluation(project, provider, verb=verb, by=signal.SIGINT)
    assert (code, out, err) == (130, "", "genyard: stopped  (run the command again to go on)\n")
    assert [job["state"] for job in project.ok("jobs")["jobs"]] == ["cancelled"]
    check_taken_up(project, provider, verb=verb)


def test_a_release_whose_evaluation_was_killed_twice_is_one_release(project: Project, provider: Upstream) -> None:
    for free in (2, 4):
        provider.free = free
        process = begin(project, "release")
        assert provider.arrived(free + IN_FLIGHT)
        process.kill()
        ended(process)
    provider.let_go()
    made = project.ok("release")
    assert (made["version"], project.ok("release")["digest"]) == (1, made["digest"])
    assert [one["version"] for one in project.ok("releases")["releases"]] == [1]


def child(project: Project, point: str, *arguments: str) -> int:
    """Run ``genyard ARGUMENTS`` in a process that kills itself at ``point``."""
    code, _, _ = ended(begin(project, point, *arguments, program=KILLED))
    return code


KILLED = (sys.executable, "-m", "tests.faults.life_child")


@pytest.mark.parametrize("point", [one for one in POINTS if "index" in one])
def test_a_killed_index_is_built_whole_or_again(tmp_path: Path, point: str) -> None:
    project = make_project(tmp_path)
    assert child(project, point, "index") == -signal.SIGKILL
    first, again = project.ok("index")["indexes"], project.ok("index")["indexes"]
    assert (first[0]["documents"], first[0]["chunks"], again[0]["built"]) == (3, 4, False)
    assert "ten seconds" in project.ok("run", QUESTIONS[0])["text"]
    assert project.ok("audit", "verify")["whole"]


@pytest.mark.parametrize("point", [one for one in POINTS if "release" in one])
def test_a_killed_release_is_there_once(tmp_path: Path, point: str) -> None:
    project = make_project(tmp_path)
    assert child(project, point, "release") == -signal.SIGKILL
    made = project.ok("release")
    assert [one["digest"] for one in project.ok("releases")["releases"]] == [made["digest"]]
    assert project.ok("release")["digest"] == made["digest"]
    assert project.ok("audit", "verify")["whole"]


@pytest.mark.parametrize("point", [one for one in POINTS if "deploy" in one])
def test_a_killed_deployment_happened_whole_or_not_at_all(tmp_path: Path, point: str) -> None:
    project = make_project(tmp_path, gates="[{metric: contains, on: golden, at_least: 0.01}]")
    old = project.ok("release")["digest"]
    project.ok("deploy", "desk", "--to", "prod")
    project.replace("genyard.yaml", "top_k: 4", "top_k: 3")
    new = project.ok("release")["digest"]
    assert child(project, point, "deploy", "desk", "--to", "prod") == -signal.SIGKILL
    happened = point.startswith("after")
    serving = {one["digest"]: one["serves"] for one in project.ok("releases")["releases"]}
    assert serving == ({old: [], new: ["prod"]} if happened else {old: ["prod"], new: []})
    events = [one for one in project.ok("audit")["events"] if one["verb"] == "deployed"]
    assert len(events) == (2 if happened else 1)
    assert project.ok("audit", "verify")["whole"]
    back = project("rollback", "desk")
    assert back.code == (0 if happened else 2)


def test_what_was_worse_before_a_kill_is_worse_after_it(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    project.write("prompts/answer.md", WITHOUT_PASSAGES)
    assert child(project, "before the release is published", "release") == -signal.SIGKILL
    assert project("release").code == 4
    assert project("deploy", "desk", "--to", "prod").code == 4
