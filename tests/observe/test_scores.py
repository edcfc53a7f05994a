"""Scores in the lake."""

from dataclasses import replace

import pytest
from tests.observe.masked import OnePolicy

from genyard.core.digest import Digest
from genyard.core.ids import RunId, ScoreId, TraceId
from genyard.core.records import Score, Subject
from genyard.observe.scores import scores_of_run, scores_of_subject, scores_of_trace, write_scores
from genyard.store.lake import Lake

FULL = Score(
    id=ScoreId("0197"),
    project="acme",
    at_ns=1_750_000_000_000_000_000,
    subject=Subject(kind="row", id="sha256:d#7"),
    name="answer_f1",
    scorer_kind="judge",
    scorer="sha256:j",
    value=0.5,
    label="fair",
    direction="lower",
    explanation="half of the words – «τα μισά»",
    repeat=2,
    cost_usd=0.001,
    sampling="uniform:0.1",
    run=RunId("run1"),
    trace_id=TraceId("a" * 32),
    release=Digest("sha256:r"),
    system=Digest("sha256:s"),
)
BARE = Score(
    id=ScoreId("0198"),
    project="acme",
    at_ns=1_750_000_000_000_000_001,
    subject=Subject(kind="session", id="c1"),
    name="thumb",
    scorer_kind="person",
    scorer="principal",
)


@pytest.fixture(params=["tail", "file"])
def written(lake: Lake, request: pytest.FixtureRequest) -> Lake:
    other = replace(FULL, id=ScoreId("0199"), project="other")
    write_scores(lake, [FULL, BARE, other], masking=OnePolicy()).wait(30)
    if request.param == "file":
        lake.flush()
    return lake


def test_scores_are_read_back_by_what_they_judge(written: Lake) -> None:
    assert scores_of_subject(written, "acme", FULL.subject) == [FULL]
    assert scores_of_subject(written, "acme", BARE.subject) == [BARE]
    assert scores_of_subject(written, "acme", Subject(kind="span", id=FULL.subject.id)) == []


def test_scores_are_read_back_by_run_and_by_trace(written: Lake) -> None:
    assert scores_of_run(written, "acme", RunId("run1")) == [FULL]
    assert scores_of_trace(written, "acme", TraceId("a" * 32)) == [FULL]


def test_a_score_written_again_counts_once(written: Lake) -> None:
    write_scores(written, [FULL], masking=OnePolicy()).wait(30)
    assert scores_of_run(written, "acme", RunId("run1")) == [FULL]


def test_a_label_and_an_explanation_are_masked(lake: Lake) -> None:
    told = replace(FULL, label="AKIAIOSFODNN7EXAMPLE", explanation="it gave away ghp_" + "a1B2" * 9)
    write_scores(lake, [told, BARE], masking=OnePolicy()).wait(30)
    masked = replace(told, label="[aws_key]", explanation="it gave away [github_token]")
    assert scores_of_run(lake, "acme", RunId("run1")) == [masked]
    assert scores_of_subject(lake, "acme", BARE.subject) == [BARE]
