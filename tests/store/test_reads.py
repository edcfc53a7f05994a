"""A question is given the columns that it speaks of."""

import pytest

from genyard.store.columns import SPANS
from genyard.store.reads import named_in

ALWAYS = {"project", "day", "span_id", "start_ns", "arrival"}


def test_only_columns_that_are_named_are_read() -> None:
    sql = "SELECT count(*), sum(2 * input_tokens) FROM spans WHERE user_id = $user AND not_a_column > 1"
    assert set(named_in(sql, SPANS)) == {*ALWAYS, "input_tokens", "user_id"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM spans",
        "select  *\nFROM spans",
        "SELECT 1, * FROM spans",
        "SELECT DISTINCT * FROM spans",
        "SELECT s.* FROM spans s",
    ],
)
def test_a_star_reads_every_column(sql: str) -> None:
    assert named_in(sql, SPANS) == SPANS.names
