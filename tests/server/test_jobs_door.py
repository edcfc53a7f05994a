"""A job that runs, cancelled and taken up again through the API."""

from pathlib import Path

import httpx2
from tests.processes import begin, ended, up
from tests.projects import ROWS, make_project
from tests.upstream import upstream
from tests.waiting import DEADLINE_S, eventually

IN_FLIGHT = 2


def test_a_running_evaluation_is_cancelled_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with upstream() as provider:
        provider.say = {question: f"It is {answer} ." for _, question, answer in ROWS}.__getitem__
        settings = {"GENYARD_EVAL_CONCURRENCY": str(IN_FLIGHT), "GENYARD_MAX_RETRIES": "0"}
        project = make_project(tmp_path, model=provider.model, environment=settings)
        provider.hold_after(3)
        with up(project) as served:
            waiting = begin(project, "eval")
            assert provider.arrived(3 + IN_FLIGHT)
            key = project.ok("keys", "create", "ci")["secret"]
            job = project.ok("jobs")["jobs"][0]["id"]
            api = httpx2.Client(
                base_url=f"{served.url}/api/projects/acme/jobs",
                headers={"Authorization": f"Bearer {key}"},
                timeout=DEADLINE_S,
            )
            with api:
                assert api.post(f"{job}/resume").json()["error"]["code"] == "conflict"
                api.post(f"{job}/cancel")
                assert api.get(job, params={"wait_s": 30}).json()["state"] == "cancelled"
                assert ended(waiting)[0] == 130
                eventually(lambda: project.ok("runs")["runs"][0]["status"] == "cancelled")
                provider.let_go()
                assert api.post(f"{job}/resume").status_code == 200
                done = api.get(job, params={"wait_s": 30}).json()
                assert (done["state"], done["result"]["gate"]["verdict"]) == ("done", "pass")
                assert api.post(f"{job}/cancel").json()["error"]["code"] == "conflict"
        assert set(provider.asked) == {question for _, question, _ in ROWS}
        assert len(provider.asked) <= len(ROWS) + IN_FLIGHT
        assert [run["status"] for run in project.ok("runs")["runs"]] == ["done", "cancelled"]
