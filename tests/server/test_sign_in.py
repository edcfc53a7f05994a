"""Signing a browser in by the one-time link: once, in a cookie that nothing else can use."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient
from tests.server.test_traces_api import keep, trace

from genyard.access import projects
from genyard.app import App, build
from genyard.core.settings import read_settings
from genyard.server.api.sign_in_links import sign_in_path
from genyard.server.checks import loopback_hosts
from genyard.server.guard import COOKIE
from genyard.server.web import create

HTML = {"Accept": "text/html"}


@dataclass(frozen=True)
class Browser:
    app: App
    client: TestClient

    def make(self, *names: str) -> None:
        with self.app.bench.database.write() as tx:
            for name in names:
                projects.ensure(tx, name, by=self.app.local.actor, at_ns=self.app.bench.clock.now_ns())

    def code(self) -> str:
        return parse_qs(urlsplit(sign_in_path(self.app)).query)["code"][0]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with build(read_settings(environment={}), tmp_path / "home") as app:
        with app.bench.database.write() as tx:
            projects.ensure(tx, "acme", by=app.local.actor, at_ns=app.bench.clock.now_ns())
        api = create(app, hosts=loopback_hosts())
        with TestClient(api, base_url="http://127.0.0.1", follow_redirects=False, headers=HTML) as client:
            yield Browser(app, client)


def test_a_page_sends_a_stranger_to_sign_in_and_back(browser: Browser) -> None:
    asked = browser.client.get("/p/acme/traces")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/p/acme/traces")
    signed_in = browser.client.post("/sign-in", data={"code": browser.code(), "next": "/p/acme/traces"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/p/acme/traces")
    assert browser.client.get("/p/acme/traces").status_code == 200


def test_what_was_asked_for_is_kept_until_a_link_signs_in(browser: Browser) -> None:
    asked = browser.client.get("/p/acme/traces?q=status%3Aerror&w=24h")
    wanted = "/p/acme/traces?q=status%3Aerror&w=24h"
    assert parse_qs(urlsplit(asked.headers["location"]).query)["next"] == [wanted]
    # The link of ``genyard up`` is opened by itself: its form knows of no page.
    done = browser.client.post("/sign-in", data={"code": browser.code(), "next": "/"})
    assert done.headers["location"] == wanted
    assert browser.client.post("/sign-in", data={"code": browser.code()}).headers["location"] == "/"


def test_the_start_page_is_the_project_with_traces_and_then_the_last_one(browser: Browser) -> None:
    browser.make("shop", "zoo")
    keep(browser.app, *trace(browser.app, 1))
    browser.client.post("/sign-in", data={"code": browser.code()})
    assert browser.client.get("/").headers["location"] == "/p/acme/traces"
    browser.client.get("/p/zoo/dashboard")
    assert browser.client.get("/").headers["location"] == "/p/zoo"


def test_every_page_leads_to_the_same_page_of_other_projects(browser: Browser) -> None:
    browser.make("shop")
    browser.client.post("/sign-in", data={"code": browser.code()})
    html = browser.client.get("/p/acme/traces").text
    assert 'href="/p/shop/traces"><bdi>shop</bdi>' in html
    assert "genyard traces --since 7d --project acme" in html


def test_an_error_in_a_project_keeps_the_menu(browser: Browser) -> None:
    browser.client.post("/sign-in", data={"code": browser.code()})
    for path in ("/p/acme/xyz", "/p/acme/sessions/nope", "/p/acme/traces/zzz"):
        lost = browser.client.get(path)
        assert (lost.status_code, "/openapi.json" in lost.text, 'href="/p/acme/traces"' in lost.text) == (
            404,
            False,
            True,
        )
    nowhere = browser.client.get("/p/nope/traces")
    assert (nowhere.status_code, 'id="menu"' in nowhere.text) == (404, False)


def test_what_is_no_id_is_offered_as_a_search(browser: Browser) -> None:
    browser.client.post("/sign-in", data={"code": browser.code()})
    lost = browser.client.get("/p/acme/go", params={"q": 'ann "b"'})
    assert lost.status_code == 404
    offered = [
        parse_qs(urlsplit(unescape(one)).query)["q"][0]
        for one in re.findall(r'href="([^"]*traces\?q=[^"]*)"', lost.text)
    ]
    assert offered == ['"ann \\"b\\""', 'user:"ann \\"b\\""', 'session:"ann \\"b\\""']
    for query in offered:
        assert "q-problem" not in browser.client.get("/p/acme/traces", params={"q": query}).text


def test_the_cookie_is_for_this_site_and_no_script(browser: Browser) -> None:
    said = browser.client.post("/sign-in", data={"code": browser.code()}).headers["set-cookie"]
    assert said.startswith(f"{COOKIE}=")
    assert "HttpOnly" in said
    assert "SameSite=strict" in said


def test_a_link_works_once_and_looking_at_it_spends_nothing(browser: Browser) -> None:
    code = browser.code()
    assert browser.client.get(f"/sign-in?code={code}").status_code == 200
    assert browser.client.post("/sign-in", data={"code": code}).status_code == 303
    again = browser.client.post("/sign-in", data={"code": code})
    assert again.status_code == 401
    assert "unknown, used or older" in again.text


def test_signing_out_ends_the_session(browser: Browser) -> None:
    browser.client.post("/sign-in", data={"code": browser.code()})
    cookie = browser.client.cookies[COOKIE]
    assert browser.client.post("/sign-out").headers["location"] == "/sign-in"
    browser.client.cookies.set(COOKIE, cookie)
    assert browser.client.get("/p/acme").status_code == 303


@pytest.mark.parametrize("there", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_sign_in_leads_nowhere_else(browser: Browser, there: str) -> None:
    done = browser.client.post("/sign-in", data={"code": browser.code(), "next": there})
    assert done.headers["location"] == "/"


def test_a_person_is_told_of_an_error_on_a_page_and_a_program_in_json(browser: Browser) -> None:
    browser.client.post("/sign-in", data={"code": browser.code()})
    page = browser.client.get("/p/acme/traces/" + "0" * 32)
    assert (page.status_code, "no trace" in page.text) == (404, True)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    program = browser.client.get("/api/projects/acme/traces/" + "0" * 32)
    assert program.json()["error"]["code"] == "not_found"


def test_only_who_can_read_the_home_is_given_another_link(browser: Browser) -> None:
    owner = {"Authorization": f"Bearer {browser.app.local.token}", "Accept": "application/json"}
    made = browser.client.post("/api/sign-in-links", headers=owner)
    code = parse_qs(urlsplit(made.json()["path"]).query)["code"][0]
    key = browser.client.post("/api/projects/acme/keys", json={"name": "k", "role": "admin"}, headers=owner).json()
    held = {"Authorization": f"Bearer {key['secret']}", "Accept": "application/json"}
    assert browser.client.post("/api/sign-in-links", headers=held).status_code == 401
    assert browser.client.post("/sign-in", data={"code": code}).status_code == 303
    assert COOKIE in browser.client.cookies
    # A session that makes sessions would never end.
    assert browser.client.post("/api/sign-in-links", headers={"Accept": "application/json"}).status_code == 401
