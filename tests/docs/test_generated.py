"""What the docs say of the code is what the code says: generated tables, the path of an answer, the house."""

import ast
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
from scripts.generate_docs import EXITS, PARTS, PATH, filled, pages, path_lines
from tests.docs.pages import ROOT
from tests.projects import make_project

from genyard.app import build
from genyard.core.errors import OUTCOMES
from genyard.core.settings import read_settings
from genyard.store import artifacts

DOCS = ROOT / "docs"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_generated_tables_are_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, "run scripts/docs"


def test_every_generated_table_is_shown_somewhere() -> None:
    shown = set(re.findall(r"<!-- generated: (\w+) -->", "".join(page.read_text() for page in pages())))
    assert shown == set(PARTS)


def test_every_exit_code_has_its_sentence() -> None:
    assert set(EXITS) == {outcome.exit_code for outcome in OUTCOMES.values()}


def test_an_answer_is_followed_through_8_files_and_1000_lines() -> None:
    assert len(PATH) <= 8
    assert sum(path_lines(file) for file in PATH) <= 1000


def test_every_port_stands_in_the_house() -> None:
    house = (DOCS / "design" / "house.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| `([\w.]+)` \|", house, re.MULTILINE)) == set(_protocols())


def test_the_bodies_of_artifacts_are_those_described(tmp_path: Path) -> None:
    page = (DOCS / "design" / "records.md").read_text(encoding="utf-8")
    told = {
        kind: set(re.findall(r"`(\w+)`", body))
        for kind, body in re.findall(r"^\| `(\w+)` \| (.+?) \|", page, re.MULTILINE)
    }
    project = make_project(tmp_path)
    project.ok("release")
    with build(read_settings(environment={}), tmp_path / ".genyard") as app, app.bench.database.read() as tx:
        made = [one.artifact for one in artifacts.listing(tx, "acme", limit=100)]
    assert {one.kind: set(one.body) for one in made} == told | {
        "dataset": told["dataset"] - {"row_schema", "traced", "erased"}
    }


def _protocols() -> Iterator[tuple[str, str]]:
    package = ROOT / "src" / "genyard"
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and "Protocol" in {ast.unparse(base) for base in node.bases}:
                yield node.name, ".".join(file.relative_to(package).with_suffix("").parts)


@pytest.mark.parametrize("page", ["docs/design/house.md", "CONTRIBUTING.md"])
def test_the_import_law_drawn_is_the_one_that_is_checked(page: str) -> None:
    law = ConfigParser()
    law.read(ROOT / ".importlinter")
    text = (ROOT / page).read_text(encoding="utf-8")
    for contract in ("life", "edge"):
        rooms = [name.removeprefix("genyard.") for name in law[f"importlinter:contract:{contract}"]["layers"].split()]
        assert f" {' ← '.join(reversed(rooms))}\n" in text
