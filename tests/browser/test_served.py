"""The pages as a served home gives them: from the sign-in link to the release behind an answer."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from playwright.sync_api import Page, expect
from tests.browser.rules import nameless, sideways, small, wordless
from tests.observe.otlp.requests import request, wire
from tests.observe.pictures import data_url, encoded, png, wav
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
    for place in (
        "",
        "/traces",
        "/sessions",
        "/dashboard",
        "/compare",
        "/releases",
        "/runs",
        "/datasets",
        "/jobs",
        "/audit",
        "/settings",
    ):
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
    _make_a_row(house, page)
    _begin_a_dataset(house, page)
    _compare_two(house, page)
    _see_pictures(house, page)
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


def _make_a_row(house: House, page: Page) -> None:
    """Give a bad answer the right one as a row of a dataset, correct that, and go back to the trace."""
    page.goto(f"{house.served.url}/p/acme/traces/{house.trace}")
    page.get_by_role("link", name="Add to dataset…").click()
    page.get_by_label("Dataset", exact=True).select_option("golden")
    page.get_by_label("Expected").select_option("given")
    page.get_by_label("The right answer").fill("It costs 15 euros.")
    page.get_by_label("Tags").fill("badge, money")
    page.get_by_role("button", name="Add").press("Enter")
    page.wait_for_url("**/datasets/golden/row?*")
    said = page.inner_text("main")
    assert all(word in said for word in ("It costs 15 euros.", "golden:2", "desk@prod", "desk 1", "badge, money"))
    page.get_by_role("link", name="Correct…").click()
    assert "It is in the dataset already." in page.inner_text("main")
    page.get_by_label("The right answer").fill("Fifteen euros.")
    page.get_by_role("button", name="Add").press("Enter")
    page.wait_for_url("**/datasets/golden/row?*")
    history = page.get_by_label("What was expected").first.inner_text()
    assert "Fifteen euros." in history
    assert "It costs 15 euros." in history
    page.get_by_role("link", name=f"trace {house.trace[:8]}").click()
    page.get_by_label("Facts").get_by_role("link", name="golden").click()
    page.wait_for_url("**/datasets/golden/row?*")


def _compare_two(house: House, page: Page) -> None:
    """Pick two traces of the list and see them side by side."""
    page.goto(f"{house.served.url}/p/acme/traces")
    boxes = page.locator("input[name=trace]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="Compare two").click()
    page.wait_for_url("**/compare?*")
    assert "Steps" in page.inner_text("main")


def _begin_a_dataset(house: House, page: Page) -> None:
    """Choose several traces of the list and make them a dataset."""
    page.goto(f"{house.served.url}/p/acme/traces?q=-row:*&sort=start:asc")
    boxes = page.get_by_role("checkbox")
    for number in range(2):
        boxes.nth(number).check()
    page.get_by_role("button", name="Add chosen to dataset…").click()
    assert "Add 2 traces to dataset" in page.inner_text("h1")
    page.get_by_label("Name of a new one").fill("pets")
    page.get_by_role("button", name="Add").press("Enter")
    page.get_by_role("link", name="Open pets").click()
    page.wait_for_url("**/datasets/pets")
    assert "2 rows, 2 to be filled" in page.inner_text("main")
    page.get_by_role("link", name="Datasets").first.click()
    assert "pets" in page.inner_text("main")


def _see_pictures(house: House, page: Page) -> None:
    """Look at a picture and play a recording that an application sent."""
    content = [
        {"type": "text", "text": "What do you see and hear?"},
        {"type": "image_url", "image_url": {"url": data_url(png(side=64), "image/png")}},
        {"type": "input_audio", "input_audio": {"data": encoded(wav()), "format": "wav"}},
    ]
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps([{"role": "user", "content": content}]),
    }
    headers = {"Authorization": f"Bearer {house.key}", "Content-Type": "application/x-protobuf"}
    body = request(wire(1, attributes=attributes))
    assert httpx2.post(f"{house.served.url}/v1/traces", content=body, headers=headers).status_code == 200
    page.goto(f"{house.served.url}/p/acme/traces/{1:032x}?tab=conversation")
    expect(page.get_by_role("img", name="image/png, 12 kB")).to_have_js_property("naturalWidth", 64)
    recording = page.get_by_label("audio/wav, 8 kB")
    recording.evaluate("one => one.play()")
    expect(recording).to_have_js_property("duration", 0.5)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert (sideways(page), small(page), nameless(page), wordless(page)) == (0, [], [], [])
