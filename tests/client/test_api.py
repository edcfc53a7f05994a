"""The client: errors become those of the tree, jobs are waited for, names are escaped."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from genyard.client.api import Client
from genyard.core.errors import (
    OUTCOMES,
    Cancelled,
    GateNotPassed,
    GenyardError,
    NotFound,
    ProviderBroken,
    Unreachable,
    error_types,
)

Answer = Callable[[httpx2.Request], httpx2.Response]


def client(answer: Answer) -> Client:
    return Client("http://here", key="k", project="acme", transport=httpx2.MockTransport(answer))


def replies(*values: Any) -> Answer:
    """Answer with each value in turn."""
    waiting = iter(values)
    return lambda _: httpx2.Response(200, json=next(waiting))


@pytest.mark.parametrize("code", sorted(OUTCOMES))
def test_every_error_of_the_server_is_raised_as_its_class(code: str) -> None:
    body = {"error": {"code": code, "message": "what is wrong", "hint": "the mend"}}
    with pytest.raises(GenyardError) as raised:
        client(lambda _: httpx2.Response(OUTCOMES[code].http_status, json=body)).get("/x")
    assert type(raised.value) is error_types()[code]
    assert (raised.value.message, raised.value.hint) == ("what is wrong", "the mend")


@pytest.mark.parametrize("content", [b"<html>502</html>", b"", b"[]", b'{"error": "text"}', b'{"error": {}}'])
def test_an_error_in_another_form_is_no_genyard_server(content: bytes) -> None:
    with pytest.raises(Unreachable, match="http://here answered 502"):
        client(lambda _: httpx2.Response(502, content=content)).get("/x")


def test_an_unknown_code_of_a_newer_server_is_an_error_all_the_same() -> None:
    with pytest.raises(GenyardError, match="new"):
        client(lambda _: httpx2.Response(418, json={"error": {"code": "teapot", "message": "new"}})).get("/x")


def test_an_answer_that_is_no_json_is_broken() -> None:
    with pytest.raises(ProviderBroken, match="did not answer as a Genyard server"):
        client(lambda _: httpx2.Response(200, content=b"<html>")).get("/x")


def _raise(error: Exception) -> Answer:
    def answer(_: httpx2.Request) -> httpx2.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("error", "said"),
    [(httpx2.ConnectError("refused"), "cannot be reached"), (httpx2.ReadTimeout("slow"), "gave no answer in time")],
)
def test_a_server_that_is_not_there_is_unreachable(error: Exception, said: str) -> None:
    with pytest.raises(Unreachable, match=said):
        client(_raise(error)).get("/x")


def test_a_job_is_waited_for_and_its_progress_told() -> None:
    states = [
        {"id": "j", "state": "queued"},
        {"id": "j", "state": "running"},
        {"id": "j", "state": "done", "result": {"n": 1}},
    ]
    told: list[str] = []
    assert client(replies(*states)).wait("j", on_progress=lambda state: told.append(state["state"])) == {"n": 1}
    assert told == ["queued", "running", "done"]


def test_a_job_that_failed_raises_what_it_failed_with() -> None:
    error = {"code": "gate_not_passed", "message": "no", "hint": ""}
    with pytest.raises(GateNotPassed):
        client(replies({"id": "j", "state": "failed", "error": error})).wait("j")
    with pytest.raises(Cancelled) as raised:
        client(replies({"id": "j", "state": "cancelled"})).wait("j")
    assert "genyard jobs resume j" in raised.value.hint


def test_a_stream_ends_with_the_error_that_it_tells() -> None:
    events = [{"text": "It is "}, {"error": {"code": "not_found", "message": "gone"}}, {"text": "never"}]
    content = "".join(f"data: {json.dumps(one)}\n\n" for one in events)
    came: list[dict[str, Any]] = []
    with pytest.raises(NotFound, match="gone"):
        came.extend(client(lambda _: httpx2.Response(200, content=content)).stream_answer("/x", {}))
    assert came == [{"text": "It is "}]


@pytest.mark.parametrize(("part", "escaped"), [("a/b", "a%2Fb"), ("ä?#", "%C3%A4%3F%23"), (3, "3"), ("../x", "..%2Fx")])
def test_a_name_stays_one_part_of_the_path(part: str | int, escaped: str) -> None:
    assert client(replies()).of_project("releases", part) == f"/api/projects/acme/releases/{escaped}"


def test_the_key_goes_with_every_request_and_none_is_left_out() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={})

    with client(answer) as asking:
        asking.get("/a", limit=3, after=None)
        asking.put("/b", b"bytes")
    assert [str(one.url) for one in seen] == ["http://here/a?limit=3", "http://here/b"]
    assert {one.headers["authorization"] for one in seen} == {"Bearer k"}
    assert seen[1].content == b"bytes"
