"""Pages as HTML: bounded, escaped, with the policy's demands kept."""

import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient
from tests.browser.site import PATHS, site

from genyard.core.errors import NotFound
from genyard.server.pages.render import Pages, content_security_policy

HTML_BYTES, NODES = 60_000, 3_000
CSS_BYTES, JS_BYTES, JS_LINES = 32_000, 21_000, 200


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.nodes = 0
        self.attributes: list[tuple[str, str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.nodes += 1
        self.attributes += [(tag, name, value) for name, value in attrs]


@pytest.fixture(scope="module")
def html_of() -> dict[str, str]:
    client = TestClient(site([]))
    return {name: client.get(path).text for name, path in PATHS.items()}


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


@pytest.mark.parametrize("name", PATHS)
def test_a_page_is_bounded(name: str, html_of: dict[str, str]) -> None:
    assert len(html_of[name].encode()) <= HTML_BYTES
    assert read(html_of[name]).nodes <= NODES


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_inline(name: str, html_of: dict[str, str]) -> None:
    found = read(html_of[name]).attributes
    assert not [one for one in found if one[1] == "style" or one[1].startswith("on")]
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)", html_of[name])


@pytest.mark.parametrize("name", PATHS)
def test_every_address_is_our_own(name: str, html_of: dict[str, str]) -> None:
    addresses = [value or "" for _, key, value in read(html_of[name]).attributes if key in ("href", "src", "action")]
    assert all(re.match(r"[/?#]|data:image/svg", one) and not one.startswith("//") for one in addresses)


@pytest.mark.parametrize("name", PATHS)
def test_ids_are_unique_and_times_have_a_machine_form(name: str, html_of: dict[str, str]) -> None:
    found = read(html_of[name]).attributes
    ids = [value for _, key, value in found if key == "id"]
    assert len(ids) == len(set(ids))
    assert html_of[name].count("<time") == sum(tag == "time" and key == "datetime" for tag, key, _ in found)


def test_the_policy_is_the_strict_one() -> None:
    assert content_security_policy() == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self';"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def test_static_files_are_named_by_content_and_bounded(html_of: dict[str, str]) -> None:
    pages = Pages()
    names = set(re.findall(r"/static/([\w.]+)", "".join(html_of.values())))
    files = {name: pages.static_file(name) for name in names}
    assert {kind for _, kind in files.values()} == {"text/css; charset=utf-8", "text/javascript; charset=utf-8"}
    sheets = [content for name, (content, _) in files.items() if name.endswith(".css")]
    scripts = [content for name, (content, _) in files.items() if name.endswith(".js")]
    assert [len(one) <= CSS_BYTES for one in sheets] == [True]
    assert sum(map(len, scripts)) <= JS_BYTES
    assert all(one.count(b"\n") <= JS_LINES for one in scripts)


@pytest.mark.parametrize("path", ["app.css", "../render.py", "", "app.000000000000.css"])
def test_no_other_file_is_served(path: str) -> None:
    with pytest.raises(NotFound):
        Pages().static_file(path)


def test_an_empty_list_names_the_command_that_fills_it(html_of: dict[str, str]) -> None:
    assert "<code>genyard eval</code>" in html_of["empty"]
