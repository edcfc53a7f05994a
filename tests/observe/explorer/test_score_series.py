"""Figures of scores by hour and day."""

from dataclasses import replace

import pytest
from tests.observe.explorer.test_series import DAY, call, root, window
from tests.observe.judging import judged
from tests.observe.masked import OnePolicy
from tests.store.lake_rows import keep

from genyard.core.digest import Digest
from genyard.core.ids import TraceId
from genyard.core.records import Score, Subject
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.score_series import score_series
from genyard.observe.explorer.trace_query import EVERY_TRACE, TraceQuery
from genyard.observe.scores import write_scores
from genyard.store.lake import Lake


def judge(lake: Lake, *scores: Score) -> None:
    write_scores(lake, list(scores), masking=OnePolicy()).wait(30)


def of_trace(number: int, value: float) -> Score:
    return judged(f"{number:032x}", "good", value, at_ns=DAY)


def means(lake: Lake, query: TraceQuery = EVERY_TRACE, by: str | None = None) -> dict[str | None, float]:
    return {one.group: round(one.mean, 9) for one in score_series(window(lake), query, by=by)}


@pytest.fixture
def talked(lake: Lake) -> Lake:
    keep(
        lake,
        root(1, DAY, 5, user_id="ann", service_name="shop", release="2026.11"),
        call(11, 1, DAY + 1, response_model="m"),
        root(2, DAY, 5, user_id="bob", service_name="shop"),
        root(3, DAY, 5, user_id="bob", service_name="bulk"),
    )
    visit = replace(of_trace(9, 1.0), subject=Subject(kind="session", id="visit"), trace_id=None)
    judge(lake, of_trace(1, 0.2), of_trace(2, 0.6), of_trace(3, 1.0), visit)
    return lake


def test_scores_are_counted_by_day_whatever_they_judge(talked: Lake) -> None:
    (mean,) = score_series(window(talked))
    assert (mean.at_ns, mean.group, mean.name, round(mean.mean, 9), mean.count) == (DAY, None, "good", 0.7, 4)


def test_with_a_query_they_are_those_of_the_traces_that_meet_it(talked: Lake) -> None:
    assert means(talked, read_query("service:shop")) == {None: 0.4}
    assert means(talked, read_query("model:m")) == {None: 0.2}
    assert means(talked, read_query("user:nobody")) == {}


def test_they_are_split_as_their_traces_are(talked: Lake) -> None:
    assert means(talked, by="user_id") == {"ann": 0.2, "bob": 0.8, None: 1.0}
    assert means(talked, read_query("service:shop"), by="user_id") == {"ann": 0.2, "bob": 0.6}
    # A judgement is of a whole trace, which may have asked several models.
    assert means(talked, by="model") == {}


def test_the_release_that_a_score_names_is_its_own(talked: Lake) -> None:
    judge(talked, replace(of_trace(3, 0.0), release=Digest("sha256:r"), trace_id=TraceId(f"{3:032x}")))
    assert means(talked, by="release") == {"2026.11": 0.2, "sha256:r": 0.0, None: pytest.approx(2.6 / 3)}
