"""Keyboard only: the span tree, copying, finding, help; and the same pages without script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def tree(page: Page, page_urls: dict[str, str]) -> Page:
    page.goto(page_urls["trace"])
    page.locator("[role=treegrid] tr[tabindex='0']").focus()
    return page


@pytest.fixture
def scriptless(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.querySelector('.n')?.textContent ?? ''"))


def test_arrows_walk_close_and_open_the_tree(tree: Page) -> None:
    tree.keyboard.press("ArrowDown")
    assert focused(tree) == "retrieval: retrieve passages"
    tree.keyboard.press("ArrowLeft")
    assert focused(tree) == "system: answer"
    rows = tree.locator("[role=treegrid] tr[aria-level]:visible")
    tree.keyboard.press("ArrowLeft")
    expect(rows).to_have_count(1)
    tree.keyboard.press("ArrowRight")
    expect(rows).to_have_count(6)


def test_home_and_end_and_one_row_in_the_tab_order(tree: Page) -> None:
    tree.keyboard.press("End")
    assert focused(tree) == "model: chat gpt-5-mini"
    tree.keyboard.press("Home")
    assert focused(tree) == "system: answer"
    assert tree.locator("[role=treegrid] tr[tabindex='0']").count() == 1
    assert tree.locator("[role=treegrid] a:not([tabindex='-1'])").count() == 0


def test_enter_shows_the_span_and_the_address_says_so(tree: Page) -> None:
    tree.keyboard.press("End")
    tree.keyboard.press("Enter")
    expect(tree.locator("#panel h2")).to_have_text("chat gpt-5-mini")
    assert tree.url.endswith("?span=a100000000000006")
    expect(tree.locator("tr[aria-selected=true] .n")).to_contain_text("chat gpt-5-mini")
    assert focused(tree) == "model: chat gpt-5-mini"


def test_back_shows_the_span_before(tree: Page) -> None:
    tree.keyboard.press("End")
    tree.keyboard.press("Enter")
    expect(tree.locator("#panel h2")).to_have_text("chat gpt-5-mini")
    tree.go_back()
    expect(tree.locator("#panel h2")).to_have_text("answer")


def test_e_goes_to_the_next_problem(tree: Page) -> None:
    tree.keyboard.press("e")
    assert focused(tree) == "tool: lookup_badge"


def test_arrows_outside_the_tree_scroll_the_page(page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls["release"])
    page.locator("#main").focus()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    expect(page.locator("h1")).not_to_be_in_viewport()


def test_slash_finds_among_the_spans(tree: Page) -> None:
    tree.keyboard.press("/")
    tree.keyboard.type("badge")
    expect(tree.locator("[role=treegrid] tr[aria-level]:visible")).to_have_count(3)
    expect(tree.locator("#said")).to_have_text("2 spans match")


def test_copy_gives_all_of_an_id_and_says_so(tree: Page) -> None:
    button = tree.get_by_role("button", name="Copy trace id")
    whole = button.locator("xpath=..").get_attribute("data-full")
    button.focus()
    tree.keyboard.press("Enter")
    expect(tree.locator("#said")).to_contain_text("Copied")
    assert tree.evaluate("navigator.clipboard.readText()") == whole
    assert whole and len(whole) == 32


def test_help_lists_the_keys_that_work_and_closes(tree: Page) -> None:
    tree.keyboard.press("?")
    dialog = tree.get_by_role("dialog", name="Keys on this page")
    expect(dialog).to_contain_text("Go to Traces")
    expect(dialog).to_contain_text("Next problem")
    tree.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_single_keys_can_be_switched_off(tree: Page) -> None:
    tree.keyboard.press("?")
    tree.get_by_label("Single keys are on").uncheck()
    tree.keyboard.press("Escape")
    tree.keyboard.press("?")
    expect(tree.get_by_role("dialog")).to_have_count(0)


def test_g_then_a_letter_goes_to_a_page(page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls["release"])
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url(page_urls["traces"])


def test_j_walks_a_list_and_enter_opens(page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls["runs"])
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/019a4c7e-*")


def test_the_theme_is_chosen_and_kept(page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls["release"])
    page.get_by_role("button", name="Theme: system, change").press("Enter")
    page.get_by_role("button", name="Theme: light, change").press("Enter")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_readers_zone_writes_the_next_page(browser: Browser, page_urls: dict[str, str]) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(page_urls["audit"])
    expect(page.locator("td time").first).to_have_text("2026-11-23 09:04:00")
    page.reload()
    expect(page.locator("td time").first).to_have_text("2026-11-23 18:04:00")
    expect(page.locator("#zone")).to_have_text("Asia/Tokyo")
    context.close()


def test_the_menu_opens_by_key_on_a_narrow_screen(page: Page, page_urls: dict[str, str]) -> None:
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(page_urls["release"])
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(menu.get_by_role("link", name="Traces")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_a_folded_row_of_a_large_trace_opens_from_the_server(page: Page, page_urls: dict[str, str]) -> None:
    page.goto(page_urls["trace_large"])
    page.locator("tr[aria-expanded=false] a.tw").first.click()
    page.wait_for_url("**open=*")
    assert page.locator("[role=treegrid] tr[aria-level]").count() <= 90


def test_without_script_the_page_reads_and_its_links_work(scriptless: Page, page_urls: dict[str, str]) -> None:
    scriptless.goto(page_urls["trace"])
    expect(scriptless.locator("button.copy").first).to_be_hidden()
    scriptless.get_by_role("link", name="chat gpt-5-mini").last.click()
    expect(scriptless.locator("#panel h2")).to_have_text("chat gpt-5-mini")
    scriptless.locator("sup a").first.click()
    assert scriptless.url.endswith("#doc-1")
    scriptless.get_by_role("link", name="Conversation").click()
    expect(scriptless.get_by_role("heading", name="Conversation")).to_be_visible()


def test_without_script_sign_in_is_a_form(scriptless: Page, page_urls: dict[str, str]) -> None:
    scriptless.goto(page_urls["sign_in"])
    expect(scriptless.get_by_label("One-time code")).to_be_editable()
    expect(scriptless.get_by_role("button", name="Sign in")).to_be_enabled()
