"""An application in a process of its own, watched by a real server: what arrives, and what never reaches the host."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from tests.processes import ROOT, Served, up
from tests.projects import Project
from tests.upstream import upstream
from tests.waiting import DEADLINE_S, eventually

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(root=tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def served(project: Project) -> Iterator[Served]:
    with up(project) as served:
        yield served


@pytest.fixture(scope="module")
def key(served: Served, project: Project) -> str:
    assert served.process.poll() is None
    return str(project.ok("keys", "create", "shop", "--project", "till")["secret"])


def shop(project: Project, scene: str, **settings: str) -> tuple[dict[str, Any], str]:
    """Run a scene; return what it said, and what it logged."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.client.application.shop", scene],
        cwd=project.root,
        env=project.outside() | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"} | settings,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said, done.stderr


def read(served: Served, key: str, path: str) -> Any:
    reply = httpx2.get(f"{served.url}/api/projects/till/{path}", headers={"Authorization": f"Bearer {key}"})
    return reply.json() if reply.status_code == 200 else None


def test_functions_sessions_and_scores_arrive(project: Project, served: Served, key: str) -> None:
    said, _ = shop(project, "answered", GENYARD_URL=served.url, GENYARD_KEY=key)
    assert (said["said"], said["joined"], said["traced"]) == ("because", "a-b-c", [])
    assert said["sent"] == [5, 0, 3, 0]
    spans = read(served, key, f"traces/{said['trace']}")["spans"]
    root, look_up = spans
    assert (root["span_name"], root["operation"], root["service_name"], root["service_version"]) == (
        "Desk.answer",
        "invoke_agent",
        "shop",
        "7",
    )
    assert (root["input"], root["output"], root["conversation_id"], root["user_id"], root["tags"]) == (
        {"question": "Why?"},
        '"because"',
        "visit-1",
        "ann",
        ["vip"],
    )
    assert (look_up["parent_span_id"], look_up["operation"], look_up["output"]) == (
        root["span_id"],
        "retrieval",
        ["Why?", "2"],
    )
    scores = read(served, key, f"traces/{said['trace']}/scores")["scores"]
    # Of two scores of one millisecond neither is the first.
    assert sorted((one["name"], one["value"], one["label"], one["kind"], one["explanation"]) for one in scores) == [
        ("confidence", 0.75, "", "code", "a guess"),
        ("feedback", 1.0, "up", "person", "thanks"),
    ]
    traces = read(served, key, "traces")["traces"]
    roots = [read(served, key, f"traces/{one['trace_id']}")["spans"][0]["span_name"] for one in traces]
    assert {"Desk.answer", "pieces", "pieces, later", "secret"} <= set(roots)


def test_what_runs_is_named_and_found_by_its_name(project: Project, served: Served, key: str) -> None:
    said, told = shop(project, "released", GENYARD_URL=f"{served.url}/v1/traces", GENYARD_KEY=key)
    assert (said["traced"], said["sent"][:2]) == ([], [3, 0])
    root = read(served, key, f"traces/{said['trace']}")["spans"][0]
    assert (root["release"], root["release_attested"], root["agent_name"]) == ("2026.11", None, "Desk.answer")
    assert len(read(served, key, "traces?q=tool:hammer")["traces"]) == 1
    # A package of a misspelt name may be anybody's.
    assert "no instrumentor of opnai: did you mean openai?" in told and "instrumentation-opnai" not in told
    assert "pip install openinference-instrumentation-anthropic" in told


def test_why_spans_are_not_kept_is_logged_as_the_server_says_it_and_once(project: Project, served: Served) -> None:
    said, told = shop(project, "raising", GENYARD_URL=served.url, GENYARD_KEY="gy_wrong")
    assert said["sent"] == [0, 1, 0, 0]
    assert told.count("spans were not kept: ") == 1
    assert "genyard keys create" in told
    _, told = shop(project, "raising", GENYARD_URL="127.0.0.1:8321", GENYARD_KEY="gy_x")
    assert "genyard.init: the server's address '127.0.0.1:8321' has no http://" in told


