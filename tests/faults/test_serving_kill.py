"""The server under kill -9, Ctrl-C, moving endpoints and a full disk: an answer is of one release, and kept once."""

import resource
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import NamedTuple

import httpx2
import pytest
from tests.processes import Served, ended, up
from tests.projects import Project, make_project
from tests.upstream import Upstream, upstream
from tests.waiting import eventually

ECHO = "---\nvariables: {question: string}\n---\n{{ question }}\n"
ANYTHING = "[{metric: quick, on: golden, at_most: 1000}]"


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with upstream() as here:
        yield here


@pytest.fixture(autouse=True)
def free(provider: Upstream) -> None:
    provider.hold_after(None)


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory, provider: Upstream) -> Project:
    """A project whose system asks the provider, and serves. Tests work on copies."""
    return deployed(tmp_path_factory.mktemp("remote"), provider.model)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with two releases, of models that say ``one`` and ``two``; the first serves."""
    project = deployed(tmp_path_factory.mktemp("local"), "scripted/fixed:one")
    project.replace("genyard.yaml", "fixed:one", "fixed:two")
    project.ok("release")
    return project


def deployed(root: Path, model: str) -> Project:
    project = make_project(root, model=model, metrics="[{name: quick, metric: latency_s, cap: 1000}]", gates=ANYTHING)
    project.ok("release")
    project.ok("deploy", "desk", "--to", "prod")
    return project


def spans_of(served: Served, key: str, trace: str) -> list[dict[str, str]]:
    reply = httpx2.get(f"{served.url}/api/projects/acme/traces/{trace}", headers={"Authorization": f"Bearer {key}"})
    found: list[dict[str, str]] = reply.raise_for_status().json()["spans"]
    return found


def test_an_acknowledged_answer_outlives_a_kill_and_is_there_once(
    remote: Project, tmp_path: Path, provider: Upstream
) -> None:
    project = remote.copied(tmp_path)
    before = len(provider.asked)
    with up(project) as served:
        key = project.ok("keys", "create", "ci")["secret"]
        answered = served.chat("desk", "kept?", key=key)
        provider.hold_after(before + 1)
        with ThreadPoolExecutor() as pool:
            cut_off = pool.submit(served.chat, "desk", "lost?", key=key)
            assert provider.arrived(before + 2)
            served.process.kill()
            assert isinstance(cut_off.exception(), httpx2.TransportError)
    found = [one for one in project.ok("traces", "--limit", "100")["traces"] if one["endpoint"]]
    assert [one["preview"] for one in found] == ["kept?"]
    assert found[0]["trace_id"] == answered.headers["genyard-trace-id"]


def test_a_stopped_server_finishes_what_it_answers(remote: Project, tmp_path: Path, provider: Upstream) -> None:
    project = remote.copied(tmp_path)
    before = len(provider.asked)
    with up(project) as served, ThreadPoolExecutor() as pool:
        key = project.ok("keys", "create", "ci")["secret"]
        provider.hold_after(before)
        answer = pool.submit(served.chat, "desk", "the last", key=key)
        assert provider.arrived(before + 1)
        served.process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses(served))
        provider.let_go()
        assert answer.result().json()["choices"][0]["message"]["content"] == "You asked: the last"
        code, _, err = ended(served.process)
        assert (code, err) == (0, "")
    assert project.ok("traces", "--limit", "1")["traces"][0]["preview"] == "the last"
    assert not (project.root / ".genyard" / "server.json").exists()


def test_a_server_that_is_stopped_at_once_ends_well(tmp_path: Path) -> None:
    with up(make_project(tmp_path)) as served:
        served.process.send_signal(signal.SIGINT)
        assert ended(served.process)[::2] == (0, "")


def refuses(served: Served) -> bool:
    try:
        httpx2.get(f"{served.url}/healthz")
    except httpx2.ConnectError:
        return True
    except (httpx2.RemoteProtocolError, httpx2.ReadError):
        # This connection stood in the queue of the socket when it was closed. Only the next one is refused.
        return False
    return False


class Seen(NamedTuple):
    release: str
    text: str
    trace: str


def test_while_endpoints_move_an_answer_is_of_one_release(local: Project, tmp_path: Path) -> None:
    project = local.copied(tmp_path)
    with up(project) as served, ThreadPoolExecutor(2) as pool:
        key = project.ok("keys", "create", "ci", "--role", "developer")["secret"]
        stop = Event()
        asking = [pool.submit(hammer, served, key, stop) for _ in range(2)]
        for version in (2, 1) * 6:
            project.ok("deploy", "desk", "--to", "prod", "--release", str(version))
        project.ok("rollback", "desk")
        stop.set()
        seen = [one for future in asking for one in future.result()]
        releases = {one["digest"]: one["version"] for one in project.ok("releases")["releases"]}
        assert {(releases[one.release], one.text) for one in seen} == {(1, "one"), (2, "two")}
        for one in seen[:: max(1, len(seen) // 20)]:
            spans = spans_of(served, key, one.trace)
            assert {span["release"] for span in spans} == {one.release}
            assert len({span["system"] for span in spans}) == 1


def hammer(served: Served, key: str, stop: Event) -> list[Seen]:
    seen: list[Seen] = []
    while not stop.is_set():
        reply = served.chat("desk", "who are you?", key=key)
        text = reply.raise_for_status().json()["choices"][0]["message"]["content"]
        seen.append(Seen(reply.headers["genyard-release"], text, reply.headers["genyard-trace-id"]))
    return seen


def test_an_answer_goes_out_on_a_full_disk_and_says_that_it_is_not_kept(local: Project, tmp_path: Path) -> None:
    project = local.copied(tmp_path)
    with up(project) as served:
        key = project.ok("keys", "create", "ci")["secret"]
        assert "genyard-trace-stored" not in served.chat("desk", "before", key=key).headers
        limit(served, 1)
        full = served.chat("desk", "while it is full", key=key)
        assert full.headers["genyard-trace-stored"] == "no"
        assert full.json()["choices"][0]["message"]["content"] == "one"
        streamed = served.chat("desk", "streamed", key=key, stream=True)
        assert ": genyard-trace-stored: no" in streamed.text.splitlines()
        limit(served, resource.RLIM_INFINITY)
        assert "genyard-trace-stored" not in served.chat("desk", "after", key=key).headers
    kept = [one["preview"] for one in project.ok("traces", "--limit", "100")["traces"] if one["endpoint"]]
    assert kept == ["after", "before"]


def limit(served: Served, size: int) -> None:
    """Let the server's files grow to ``size`` bytes: the system calls that a full disk fails fail."""
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
