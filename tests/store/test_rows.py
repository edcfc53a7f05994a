"""Rows on their way into the lake."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.lake_rows import span

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput
from genyard.store.columns import SCORES, SPANS
from genyard.store.rows import WrittenJson, batch_of, read_back


def flags_of(**columns: Json) -> list[object]:
    return list(batch_of(SPANS, [span(**columns)]).column("intake_flags"))


def test_rows_become_columns_and_what_a_row_lacks_is_null() -> None:
    batch = batch_of(SPANS, [span(1, seed=7), span(2, tags=["a"])])
    assert (batch.count, batch.column("seed"), batch.column("tags")) == (2, [7, None], [None, ["a"]])


def test_the_day_is_that_of_the_start_in_utc() -> None:
    assert batch_of(SPANS, [span(start_ns=1_750_118_399_999_999_999)]).column("day") == ["2025-06-16"]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400])
def test_a_number_that_is_not_finite_becomes_null_and_is_named(number: float) -> None:
    batch = batch_of(SPANS, [span(cost_usd=number)])
    assert (batch.column("cost_usd"), batch.column("intake_flags")) == ([None], [["not_finite:cost_usd"]])


def test_text_that_is_json_already_goes_into_its_column_as_it_is() -> None:
    written = '{ "a": 1 }'
    alone = batch_of(SPANS, [span(1, output=WrittenJson(written)), span(2)]).column("output")
    mixed = batch_of(SPANS, [span(1, output=WrittenJson(written)), span(2, output={"b": 2})]).column("output")
    assert (alone, mixed) == ([written, None], [written, '{"b":2}'])
    assert {type(value) for value in (*alone, *mixed)} == {str, type(None)}  # The log encodes no subclass.


def test_a_number_inside_json_that_is_not_finite_becomes_null_and_is_named() -> None:
    batch = batch_of(SPANS, [span(output={"score": [math.nan, None, 1.5]})])
    assert batch.column("output") == ['{"score":[null,null,1.5]}']
    assert batch.column("intake_flags") == [["not_finite:output"]]


def test_an_integer_beyond_64_bits_becomes_null_in_a_column_and_stays_in_json() -> None:
    batch = batch_of(SPANS, [span(seed=2**63, attributes={"seed": 2**63})])
    assert (batch.column("seed"), batch.column("attributes")) == ([None], ['{"seed":9223372036854775808}'])
    assert batch.column("intake_flags") == [["out_of_range:seed"]]


def test_a_lone_surrogate_becomes_the_replacement_character_and_is_named() -> None:
    batch = batch_of(SPANS, [span(preview="a\ud800b", input=["\udfff"])])
    assert (batch.column("preview"), batch.column("input")) == (["a\ufffdb"], ['["\ufffd"]'])
    assert flags_of(preview="a\ud800b") == [["lone_surrogate:preview"]]


def test_flags_of_the_sender_stay_before_ours() -> None:
    assert flags_of(intake_flags=["clock_skew"], top_p=math.nan) == [["clock_skew", "not_finite:top_p"]]


def test_good_rows_have_no_flags() -> None:
    assert flags_of(preview="ü", output={"a": None}, seed=1) == [None]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"colour": "red"}, "spans has no column 'colour'"),
        ({"arrival": 1}, "spans has no column 'arrival' that can be written"),
        ({"seed": "7"}, "row 1: seed is str, not integer"),
        ({"seed": True}, "row 1: seed is bool, not integer"),
        ({"temperature": "hot"}, "row 1: temperature is str, not number"),
        ({"stream": 1}, "row 1: stream is int, not boolean"),
        ({"tags": "a"}, "row 1: tags is str, not texts"),
        ({"preview": 5}, "row 1: preview is int, not text"),
        ({"start_ns": -1}, "row 1: start_ns is -1, outside the years 1970 to 2262"),
        ({"trace_id": None}, "row 1: trace_id is missing"),
        ({"project": "../other"}, "'../other' is not a project"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_row_and_column(columns: dict[str, Json], said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        batch_of(SPANS, [span(**columns)])
    assert str(caught.value).startswith(said)


def test_a_name_or_id_without_end_is_cut_and_named_and_a_payload_is_not() -> None:
    long = "é" * 4_001
    rows = [span(1, user_id=long, tags=["a", long], retrieval_query=long, input=long), span(2, user_id="b")]
    batch = batch_of(SPANS, rows)
    assert batch.column("user_id") == [long[:4_000], "b"]
    assert batch.column("tags") == [["a", long[:4_000]], None]
    assert (batch.column("retrieval_query")[0], batch.column("input")[0]) == (long, f'"{long}"')
    assert batch.column("intake_flags") == [["too_long:user_id", "too_long:tags"], None]


def test_many_short_texts_stay_as_they_are() -> None:
    batch = batch_of(SPANS, [span(number, user_id="u" * 100) for number in range(1, 100)])
    assert (batch.column("user_id"), "intake_flags" in batch.columns) == (["u" * 100] * 99, False)


@pytest.mark.parametrize(
    "columns",
    [
        {"seed": 2**63},
        {"seed": 7, "cost_usd": 1.5, "stream": True, "tags": ["a"], "preview": "schön"},
        {"cost_usd": math.inf},
        {"cost_usd": 2},
        {"preview": "x" * 5000},
        {"preview": "\ud800"},
        {"output": WrittenJson("[1]")},
        {"output": {"a": math.nan}},
    ],
)
def test_a_row_is_the_same_alone_and_among_many(columns: dict[str, Json]) -> None:
    alone = batch_of(SPANS, [span(1, **columns)])
    many = batch_of(SPANS, [span(1, **columns), *(span(number) for number in range(2, 20))])
    assert {name: values[0] for name, values in many.columns.items()} == {
        name: values[0] for name, values in alone.columns.items()
    }


def test_json_nested_without_end_is_refused() -> None:
    deep: Json = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidInput, match="nested too deep"):
        batch_of(SPANS, [span(input=deep)])


def test_a_score_without_a_place_for_flags_is_repaired_all_the_same() -> None:
    batch = batch_of(SCORES, [{"project": "acme", "score_id": "s", "at_ns": 1, "value": math.nan}])
    assert (batch.column("value"), "intake_flags" in batch.columns) == ([None], False)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(value=json_values)
def test_any_json_reads_back_as_it_was(value: Json) -> None:
    text = batch_of(SPANS, [span(input=value)]).column("input")[0]
    assert read_back(SPANS, {"input": text})["input"] == value