def test_what_the_host_raises_is_raised_and_written_down(project: Project, served: Served, key: str) -> None:
    said, told = shop(project, "raising", GENYARD_URL=served.url, GENYARD_KEY=key)
    assert (said["raised"], said["sent"]) == ("'ours'", [1, 0, 0, 0])
    assert "genyard.feedback: there is no current trace" in told
    newest = read(served, key, "traces?limit=1")["traces"][0]
    (span,) = read(served, key, f"traces/{newest['trace_id']}")["spans"]
    assert (span["span_name"], newest["status"]) == ("broken", "error")


def test_what_waits_is_sent_at_exit(project: Project, served: Served, key: str) -> None:
    said, _ = shop(project, "at_exit", GENYARD_URL=served.url, GENYARD_KEY=key)
    assert len(read(served, key, f"traces/{said['trace']}")["spans"]) == 2
    eventually(lambda: len(read(served, key, f"traces/{said['trace']}/scores")["scores"]) == 2)


def test_a_provider_of_the_host_stays_and_its_spans_arrive(project: Project, served: Served, key: str) -> None:
    said, _ = shop(project, "with_a_provider", GENYARD_URL=served.url, GENYARD_KEY=key)
    assert (said["same"], said["sent"]) == (True, [2, 0, 2, 0])
    assert read(served, key, f"traces/{said['trace']}")["spans"][0]["service_name"] == "mine"


def test_the_openai_client_is_traced_by_itself(project: Project, served: Served, key: str) -> None:
    with upstream() as model:
        said, _ = shop(project, "instrumented", GENYARD_URL=served.url, GENYARD_KEY=key, SHOP_MODEL=model.url)
    assert (said["traced"], said["sent"]) == (["openai"], [1, 0, 0, 0])
    newest = read(served, key, "traces?limit=1")["traces"][0]
    (span,) = read(served, key, f"traces/{newest['trace_id']}")["spans"]
    assert (span["operation"], span["input_tokens"], span["conversation_id"]) == ("chat", said["tokens"], "visit-2")


def test_a_server_that_is_away_costs_the_host_nothing_but_what_it_counts(project: Project) -> None:
    said, told = shop(project, "answered", GENYARD_URL=NOWHERE, GENYARD_KEY="gy_x")
    assert (said["said"], said["joined"]) == ("because", "a-b-c")
    assert said["sent"] == [0, 5, 0, 3]
    assert "Traceback" not in told.replace("Exception while", "")


@contextmanager
def answering(reply: bytes | None) -> Iterator[str]:
    """Serve ``reply`` to everybody, or with None nothing at all, and yield the address."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if reply is None:
                ended.wait(DEADLINE_S)
                return
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.send_response(200)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            ended.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("reply", [b"{}", b"[]", b"[1,"])
def test_a_server_that_answers_nonsense_and_values_that_are_none_hold_nobody_up(project: Project, reply: bytes) -> None:
    with answering(reply) as url:
        said, told = shop(project, "spoiled", GENYARD_URL=url, GENYARD_KEY="gy_x")
    assert said["sent"] == [0, 0, 0, 10_500]
    assert told.count("genyard.score: ") == 4


def test_a_flush_waits_no_longer_than_it_is_told_for_a_server_that_hangs(project: Project) -> None:
    with answering(None) as url:
        said, _ = shop(project, "hurried", GENYARD_URL=url, GENYARD_KEY="gy_x")
    assert said["sent"] == [0, 0, 0, 0]


@pytest.mark.parametrize("settings", [{}, {"GENYARD_URL": NOWHERE}, {"GENYARD_MAX_RETRIES": "x"}])
def test_without_a_server_to_speak_to_the_application_runs(tmp_path: Any, settings: dict[str, str]) -> None:
    said, told = shop(Project(root=tmp_path), "answered", **settings)
    assert (said["said"], said["sent"]) == ("because", [0, 0, 0, 0])
    assert "genyard" in told


def test_before_init_everything_is_quiet(project: Project) -> None:
    said, told = shop(project, "without_init")
    assert (said["said"], said["sent"]) == ("because", [0, 0, 0, 0])
    assert "call genyard.init first" in told
