"""The life of a system under SIGKILL and Ctrl-C: what was acknowledged is there once, the rest is taken up."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
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


def stop_in_evaluation(project: Project, provider: Upstream, *, verb: str, by: signal.Signals) -> tuple[int, str]:
    """Stop ``genyard VERB`` when three cases are answered and durable, and two more are in flight."""
    provider.free = 3
    process = begin(project, verb)
    assert provider.arrived(3 + IN_FLIGHT), process.communicate()
    process.send_signal(by)
    code, _, err = ended(process)
    provider.let_go()
    return code, err


@pytest.mark.parametrize("verb", ["eval", "release"])
def test_a_killed_evaluation_asks_again_only_what_was_in_flight(
    project: Project, provider: Upstream, verb: str
) -> None:
    code, _ = stop_in_evaluation(project, provider, verb=verb, by=signal.SIGKILL)
    assert code == -signal.SIGKILL
    report = project.ok(verb)
    assert report["gate"]["verdict"] == "pass"
    assert len(provider.asked) == len(ROWS) + IN_FLIGHT
    assert set(provider.asked) == set(QUESTIONS)
    cases = report["evaluations"][0]["cases"]
    assert (cases["total"], cases["failed"]) == (len(ROWS), 0)
