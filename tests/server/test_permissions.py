"""Every route × every role × a foreign project: who may not is refused, and nobody is let in without a key."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from genyard.access import keys, projects
from genyard.access.roles import PERMISSIONS, ROLES, Permission, Role, allowed
from genyard.app import App, build
from genyard.core.settings import read_settings
from genyard.server.checks import loopback_hosts
from genyard.server.guard import PUBLIC, GuardedRoute
from genyard.server.web import ROUTERS, create

OWN, FOREIGN = "own", "foreign"
FILLED = {"project": OWN, "environment": "prod", "version": "1", "digest": "sha256:" + "0" * 64, "trace": "0" * 32}


@dataclass(frozen=True)
class Door:
    """One route and method, with the permission that it says it needs."""

    method: str
    path: str
    permission: Permission | None

    def address(self, project: str) -> str:
        values = FILLED | {"project": project}
        return re.sub(r"\{(\w+)(?::path)?\}", lambda found: values.get(found[1], "x"), self.path)


@dataclass(frozen=True)
class House:
    """A served home with a key of each role in two projects."""

    client: TestClient
    keys: dict[tuple[str, str], str]
    doors: list[Door]
    expired: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home: Path = tmp_path_factory.mktemp("home")
    with build(read_settings(environment={}), home) as app:
        api = create(app, hosts=loopback_hosts())
        with TestClient(api, base_url="http://127.0.0.1", follow_redirects=False) as client:
            yield House(client=client, keys=_keys(app), doors=_doors(), expired=_expired(app))


def _keys(app: App) -> dict[tuple[str, str], str]:
    made: dict[tuple[str, str], str] = {}
    at_ns = app.bench.clock.now_ns()
    with app.bench.database.write() as tx:
        for project in (OWN, FOREIGN):
            projects.ensure(tx, project, by=app.local.actor, at_ns=at_ns)
            for role in ROLES:
                _, secret = keys.create(
                    tx, project=project, name=role, role=role, by=app.local.actor, at_ns=at_ns, ids=app.bench.ids
                )
                made[project, role] = secret
    return made


def _expired(app: App) -> str:
    """Return an admin's key that ended a nanosecond after it was made."""
    at_ns = app.bench.clock.now_ns()
    with app.bench.database.write() as tx:
        made = {"project": OWN, "role": "admin", "by": app.local.actor, "at_ns": at_ns, "ids": app.bench.ids}
        return keys.create(tx, name="expired", expires_ns=at_ns + 1, **made)[1]  # type: ignore[arg-type]


def _doors() -> list[Door]:
    found = []
    for route in (one for module in ROUTERS for one in module.router.routes):
        assert isinstance(route, APIRoute), route
        said = (route.openapi_extra or {}).get("x-permission")
        assert said is None or isinstance(route, GuardedRoute), f"nothing guards {route.path}"
        found += [Door(method, route.path, said) for method in sorted(route.methods or ())]
    return found


def _ask(house: House, door: Door, project: str, key: str | None) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body: dict[str, str] | None = {} if door.method in ("POST", "PUT") else None
    return house.client.request(door.method, door.address(project), headers=headers, json=body).status_code


def test_there_are_doors_to_walk_and_no_others(house: House) -> None:
    app = house.client.app
    assert isinstance(app, FastAPI)
    beside = [route.path for route in app.routes if isinstance(route, Route)]
    assert (len(app.routes), beside) == (len(ROUTERS) + 1, ["/openapi.json"])
    assert len(house.doors) > 40
    assert {door.permission for door in house.doors if door.permission} <= set(PERMISSIONS)


def test_every_door_names_its_permission_or_is_public(house: House) -> None:
    silent = {door.path for door in house.doors if door.permission is None}
    assert silent == PUBLIC - {"/openapi.json"}


def test_nothing_of_a_body_is_read_before_it_is_known_who_asks(house: House) -> None:
    """FastAPI alone would take megabytes from anybody, and make values of them."""

    async def unread() -> Message:
        raise AssertionError("the body was read")

    async def status_of(door: Door, headers: list[tuple[bytes, bytes]]) -> int:
        said: list[Message] = []

        async def send(message: Message) -> None:
            said.append(message)

        path = door.address(OWN)
        scope = {"type": "http", "method": door.method, "path": path, "raw_path": path.encode(), "query_string": b""}
        scope |= {"headers": [(b"host", b"127.0.0.1"), (b"content-length", b"9000000"), *headers], "root_path": ""}
        await house.client.app(scope, unread, send)
        return int(said[0]["status"])

    viewer = [(b"authorization", f"Bearer {house.keys[FOREIGN, 'viewer']}".encode())]
    for door in house.doors:
        if door.permission and door.method in ("POST", "PUT"):
            assert asyncio.run(status_of(door, [])) == 401, door
            if "{project}" in door.path:
                assert asyncio.run(status_of(door, viewer)) == 403, door


