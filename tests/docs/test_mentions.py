"""Nothing that a user can set, type or receive goes without a word in the docs."""

import re

import pytest
from scripts.generate_docs import api_routes, cli_commands
from tests.docs.pages import blocks_of, commands_of, page_paths

from genyard.core.errors import OUTCOMES
from genyard.core.settings import SETTINGS
from genyard.deploy.gateway import REFUSED

PAGES = {page.name: page.read_text(encoding="utf-8") for page in page_paths()}
NEVER_RUN = {"jobs reply"}
"""Commands that no page can run: no job of this version waits for a person."""


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.variable)
def test_a_setting_is_explained(setting: object) -> None:
    assert f"`{getattr(setting, 'variable', '')}`" in PAGES["settings.md"]


@pytest.mark.parametrize("code", OUTCOMES)
def test_an_error_code_is_explained(code: str) -> None:
    assert f"`{code}`" in PAGES["cli.md"]


def test_every_route_is_listed() -> None:
    for method, path, _ in api_routes():
        assert f"`{method} {path}`" in PAGES["api.md"]


@pytest.mark.parametrize("path", [path for path, _ in cli_commands()])
def test_a_command_is_run_on_some_page(path: str) -> None:
    run = {
        command.text
        for page in page_paths()
        for block in blocks_of(page)
        if block.language == "console" and not block.not_run
        for command in commands_of(block)
    }
    assert any(f"genyard {path}" in text for text in run) != (path in NEVER_RUN)


@pytest.mark.parametrize("field", REFUSED)
def test_what_an_endpoint_refuses_is_named(field: str) -> None:
    said = PAGES["endpoints.md"]
    assert re.search(rf"`{field}`", said) or field in ("audio", "modalities"), field


def test_the_docs_have_a_page_for_each_noun() -> None:
    nouns = (
        "models prompts datasets corpora systems metrics evaluations gates releases endpoints traces lineage jobs "
        "access audit masking settings cli api python operations journey index"
    )
    assert {f"{noun}.md" for noun in nouns.split()} <= set(PAGES)
