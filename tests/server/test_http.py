"""The HTTP API as any client may treat it: other hosts and origins, bodies that do not fit, errors in one form."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.homes import FILES, MANIFEST, checked_out, client_of, opened

from genyard.access import keys, principals, projects
from genyard.app import App
from genyard.core.digest import digest_of_bytes

CHECKOUTS = "/api/projects/acme/checkouts"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home: Path = tmp_path_factory.mktemp("home")
    with opened(home) as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, "acme", by=app.local.actor, at_ns=app.bench.clock.now_ns())
        yield app


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[TestClient]:
    with client_of(app, raise_server_exceptions=False) as client:
        yield client


def error(reply: Any) -> tuple[int, str]:
    """Return status and code of an error, which has the one form."""
    said = reply.json()["error"]
    assert said.keys() == {"code", "hint", "message", "type"}
    assert "\n" not in said["message"]
    return reply.status_code, said["code"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil:8321", "[::2]:8321"])
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    assert error(client.get("/api/me", headers={"Host": host})) == (403, "forbidden")


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost", "LOCALHOST:1", "[::1]:8321"])
def test_every_name_of_this_machine_is_heard(client: TestClient, host: str) -> None:
    assert client.get("/api/me", headers={"Host": host}).status_code == 200


def test_a_change_from_another_site_is_refused_and_reading_is_not(client: TestClient) -> None:
    for origin, status in (("http://evil.example", 403), ("null", 403), ("http://127.0.0.1:8321", 200)):
        headers = {"Origin": origin}
        assert client.post("/api/plan", json={"manifest": MANIFEST}, headers=headers).status_code == status
        assert client.get("/api/me", headers=headers).status_code == 200


def test_every_answer_has_the_headers_that_protect_a_browser(client: TestClient) -> None:
    for path in ("/api/me", "/nothing", "/api/projects/acme/traces"):
        headers = client.get(path).headers
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/api/nothing", b"", (404, "not_found")),
        ("DELETE", "/api/plan", b"", (405, "invalid_input")),
        ("POST", "/api/plan", b"{", (422, "invalid_input")),
        ("POST", "/api/plan", b"\xff", (400, "invalid_input")),
        ("POST", "/api/plan", b'{"manifest": 5}', (422, "invalid_input")),
        ("POST", "/api/plan", b'{"manifest": "systems: ["}', (422, "invalid_input")),
        ("GET", "/api/projects/acme/jobs/x?wait_s=99", b"", (422, "invalid_input")),
        ("GET", "/api/projects/acme/traces?after=x", b"", (422, "invalid_input")),
        ("GET", "/api/projects/Not%20One/traces", b"", (422, "invalid_input")),
    ],
)
def test_what_does_not_fit_is_told_in_one_form(
    client: TestClient, method: str, path: str, body: bytes, expected: tuple[int, str]
) -> None:
    headers = {"Content-Type": "application/json"}
    assert error(client.request(method, path, content=body, headers=headers)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code": {}}, (422, "invalid_input")),
        ({"code": {"commit": "abc", "diff": "sha256:12"}}, (422, "invalid_input")),
        ({"files": {"a.md": "sha256:12"}}, (422, "invalid_input")),
        ({"files": {"a.md": digest_of_bytes(b"lost")}}, (404, "not_found")),
        ({"manifest": "systems: {}"}, (422, "invalid_input")),
    ],
)
def test_a_checkout_that_does_not_fit_is_refused(
    client: TestClient, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert error(client.post(CHECKOUTS, json={"manifest": MANIFEST, "files": {}} | changes)) == expected


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"name": "shop", "scope": ["serve:desk"]}, "did you mean scopes?"),
        ({"name": "shop", "\ud800\x1b": 1}, "there are: days, name, role, scopes"),
    ],
)
def test_a_key_that_a_body_does_not_have_is_refused_and_the_nearest_is_named(
    client: TestClient, body: dict[str, Any], hint: str
) -> None:
    path = "/api/projects/acme/keys"
    before = client.get(path).json()
    headers = {"Content-Type": "application/json"}
    reply = client.post(path, content=json.dumps(body), headers=headers)
    assert error(reply) == (422, "invalid_input")
    assert reply.json()["error"]["hint"] == hint
    assert client.get(path).json() == before


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("keys", {"name": "shop", "days": True}, "days"),
        ("keys", {"name": "shop", "days": "5"}, "days"),
        ("keys", {"name": "shop", "days": 5.0}, "days"),
        ("evaluations", {"checkout": "x", "system": "desk", "repeats": "3"}, "repeats"),
    ],
)
def test_a_value_of_another_type_is_refused_and_not_made_to_fit(
    client: TestClient, path: str, body: dict[str, Any], place: str
) -> None:
    reply = client.post(f"/api/projects/acme/{path}", json=body)
    assert error(reply) == (422, "invalid_input")
    assert reply.json()["error"]["message"].startswith(f"{place}: ")


@pytest.mark.parametrize("path", ["/p/nowhere", "/p/nowhere/runs", "/p/nowhere/traces"])
def test_a_project_that_is_not_there_is_told_with_how_one_comes_to_be(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert error(reply) == (404, "not_found")
    assert reply.json()["error"]["message"] == "no project 'nowhere'"
    assert "genyard.yaml" in reply.json()["error"]["hint"]


def test_a_project_comes_to_be_with_its_first_key(client: TestClient) -> None:
    assert client.post("/api/projects/spans/keys", json={"name": "shop"}).status_code == 201
    events = client.get("/api/projects/spans/events").json()["events"]
    assert [(one["verb"], one["object"].partition("/")[0]) for one in events] == [
        ("created", "key"),
        ("created", "project"),
    ]


def test_who_may_make_no_project_makes_no_key_for_one_that_is_not_there(app: App, client: TestClient) -> None:
    with app.bench.database.write() as tx:
        ana = principals.create(
            tx, "ana", kind="person", by=app.local.actor, at_ns=app.bench.clock.now_ns(), ids=app.bench.ids
        )
        principals.grant(tx, ana.id, None, "developer", by=app.local.actor, at_ns=app.bench.clock.now_ns())
        _, secret = keys.create(
            tx,
            project="acme",
            name="ana",
            role="developer",
            by=app.local.actor,
            principal=ana.id,
            at_ns=app.bench.clock.now_ns(),
            ids=app.bench.ids,
        )
    key = {"Authorization": f"Bearer {secret}"}
    assert error(client.post("/api/projects/lost/keys", json={"name": "x"}, headers=key)) == (403, "forbidden")
    assert client.get("/p/lost").status_code == 404


def test_the_project_of_who_names_none_is_always_there(client: TestClient) -> None:
    assert client.get("/p/default").status_code == 200


def test_a_project_comes_to_be_with_its_first_checkout(client: TestClient) -> None:
    files = {path: digest_of_bytes(text.encode()) for path, text in FILES.items()}
    base = "/api/projects/fresh"
    asked = client.post(f"{base}/blobs/missing", json={"digests": sorted(files.values())})
    for path, digest in files.items():
        assert digest in asked.json()["missing"]
        assert client.put(f"{base}/blobs/{digest}", content=FILES[path].encode()).status_code == 200
    assert client.get("/p/fresh").status_code == 404
    made = client.post(f"{base}/checkouts", json={"manifest": MANIFEST, "files": files})
    assert made.json()["project"] == "fresh"
    assert client.get("/p/fresh").status_code == 200


@pytest.mark.parametrize("project", ["*", "%20", "A", "a%00"])
def test_what_is_no_name_of_a_project_holds_no_keys(client: TestClient, project: str) -> None:
    assert error(client.post(f"/api/projects/{project}/keys", json={"name": "shop"})) == (422, "invalid_input")


def test_the_bytes_of_a_file_are_those_of_its_digest(client: TestClient) -> None:
    digest = digest_of_bytes(b"a page")
    path = f"/api/projects/acme/blobs/{digest}"
    assert error(client.put(path, content=b"another page")) == (422, "invalid_input")
    assert client.put(path, content=b"a page").json() == {"digest": digest}
    asked = client.post("/api/projects/acme/blobs/missing", json={"digests": [digest]})
    elsewhere = client.post("/api/projects/other/blobs/missing", json={"digests": [digest]})
    assert (asked.json()["missing"], elsewhere.json()["missing"]) == ([], [digest])


def test_an_answer_of_what_is_no_checkout_is_refused(client: TestClient, app: App) -> None:
    path = "/api/projects/acme/systems/desk/answers"
    page = app.bench.library.blobs("acme").put(b"a page")
    for checkout, expected in (
        (page, (422, "invalid_input")),
        (digest_of_bytes(b"no"), (404, "not_found")),
        ("x", (422, "invalid_input")),
    ):
        assert error(client.post(path, json={"checkout": checkout, "inputs": {}})) == expected


def test_a_fault_of_ours_is_told_without_its_insides(
    client: TestClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(app.bench.library, "blobs", fails)
    reply = client.post("/api/projects/acme/blobs/missing", json={"digests": []})
    assert error(reply) == (500, "internal")
    assert "secret" not in reply.text


def test_a_stream_that_fails_ends_with_the_error(client: TestClient, app: App) -> None:
    checkout = checked_out(app, files=FILES).digest
    reply = client.post(
        "/api/projects/acme/systems/desk/answers", json={"checkout": checkout, "inputs": {"question": 5}}
    )
    assert reply.status_code == 200
    assert '"code":"invalid_input"' in reply.text.splitlines()[-2]
