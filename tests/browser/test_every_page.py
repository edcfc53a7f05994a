"""What holds on every page, in the browser: widths, themes, structure, focus, policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import rules
from tests.browser.site import PATHS

WIDTHS = (320, 400, 1280, 1920)


@pytest.fixture(params=["light", "dark"])
def themed(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PATHS)
def test_the_page_never_scrolls_sideways(name: str, page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls[name])
    over = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        over[width] = rules.sideways(page)
    assert over == dict.fromkeys(WIDTHS, 0)


@pytest.mark.parametrize("name", ["trace", "release", "run"])
def test_the_way_to_a_page_can_be_read_on_a_phone(name: str, page: Page, page_urls: dict[str, str]) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(page_urls[name])
    crumbs = page.locator(".crumbs li").evaluate_all("all => all.map(one => [one.scrollWidth, one.clientWidth])")
    assert len(crumbs) >= 3
    assert all(whole <= shown for whole, shown in crumbs[:-1])
    whole, shown = crumbs[-1]
    assert whole <= shown or shown >= 100


@pytest.mark.parametrize("name", PATHS)
def test_structure_names_statuses_and_targets(name: str, page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls[name])
    assert (rules.structure(page), rules.nameless(page), rules.wordless(page)) == ([], [], [])
    for width in (400, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert (rules.small(page), rules.unstacked(page)) == ([], [])


@pytest.mark.parametrize("name", PATHS)
def test_text_stands_out_in_both_themes(name: str, themed: Page, page_urls: dict[str, str]) -> None:
    themed.goto(page_urls[name])
    themed.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert rules.faint(themed) == []


@pytest.mark.parametrize("name", ["trace_span", "release", "traces", "sign_in"])
def test_every_tab_stop_has_a_ring(name: str, page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls[name])
    assert rules.ringless(page) == []


@pytest.mark.parametrize("name", PATHS)
def test_nothing_runs_breaks_or_leaves(name: str, page: Page, page_urls: dict[str, str], reports: list[str]) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_urls[name], wait_until="networkidle")
    origin = page.evaluate("location.origin")
    assert said == []
    assert [url for url in asked if not url.startswith((origin + "/", "data:"))] == []
    assert len([url for url in asked if not url.startswith("data:")]) <= 6
    assert page.evaluate("window.hacked") is None
    assert reports == []


@pytest.mark.parametrize("name", PATHS)
def test_nothing_moves_while_it_loads(name: str, page: Page, page_urls: dict[str, str]) -> None:
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => window.moved += e.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(page_urls[name], wait_until="networkidle")
    assert page.evaluate("window.moved") <= 0.02


@pytest.mark.parametrize("name", ["trace_span", "release", "traces"])
def test_forced_colours_and_print_keep_the_page(name: str, page: Page, page_urls: dict[str, str]) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(page_urls[name])
    assert rules.sideways(page) == 0
    page.emulate_media(media="print", forced_colors="none")
    assert not page.locator(".nav, .top, .copy >> visible=true").count()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 5_000


@pytest.mark.parametrize("name", ["trace_span", "release", "traces"])
def test_wider_text_spacing_clips_nothing(name: str, page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls[name])
    # WCAG 1.4.12. Set through the object model, which the policy allows to the page's own tools.
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        const wider = ["line-height: 1.5", "letter-spacing: .12em", "word-spacing: .16em"];
        sheet.replaceSync(`* {${wider.map((one) => one + " !important").join(";")}}`);
        document.adoptedStyleSheets = [sheet]; }"""
    )
    assert rules.sideways(page) == 0
    assert page.locator("h1").is_visible()
