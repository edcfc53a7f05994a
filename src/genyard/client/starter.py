"""The files of a new project: a docs assistant that works at once, with the embedded reader."""

import json
from pathlib import Path

from genyard.core.errors import Conflict, InvalidInput, NotFound
from genyard.core.refs import check_name

_MANIFEST = """\
# What this project is made of. `genyard eval` measures it, `genyard release` cuts a release of it.
project: {name}
systems:
  {name}:
    model: embedded/reader            # or openai/gpt-5-mini, or http://gpu:8000/v1#qwen3
    prompt: prompts/answer.md
    retrieval: {{corpus: "{docs}/**/*.md", chunk: {{by: heading, max_words: 220}}, search: bm25, top_k: 4}}
datasets: {{golden: data/golden.jsonl}}
metrics: [answer_f1, contains, recall_at_4, latency_s, cost_usd]
# What an evaluation must show before a release may serve prod. It needs cases: on the one row that is in
# data/golden.jsonl now the gate is undecided. Start with 30 or more questions that people really ask.
# looks: how often you mean to evaluate one system, with more cases each time. Each look may decide, so they share
# the 5 % of error between them; without it there is one. A run on fewer than 5 cases is no look.
gates:
  - {{metric: contains, on: golden, at_least: 0.20, looks: 3}}                     # right in at least 1 of 5 cases
  - {{metric: contains, on: golden, not_worse_than: prod, margin: 0.08, looks: 3}} # loses less than 8 in 100 to prod
"""

_PROMPT = """\
---
name: answer
variables:
  question: {type: string}
  passages: {type: array}
---
--- system ---
Answer the question from the passages below and from nothing else. Name the passages you used, like [1].
If the passages do not say, answer exactly: I do not know.

{% for passage in passages %}
[{{ loop.index }}] {{ passage.title }}
{{ passage.text }}

{% endfor %}
--- user ---
{{ question }}
"""

_ROW = {
    "id": "not-in-the-docs",
    "inputs": {"question": "What will the weather be on Mars next Tuesday?"},
    "expected": {"answers": ["I do not know."], "documents": []},
    "tags": ["unanswerable"],
}


def write_starter(folder: Path, name: str, docs: Path) -> list[str]:
    """Write the files of a new project into ``folder`` and return their paths.

    Raises Conflict when one of them exists, NotFound when ``docs`` holds no Markdown.
    """
    check_name(name, "system name")
    source = (folder / docs).resolve()
    if not source.is_dir() or not any(source.rglob("*.md")):
        raise NotFound(f"{docs} holds no Markdown files", hint="name the folder of your pages with --docs")
    if not source.is_relative_to(folder.resolve()):
        raise InvalidInput(f"{docs} is not inside {folder}", hint="run this in the folder above your pages")
    relative = source.relative_to(folder.resolve()).as_posix()
    files = {
        "genyard.yaml": _MANIFEST.format(name=name, docs=relative),
        "prompts/answer.md": _PROMPT,
        "data/golden.jsonl": json.dumps(_ROW) + "\n",
    }
    for path in files:
        if (folder / path).exists():
            raise Conflict(f"{path} exists already", hint="remove it, or work with what is there")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return [*files, *_ignore_home(folder)]


def _ignore_home(folder: Path) -> list[str]:
    ignore = folder / ".gitignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    if ".genyard/" in lines:
        return []
    ignore.write_text("\n".join([*lines, ".genyard/", ""]), encoding="utf-8")
    return [".gitignore"]
