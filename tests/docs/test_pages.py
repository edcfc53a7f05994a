"""Every block of the README and the docs is run, or checked where it cannot run here."""

import json
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.docs.conftest import Open
from tests.docs.matching import matches
from tests.docs.pages import ROOT, Block, Command, as_block, blocks_of, commands_of, page_paths, setup_of
from tests.docs.projects import SETUPS
from tests.docs.terminal import Terminal

from genyard.cli.main import build
from genyard.develop.manifest import Manifest, parse_manifest
from genyard.develop.prompts import parse_prompt
from genyard.develop.yaml_text import load_yaml

LANGUAGES = ("console", "python", "yaml", "json", "jsonl", "markdown", "text", "")
"""A block without a language is a drawing."""
WRITES = os.environ.get("GENYARD_DOCS", "")
"""``write``, as scripts/docs sets it, writes pages anew whose output no longer matches; ``anew`` every page."""

_REST = {
    "project": "project: acme\n",
    "systems": "systems: {desk: {model: embedded/reader, prompt: p.md}}\n",
    "datasets": "datasets: {golden: data/golden.jsonl}\n",
    "metrics": "metrics: [answer_f1, contains, latency_s, cost_usd]\n",
}
"""What a part of a genyard.yaml is completed with before it is read."""


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _running() -> list[Path]:
    return [page for page in page_paths() if setup_of(page)]


def _all_blocks() -> Iterator[Block]:
    for page in page_paths():
        yield from blocks_of(page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A block that was run, with what each of its commands said."""

    block: Block
    said: tuple[tuple[Command, str], ...]

    def wrong(self) -> str:
        """Return what does not match, empty when all does."""
        return "".join(
            f"$ {one.text}\n--- {self.block.place} shows\n{one.shown}\n--- it says\n{text}\n"
            for one, text in self.said
            if not matches(one.shown, text)
        )

    def text(self) -> str:
        """Return the block as it was said now; what is shortened with … and still holds stays so."""
        now = [
            one if "…" in one.shown and matches(one.shown, text) else Command(text=one.text, shown=text)
            for one, text in self.said
        ]
        return as_block(now) if self.block.language == "console" else f"{now[0].shown}\n"


@pytest.mark.parametrize("page", _running(), ids=_name)
def test_blocks_run_and_say_what_the_page_shows(page: Path, open_terminal: Open) -> None:
    assert setup_of(page) in SETUPS
    with open_terminal(setup_of(page)) as terminal:
        ran = [found for block in blocks_of(page) if (found := _run(block, terminal))]
    broken = [text for one in ran for _, text in one.said if "Traceback (most recent call last)" in text]
    assert not broken, broken[0]
    wrong = "".join(one.wrong() for one in ran)
    if WRITES == "anew" or (wrong and WRITES):
        # The whole page, so that a digest that stands on it twice is the same in both places.
        _write(page, ran)
    else:
        assert not wrong, f"mend it with scripts/docs\n{wrong}"


def _run(block: Block, terminal: Terminal) -> Ran | None:
    if block.file:
        (terminal.folder / block.file).parent.mkdir(parents=True, exist_ok=True)
        (terminal.folder / block.file).write_text(block.text, encoding="utf-8")
    elif block.language == "console" and not block.not_run:
        return Ran(block=block, said=tuple((one, terminal.run(one.text)) for one in commands_of(block)))
    elif block.language == "python" and not block.not_run:
        terminal.printed = terminal.python(block.text)
    elif block.language == "text" and terminal.printed:
        printed, terminal.printed = terminal.printed, ""
        return Ran(block=block, said=((Command(text="", shown=block.text.rstrip("\n")), printed),))
    return None


def _write(page: Path, ran: list[Ran]) -> None:
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for one in reversed(ran):
        start = one.block.line - 1
        lines[start : start + len(one.block.text.splitlines())] = [one.text()]
    page.write_text("".join(lines), encoding="utf-8")


def test_python_that_says_something_shows_what() -> None:
    for page in page_paths():
        blocks = blocks_of(page)
        for block, following in zip(blocks, [*blocks[1:], None], strict=False):
            prints = block.language == "python" and not block.not_run and "print(" in block.text
            assert not prints or (following and following.language == "text"), f"{block.place} shows nothing"


def test_every_page_with_commands_says_where_they_run() -> None:
    for block in _all_blocks():
        runs = block.language in ("console", "python") and not block.not_run
        assert not runs or setup_of(block.page), f"{block.place} runs, but the page has no <!-- setup: … -->"


def test_blocks_have_a_language_that_is_checked() -> None:
    for block in _all_blocks():
        assert block.language in LANGUAGES, f"{block.place} is {block.language!r}"


@pytest.mark.parametrize("block", [one for one in _all_blocks() if one.language == "yaml"], ids=lambda one: one.place)
def test_yaml_is_a_manifest_or_a_part_of_one(block: Block) -> None:
    value = load_yaml(block.text, path=block.place)
    assert isinstance(value, dict)
    assert set(value) <= set(Manifest.model_fields), f"{block.place} is no part of a genyard.yaml"
    rest = "".join(text for key, text in _REST.items() if key not in value)
    parse_manifest(rest + block.text, path=block.place)


@pytest.mark.parametrize("block", [one for one in _all_blocks() if "json" in one.language], ids=lambda one: one.place)
def test_json_parses(block: Block) -> None:
    text = re.sub(r"…", "", block.text)
    for part in text.splitlines() if block.language == "jsonl" else [text]:
        json.loads(part)


def test_prompts_shown_are_prompts() -> None:
    shown = [one for one in _all_blocks() if one.language == "markdown" and one.text.startswith("---\n")]
    assert shown
    for block in shown:
        parse_prompt(block.text, path=block.place)


def test_commands_that_are_not_run_name_what_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    verbs = {command.name or command.callback.__name__ for command in build().registered_commands if command.callback}
    verbs |= {group.name for group in build().registered_groups if group.name}
    for block in (one for one in _all_blocks() if one.not_run and one.language == "console"):
        for command in commands_of(block):
            for script in re.findall(r"scripts/\w+", command.text):
                assert (ROOT / script).is_file(), f"{block.place}: {script}"
            for verb in re.findall(r"(?:^|&& )genyard (\w+)", command.text):
                assert verb in verbs, f"{block.place}: genyard {verb}"
            for extra in re.findall(r"\[(\w+)\]", command.text):
                assert extra in extras, f"{block.place}: [{extra}]"
