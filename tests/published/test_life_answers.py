"""Answers that others recorded, judged by ``genyard eval`` and the Python API: the figures are the published ones."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.projects import Project

import genyard

PROMPT = "---\nvariables: {question: string}\n---\n{{ question }}\n"
MANIFEST = """\
project: recorded
systems: {{recorded: {{model: scripted/echo, prompt: prompts/said.md}}}}
datasets: {datasets}
metrics: {metrics}
"""
Means = dict[tuple[str, str], float]
"""By dataset and metric."""
Evaluate = Callable[[Project], dict[str, Any]]


def by_command(project: Project) -> dict[str, Any]:
    report: dict[str, Any] = project.ok("eval")
    return report


def by_program(project: Project) -> dict[str, Any]:
    with genyard.connect(str(project.root), home=str(project.root / ".genyard")) as opened:
        report: dict[str, Any] = opened.evaluate()
    return report


both = pytest.mark.parametrize("evaluate", [by_command, by_program])


def recorded(root: Path, answers: Iterable[tuple[str, str, object]], *, metrics: str) -> Project:
    """Write a project whose system says what a dataset of (dataset, answer, expected) says that it said."""
    project = Project(root=root)
    rows: dict[str, list[str]] = defaultdict(list)
    for dataset, said, expected in answers:
        rows[dataset].append(json.dumps({"inputs": {"question": said}, "expected": expected}) + "\n")
    for dataset, lines in rows.items():
        project.write(f"data/{dataset}.jsonl", "".join(lines))
    datasets = ", ".join(f"{dataset}: data/{dataset}.jsonl" for dataset in rows)
    project.write("prompts/said.md", PROMPT)
    project.write("genyard.yaml", MANIFEST.format(datasets=f"{{{datasets}}}", metrics=metrics))
    return project


def means(report: dict[str, Any], *, n: int) -> Means:
    metrics = [one for evaluation in report["evaluations"] for one in evaluation["metrics"]]
    assert {one["n"] for one in metrics} == {n}
    return {(one["dataset"], one["metric"]): one["mean"] for one in metrics}


@both
def test_openqa_has_the_published_exact_match_and_f1(evaluate: Evaluate, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "openqa_eval"
    lines = (folder / "nq301_judged.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    answers = [(row["model"].lower(), row["prediction"], {"answers": row["gold_answers"]}) for row in rows]
    project = recorded(tmp_path, answers, metrics="[exact_match, answer_f1]")
    found = means(evaluate(project), n=301)
    with (folder / "reference_scores.csv").open(newline="") as table:
        published = {row["model"].lower(): row["em_301"] for row in csv.DictReader(table)}
    told = {name: f"{100 * found[name, 'exact_match']:.1f}" for name, metric in found if metric == "exact_match"}
    assert told == published
    assert f"{100 * found['nq_dpr', 'answer_f1']:.1f}" == "52.3"


@both
def test_gsm8k_has_the_official_accuracy(evaluate: Evaluate, shared_data: Path, tmp_path: Path) -> None:
    lines = (shared_data / "gsm8k_solutions" / "solutions.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    answers = [
        (model, row[model]["solution"], {"answer": row["ground_truth"]})
        for row in rows
        for model in ("6b_finetuning", "175b_finetuning")
    ]
    metrics = '[{name: verdict, metric: numeric_match, after: "A:"}]'
    found = means(evaluate(recorded(tmp_path, answers, metrics=metrics)), n=660)
    assert {name: round(100 * mean, 2) for (name, _), mean in found.items()} == {
        "6b_finetuning": 22.12,
        "175b_finetuning": 34.09,
    }
