"""A project folder of three pages, and the command line run on it in this process."""

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genyard.cli.main import run

EXAMPLE = Path(__file__).parents[1] / "examples" / "handbook"

PAGES = {
    "it/badges.md": "# Badges\n\n## Reset\n\nTo reset a badge, hold it to the blue reader for ten seconds.\n\n"
    "## Lost\n\nA lost badge costs 15 euros. Report it to reception.\n",
    "people/leave.md": "# Leave\n\nEverybody has 28 days of annual leave. The leave year begins on 1 April.\n",
    "travel/hotels.md": "# Hotels\n\nA hotel may cost 140 euros a night. Breakfast is paid in addition.\n",
}
ROWS = (
    ("reset", "How long do I hold my badge to the blue reader to reset it?", "ten seconds"),
    ("lost", "What does a lost badge cost?", "15 euros"),
    ("report", "Where do I report a lost badge?", "reception"),
    ("days", "How many days of annual leave has everybody?", "28 days"),
    ("year", "When does the leave year begin?", "1 April"),
    ("hotel", "What may a hotel cost a night?", "140 euros"),
    ("breakfast", "Is breakfast paid in addition at a hotel?", "Breakfast is paid"),
    ("colour", "Which reader resets a badge, what colour is it?", "blue"),
)
PROMPT = """\
---
name: answer
variables: {question: string, passages: array}
---
--- system ---
Answer from the passages. If they do not say, answer exactly: I do not know.

{% for passage in passages %}
[{{ loop.index }}] {{ passage.title }}
{{ passage.text }}

{% endfor %}
--- user ---
{{ question }}
"""
WITHOUT_PASSAGES = """\
---
name: answer
variables: {question: string}
---
--- system ---
Answer the question. If you do not know, answer exactly: I do not know.
--- user ---
{{ question }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def reply(self) -> Any:
        """What it said with ``--json``."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The error that it told with ``--json``."""
        found: dict[str, str] = json.loads(self.err)["error"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project folder, and ``genyard`` run in it."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings of this project's commands, beside none of the outside's."""

    def __call__(self, *arguments: str) -> Ran:
        """Run ``genyard ARGUMENTS`` here, in this process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.root),
            _environment(self.outside()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(list(arguments))
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def ok(self, *arguments: str) -> Any:
        """Run a command that must succeed, with ``--json``, and return what it said."""
        ran = self(*arguments, "--json")
        assert ran.code == 0, ran.err or ran.out
        return ran.reply

    def outside(self) -> dict[str, str]:
        """Return the environment for a process of its own: nothing of the user's own Genyard."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GENYARD_", "OPENAI_"))}
        return kept | {"XDG_CONFIG_HOME": str(self.root / ".config"), **self.environment}

    def copied(self, root: Path) -> "Project":
        """Return a copy of the folder with its home, which nobody may have open."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Project(root=root, environment=self.environment)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))


def make_project(
    root: Path,
    *,
    model: str = "embedded/reader",
    metrics: str = "[contains, recall_at_4, latency_s]",
    gates: str = "[{metric: contains, on: golden, at_least: 0.5}]",
    environment: Mapping[str, str] | None = None,
) -> Project:
    """Write a docs assistant over ``PAGES`` that is asked ``ROWS``."""
    project = Project(root=root, environment=environment or {})
    for path, text in PAGES.items():
        project.write(f"pages/{path}", text)
    project.write("prompts/answer.md", PROMPT)
    project.write("data/golden.jsonl", "".join(_row(*row) for row in ROWS))
    project.write(
        "genyard.yaml",
        f"""\
project: acme
systems:
  desk:
    model: {model}
    prompt: prompts/answer.md
    retrieval: {{corpus: "pages/**/*.md", top_k: 4}}
datasets: {{golden: data/golden.jsonl}}
metrics: {metrics}
gates: {gates}
""",
    )
    return project


def _row(row_id: str, question: str, answer: str) -> str:
    return json.dumps({"id": row_id, "inputs": {"question": question}, "expected": {"answers": [answer]}}) + "\n"


@contextlib.contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
