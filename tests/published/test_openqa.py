"""Exact match and F1 equal the published table of Kamalloo et al. (ACL 2023) on NQ-open."""

import csv
import json
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import pytest

from genyard.develop.metrics import exact_match, token_f1

Rows = dict[str, list[dict[str, object]]]


def rows_of(path: Path) -> Rows:
    rows: Rows = defaultdict(list)
    for line in path.read_text().splitlines():
        row = json.loads(line)
        rows[row["model"]].append(row)
    return rows


def mean(rows: list[dict[str, object]], measure: str) -> float:
    function = {"em": exact_match, "f1": token_f1}[measure]
    return 100 * fmean(function(str(row["prediction"]), _golds(row)) for row in rows)


def _golds(row: dict[str, object]) -> list[str]:
    golds = row["gold_answers"]
    assert isinstance(golds, list)
    return [str(one) for one in golds]


@pytest.fixture(scope="module")
def judged(shared_data: Path) -> Rows:
    return rows_of(shared_data / "openqa_eval" / "nq301_judged.jsonl")


@pytest.fixture(scope="module")
def table(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "openqa_eval" / "reference_scores.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_exact_match_of_each_system_on_the_judged_questions(judged: Rows, table: list[dict[str, str]]) -> None:
    ours = {model: f"{mean(rows, 'em'):.1f}" for model, rows in judged.items()}
    assert ours == {row["model"]: row["em_301"] for row in table}


def test_exact_match_of_the_systems_with_all_questions(shared_data: Path, table: list[dict[str, str]]) -> None:
    full = rows_of(shared_data / "openqa_eval" / "nq_open_predictions.jsonl")
    expected = {row["model"]: row["em_full"] for row in table if row["model"] in full}
    assert {model: f"{mean(rows, 'em'):.2f}" for model, rows in full.items()} == expected
    assert len(full) == 2


def test_exact_match_agrees_with_the_published_verdict_on_every_row(judged: Rows) -> None:
    rows = [row for rows in judged.values() for row in rows]
    assert len(rows) == 1806
    assert [bool(exact_match(str(row["prediction"]), _golds(row))) for row in rows] == [
        row["exact_match"] for row in rows
    ]


@pytest.mark.parametrize(
    ("model", "f1"), [("NQ301_text-davinci-003_zeroshot", "27.5"), ("NQ_DPR", "52.3"), ("NQ_FiD", "55.4")]
)
def test_f1_is_the_published_one(judged: Rows, model: str, f1: str) -> None:
    assert f"{mean(judged[model], 'f1'):.1f}" == f1
