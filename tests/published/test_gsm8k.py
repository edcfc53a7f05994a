"""The number after ``A:`` agrees with OpenAI's own verdict on every solution of GSM8K."""

import json
from pathlib import Path
from statistics import fmean

import pytest

from genyard.develop.code_scorers import make_scorer
from genyard.develop.scorers import Case


@pytest.mark.parametrize(("model", "accuracy"), [("6b_finetuning", 22.12), ("175b_finetuning", 34.09)])
def test_every_verdict_is_the_official_one(shared_data: Path, model: str, accuracy: float) -> None:
    scorer = make_scorer("verdict", metric="numeric_match", options={"after": "A:"})
    verdicts = []
    for line in (shared_data / "gsm8k_solutions" / "solutions.jsonl").read_text().splitlines():
        row = json.loads(line)
        solution = row[model]
        judged = scorer.score(Case(inputs={}, expected={"answer": row["ground_truth"]}, answer=solution["solution"]))
        verdicts.append((judged.value == 1.0, solution["is_correct"]))
    assert len(verdicts) == 660
    assert [ours for ours, _ in verdicts] == [theirs for _, theirs in verdicts]
    assert round(100 * fmean(ours for ours, _ in verdicts), 2) == accuracy
