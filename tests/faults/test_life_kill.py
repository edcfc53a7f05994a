"""The life of a system under SIGKILL and Ctrl-C: what was acknowledged is there once, the rest is taken up."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.life_child import POINTS
from tests.processes import begin, ended
from tests.projects import ROWS, Project, make_project
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
    provider.hold_after(3)
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


def test_a_killed_release_asks_again_only_what_was_in_flight(project: Project, provider: Upstream) -> None:
    code, _, _ = stop_in_evaluation(project, provider, verb="release", by=signal.SIGKILL)
    assert code == -signal.SIGKILL
    check_taken_up(project, provider, verb="release")
    assert [job["state"] for job in project.ok("jobs")["jobs"]] == ["done"]
    assert [one["version"] for one in project.ok("releases")["releases"]] == [1]
    assert [run["status"] for run in project.ok("runs")["runs"]] == ["done", "interrupted"]


def test_ctrl_c_stops_an_evaluation_whose_model_does_not_answer(project: Project, provider: Upstream) -> None:
    code, out, err = stop_in_evaluation(project, provider, verb="eval", by=signal.SIGINT)
    assert (code, out, err) == (130, "", "genyard: stopped  (run the command again to go on)\n")
    assert [job["state"] for job in project.ok("jobs")["jobs"]] == ["cancelled"]
    check_taken_up(project, provider, verb="eval")


STOPPED = (sys.executable, "-m", "tests.faults.life_child")


def stops(verb: str) -> pytest.MarkDecorator:
    """A kill at every point of a verb, and Ctrl-C at the first."""
    points = [point for point in POINTS if verb in point]
    return pytest.mark.parametrize(
        ("point", "by"), [*((point, signal.SIGKILL) for point in points), (points[0], signal.SIGINT)]
    )


def stop(project: Project, point: str, *arguments: str, by: signal.Signals) -> None:
    """Run ``genyard ARGUMENTS`` in a process that stops itself at ``point``."""
    code, out, err = ended(begin(project, by.name, point, *arguments, program=STOPPED))
    if by == signal.SIGKILL:
        assert code == -signal.SIGKILL, err
    else:
        assert (code, out, err) == (130, "", "genyard: stopped  (run the command again to go on)\n")


@stops("index")
def test_a_stopped_index_is_built_whole_or_again(tmp_path: Path, point: str, by: signal.Signals) -> None:
    project = make_project(tmp_path)
    stop(project, point, "index", by=by)
    first, again = project.ok("index")["indexes"], project.ok("index")["indexes"]
    assert (first[0]["documents"], first[0]["chunks"], again[0]["built"]) == (3, 4, False)
    assert "ten seconds" in project.ok("run", QUESTIONS[0])["text"]
    assert project.ok("audit", "verify")["whole"]


@stops("release")
def test_a_stopped_release_is_there_once(tmp_path: Path, point: str, by: signal.Signals) -> None:
    project = make_project(tmp_path)
    stop(project, point, "release", by=by)
    made = project.ok("release")
    assert [one["digest"] for one in project.ok("releases")["releases"]] == [made["digest"]]
    assert project.ok("release")["digest"] == made["digest"]
    assert project.ok("audit", "verify")["whole"]


@pytest.fixture(scope="module")
def two_releases(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose first release serves, and whose second waits."""
    project = make_project(tmp_path_factory.mktemp("two"), gates="[{metric: contains, on: golden, at_least: 0.01}]")
    project.ok("release")
    project.ok("deploy", "desk", "--to", "prod")
    project.replace("genyard.yaml", "top_k: 4", "top_k: 3")
    project.ok("release")
    return project


@stops("deploy")
def test_a_stopped_deployment_happened_whole_or_not_at_all(
    two_releases: Project, tmp_path: Path, point: str, by: signal.Signals
) -> None:
    project = two_releases.copied(tmp_path)
    stop(project, point, "deploy", "desk", "--to", "prod", by=by)
    serving = {one["version"]: one["serves"] for one in project.ok("releases")["releases"]}
    # A kill says at which point it happened; what Ctrl-C met half way may be finished before the home is closed.
    happened = point.startswith("after") if by == signal.SIGKILL else serving[2] == ["prod"]
    assert serving == ({1: [], 2: ["prod"]} if happened else {1: ["prod"], 2: []})
    events = [one for one in project.ok("audit")["events"] if one["verb"] == "deployed"]
    assert len(events) == (2 if happened else 1)
    assert project.ok("audit", "verify")["whole"]
    assert project("rollback", "desk").code == (0 if happened else 2)
