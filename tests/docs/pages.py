"""The pages of the docs: their blocks of code, and what hidden comments say of them.

A page says ``<!-- setup: handbook -->`` once: which folder its commands run in (``projects``). The line above a block
may say ``<!-- file: data/golden.jsonl -->``, then the block is written to that file, or ``<!-- not run: REASON -->``,
then it is only checked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SETUP = re.compile(r"<!-- setup: (\w+) -->")
_NOTE = re.compile(r"<!-- (file|not run): (.+) -->")
_FENCE = re.compile(r"(`{3,})(\w*)$")
_PROMPT = "$ "
_CONTINUED = "> "


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of code. ``line`` is the number, from 1, of its first line of text in the page."""

    page: Path
    language: str
    line: int
    text: str
    file: str = ""
    not_run: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of a console block and the output shown under it."""

    text: str
    shown: str


def page_paths() -> list[Path]:
    """Return every page that readers of the product are given."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]
    return [*top, *sorted((ROOT / "docs").rglob("*.md"))]


def setup_of(page: Path) -> str:
    """Return the set-up that a page names, ``""`` where it runs nothing."""
    found = _SETUP.search(page.read_text(encoding="utf-8"))
    return found[1] if found else ""


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page in order."""
    return list(_blocks(page, page.read_text(encoding="utf-8").splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    start: int | None = None
    fence = language = ""
    for at, line in enumerate(lines):
        opened = _FENCE.match(line)
        if start is None and opened:
            start, fence, language = at, opened[1], opened[2]
        elif start is not None and line == fence:
            note = _NOTE.match(lines[start - 1]) if start else None
            noted = {note[1]: note[2]} if note else {}
            yield Block(
                page=page,
                language=language,
                line=start + 2,
                text="".join(f"{one}\n" for one in lines[start + 1 : at]),
                file=noted.get("file", ""),
                not_run=noted.get("not run", ""),
            )
            start = None
    assert start is None, f"{page}:{start} opens a block that does not end"


def commands_of(block: Block) -> list[Command]:
    """Return the commands of a console block: each begins with ``$ ``, and goes on in lines that begin with ``> ``."""
    commands: list[tuple[list[str], list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith(_PROMPT):
            commands.append(([line.removeprefix(_PROMPT)], []))
        elif commands and line.startswith(_CONTINUED) and not commands[-1][1]:
            commands[-1][0].append(line.removeprefix(_CONTINUED))
        else:
            assert commands, f"{block.place} begins with output"
            commands[-1][1].append(line)
    return [
        Command(text="\n".join(asked), shown="".join(f"{one}\n" for one in shown).rstrip("\n"))
        for asked, shown in commands
    ]


def as_block(commands: list[Command]) -> str:
    """Return the text of a console block that shows ``commands``."""
    found: list[str] = []
    for command in commands:
        first, *rest = command.text.splitlines()
        found += [_PROMPT + first, *(_CONTINUED + one for one in rest), *command.shown.splitlines()]
    return "".join(f"{one}\n" for one in found)
