"""The pages as a served home gives them: from the sign-in link to the release behind an answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page
from tests.browser.rules import nameless, sideways, small, wordless
from tests.processes import Served, up
from tests.projects import ROWS, make_project

HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.\x1b[31m What does a lost badge cost?"


@dataclass(frozen=True)
class House:
    served: Served
    trace: str
    release: str
    key: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    project = make_project(tmp_path_factory.mktemp("served"))
    with up(project) as served:
        release = project.ok("release")["digest"]
        project.ok("deploy", "desk", "--to", "prod", "--why", "it passed")
        key = project.ok("keys", "create", "browser")["secret"]
        served.chat("desk", ROWS[1][1], key=key)
        trace = served.chat("desk", HOSTILE, key=key).headers["genyard-trace-id"]
        yield House(served=served, trace=trace, release=release, key=key)


def test_from_the_link_to_the_release_behind_an_answer(house: House, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(house.served.sign_in)
    page.get_by_role("button", name="Sign in").press("Enter")
    for place in ("", "/traces", "/sessions", "/dashboard", "/compare", "/releases", "/runs", "/jobs", "/audit"):
        page.goto(f"{house.served.url}/p/acme{place}")
        assert [*nameless(page), *small(page), *wordless(page)] == []
        assert sideways(page) == 0
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("link", name="evaluate").first.click()
    page.wait_for_url("**/runs/*")
    assert all(
        word in page.inner_text("main") for word in ("Evaluate desk on golden", "Done", "contains", "system/desk:1")
    )
    assert [*nameless(page), *small(page), *wordless(page)] == []
    page.goto(f"{house.served.url}/p/acme/traces/{house.trace}")
    assert "<img src=x onerror=alert(1)>" in page.inner_text("main")
    assert page.locator(".title").get_by_text("Answered").is_visible()
    page.get_by_label("Provenance").get_by_role("link", name="1 ·").click()
    page.wait_for_url("**/releases/1")
    assert "Gate passed" in page.inner_text("main")
    box = page.get_by_label("Go to a trace, run, digest or release")
    box.fill(house.release[7:15])
    box.press("Enter")
    page.wait_for_url("**/releases/1")
    box.fill(house.trace[:8])
    box.press("Enter")
    page.wait_for_url(f"**/traces/{house.trace}")
    page.get_by_role("link", name="what used it").first.click()
    page.wait_for_url("**/affected?of=*")
    told = page.inner_text("main")
    assert all(word in told for word in ("What used", "release/desk:1", "desk@prod", "Newest answers"))
    assert [*nameless(page), *small(page), *wordless(page)] == []
    assert sideways(page) == 0
    # In this test, because the link signs in once.
    _ask_and_follow(house, page)
    assert said == []


def _ask_and_follow(house: House, page: Page) -> None:
    """Ask the list in words, see an answer arrive in it, and read what is wrong with a query."""
    page.goto(f"{house.served.url}/p/acme/traces")
    page.keyboard.press("/")
    page.keyboard.type("endpoint:desk@prod -status:error")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/traces\?q=endpoint"))
    rows = page.locator("#list tbody tr")
    before = rows.count()
    page.get_by_role("button", name="Follow").press("Enter")
    with page.expect_response(re.compile("/traces/tail")):
        pass
    house.served.chat("desk", ROWS[0][1], key=house.key)
    page.locator("#said", has_text="1 trace arrived").wait_for(state="attached")
    assert rows.count() == before + 1
    page.get_by_label("Query").fill("modle:x")
    page.keyboard.press("Enter")
    page.get_by_text("did you mean model?").wait_for()