def test_nobody_gets_in_without_a_key_or_with_a_wrong_one(house: House) -> None:
    for door in house.doors:
        if door.permission:
            assert _ask(house, door, OWN, None) == 401, door
            assert _ask(house, door, OWN, "gy_00000000-0000-7000-8000-000000000000_x") == 401, door


def test_a_key_that_expired_or_was_revoked_opens_no_door(house: House) -> None:
    path = f"/api/projects/{OWN}/keys"
    admin = {"Authorization": f"Bearer {house.keys[OWN, 'admin']}"}
    revoked = house.client.post(path, json={"name": "revoked", "role": "admin"}, headers=admin).json()
    house.client.post(f"{path}/{revoked['id']}/revoke", headers=admin)
    for door in house.doors:
        if door.permission:
            assert _ask(house, door, OWN, revoked["secret"]) == 401, door
            assert _ask(house, door, OWN, house.expired) == 401, door


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_the_doors_it_may(house: House, role: Role) -> None:
    for door in house.doors:
        if door.permission:
            refused = _ask(house, door, OWN, house.keys[OWN, role]) == 403
            assert refused == (not allowed(role, door.permission)), (role, door)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_opens_a_door_of_a_foreign_project(house: House, role: Role) -> None:
    for door in house.doors:
        if door.permission and "{project}" in door.path:
            assert _ask(house, door, OWN, house.keys[FOREIGN, role]) == 403, (role, door)


def test_a_scoped_key_asks_its_endpoint_and_nothing_else(house: House) -> None:
    body = {"name": "narrow", "scopes": ["serve:helpdesk"]}
    admin = {"Authorization": f"Bearer {house.keys[OWN, 'admin']}"}
    made = house.client.post(f"/api/projects/{OWN}/keys", json=body, headers=admin).json()
    for door in house.doors:
        if door.permission and door.permission != "endpoint:serve":
            assert _ask(house, door, OWN, made["secret"]) == 403, door
    asked = {"model": "other", "messages": [{"role": "user", "content": "?"}]}
    answer = house.client.post(
        "/v1/chat/completions", json=asked, headers={"Authorization": f"Bearer {made['secret']}"}
    )
    assert answer.status_code in (403, 404)


def test_a_developer_ends_a_key_it_made_and_what_it_made_does_not_end_it(house: House) -> None:
    path = f"/api/projects/{OWN}/keys"
    developer = {"Authorization": f"Bearer {house.keys[OWN, 'developer']}"}
    made = house.client.post(path, json={"name": "leaked"}, headers=developer).json()
    leaked = {"Authorization": f"Bearer {made['secret']}"}
    own = house.keys[OWN, "developer"].split("_")[1]
    assert house.client.post(f"{path}/{own}/revoke", headers=leaked).status_code == 403
    assert house.client.post(f"{path}/{made['id']}/revoke", headers=developer).json()["state"] == "revoked"
    assert house.client.get("/api/me", headers=leaked).status_code == 401
    assert house.client.get("/api/me", headers=developer).status_code == 200


def test_a_changed_request_from_another_site_or_to_another_name_is_refused(house: House) -> None:
    key = {"Authorization": f"Bearer {house.keys[OWN, 'admin']}"}
    path = f"/api/projects/{OWN}/keys"
    assert (
        house.client.post(path, json={"name": "x"}, headers=key | {"Origin": "http://evil.example"}).status_code == 403
    )
    assert house.client.get(path, headers=key | {"Host": "evil.example"}).status_code == 403
    assert house.client.get(path, headers=key | {"Host": "127.0.0.1:8321"}).status_code == 200


def test_a_body_over_the_bound_is_refused_whether_it_says_its_length_or_not(house: House) -> None:
    key = {"Authorization": f"Bearer {house.keys[OWN, 'admin']}"}
    path = f"/api/projects/{OWN}/blobs/sha256:{'0' * 64}"
    whole = b"x" * (65 * 1024 * 1024)
    assert house.client.put(path, content=whole, headers=key).status_code == 413
    assert house.client.put(path, content=iter([whole]), headers=key).status_code == 413
