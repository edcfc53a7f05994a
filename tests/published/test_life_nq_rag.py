"""nq_rag as corpus and dataset, through the command line and the Python API, finds what the reference finds."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.projects import PROMPT as WITH_PASSAGES
from tests.projects import Project

import genyard

REFERENCE = {"recall_at_1": 0.748, "recall_at_5": 0.904, "mrr_at_20": 0.818}
MANIFEST = """\
project: nq
systems:
  nq:
    model: scripted/fixed:x
    prompt: prompts/answer.md
    retrieval:
      corpus: corpus.jsonl
      chunk: {by: document}
      search: {method: bm25, k1: 0.9, b: 0.4, tokenizer: alnum, query_terms: distinct}
      top_k: 20
datasets: {queries: queries.jsonl}
metrics: [recall_at_1, recall_at_5, {name: mrr_at_20, metric: mrr, k: 20}]
gates: [{metric: recall_at_5, on: queries, at_least: 0.85}]
"""
PROMPT = "---\nvariables: {question: string}\n---\n{{ question }}\n"


@pytest.fixture(scope="module")
def project(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(root=tmp_path_factory.mktemp("nq"))
    project.write("genyard.yaml", MANIFEST)
    project.write("prompts/answer.md", PROMPT)
    shutil.copy(shared_data / "nq_rag" / "corpus.jsonl", project.root)
    rows = [json.loads(line) for line in (shared_data / "nq_rag" / "queries.jsonl").read_text().splitlines()]
    project.write("queries.jsonl", "".join(json.dumps(_row(row)) + "\n" for row in rows))
    return project


def _row(query: dict[str, Any]) -> dict[str, Any]:
    return {
        "inputs": {"question": query["question"]},
        "expected": {"answers": query["answers"], "documents": [query["gold_passage"]]},
    }


def _means(report: dict[str, Any]) -> dict[str, float]:
    assert report["gate"]["verdict"] == "pass"
    (evaluation,) = report["evaluations"]
    assert (evaluation["rows"], evaluation["cases"]["failed"]) == (1328, 0)
    assert {one["n"] for one in evaluation["metrics"]} == {1328}
    return {one["metric"]: one["mean"] for one in evaluation["metrics"]}


def test_the_command_line_finds_what_the_reference_finds(project: Project) -> None:
    assert _means(project.ok("eval")) == pytest.approx(REFERENCE, abs=0.005)


def test_the_python_api_finds_the_same(project: Project) -> None:
    with genyard.connect(str(project.root), home=str(project.root / ".genyard")) as opened:
        report = opened.evaluate()
    assert _means(report) == pytest.approx(REFERENCE, abs=0.005)


READER = """\
project: nq
systems:
  nq:
    model: embedded/reader
    prompt: prompts/answer.md
    retrieval: {corpus: corpus.jsonl, chunk: {by: document}, top_k: 4}
datasets: {queries: queries.jsonl}
metrics: [contains]
gates: [{metric: contains, on: queries, at_least: 0.3}]
"""
BASELINE = 0.47
"""How often the sentence that shares the most words with its question holds a right answer."""


def test_the_reader_answers_at_least_as_often_as_the_baseline(
    project: Project, shared_data: Path, tmp_path: Path
) -> None:
    reader = Project(root=tmp_path)
    reader.write("genyard.yaml", READER)
    reader.write("prompts/answer.md", WITH_PASSAGES)
    shutil.copy(shared_data / "nq_rag" / "corpus.jsonl", reader.root)
    # The reader was tuned on rows 0, 2, 4 …; these are of the others.
    rows = (project.root / "queries.jsonl").read_text().splitlines()[1::6]
    reader.write("queries.jsonl", "\n".join(rows))
    (evaluation,) = reader.ok("eval")["evaluations"]
    (contains,) = evaluation["metrics"]
    assert (contains["n"], contains["mean"] >= BASELINE) == (len(rows), True)
