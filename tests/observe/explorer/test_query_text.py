"""The language in which people ask for traces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.observe.query_words import written

from genyard.core.errors import InvalidInput
from genyard.observe.explorer.filters import Filter, Operator
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.trace_query import ScoreFilter, TraceQuery
from genyard.store.columns import SPANS


@pytest.mark.parametrize(
    ("text", "column", "operator", "value"),
    [
        ("model:gpt-4o", "model", "is", "gpt-4o"),
        ("status=error", "status", "is", "error"),
        ("cost>0.01", "cost_usd", "gt", 0.01),
        ("cost<=$2", "cost_usd", "le", 2.0),
        ("tokens>=1000", "total_tokens", "ge", 1000),
        ("latency>2s", "duration_ns", "gt", 2_000_000_000),
        ("duration_ns<150ms", "duration_ns", "lt", 150_000_000),
        ("latency<1.5m", "duration_ns", "lt", 90_000_000_000),
        ("latency>3", "duration_ns", "gt", 3_000_000_000),
        ("stream:true", "stream", "is", True),
        ("user:a,b", "user_id", "one_of", ("a", "b")),
        ("endpoint:*", "endpoint", "not", None),
        ('name~"two words"', "span_name", "contains", "two words"),
        ("tag:beta", "tags", "is", "beta"),
        ('attributes.http.route:"/x"', "attributes.http.route", "is", "/x"),
        ('attributes."a b":c', "attributes.a b", "is", "c"),
        ("attributes.size>9", "attributes.size", "gt", 9.0),
        ("resource.host:h", "resource.host", "is", "h"),
        ("version:1.4.2", "service_version", "is", "1.4.2"),
        ("error:TimeoutError", "error_type", "is", "TimeoutError"),
        ("error~429", "error", "contains", "429"),
        ('user:"a*"', "user_id", "is", "a*"),
        ("status:unset", "status", "is", "unset"),
        ("user:https://x/?a=b", "user_id", "is", "https://x/?a=b"),
    ],
)
def test_a_condition(text: str, column: str, operator: str, value: object) -> None:
    assert read_query(text) == TraceQuery(filters=(Filter(column=column, operator=operator, value=value),))  # type: ignore[arg-type]


def test_a_whole_query() -> None:
    found = read_query('  model:gpt-4o -status:error "lost badge" costs -"not this" user!=u1 score.faithful<0.5 ')
    assert found == TraceQuery(
        filters=(Filter(column="model", operator="is", value="gpt-4o"),),
        without=(
            Filter(column="status", operator="is", value="error"),
            Filter(column="user_id", operator="is", value="u1"),
        ),
        words=("lost badge", "costs"),
        without_words=("not this",),
        scores=(ScoreFilter(name="faithful", operator="lt", value=0.5),),
    )
    assert read_query(" ") == TraceQuery()
    assert read_query("-user!=u1") == read_query("user:u1")


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("modle:x", "no column 'modle'", "did you mean model?"),
        ("output:x", "no column 'output'", ""),
        ("http://x", "no column 'http'", "quotes"),
        ("cost:cheap", "cost_usd is a number, and 'cheap' is not", ""),
        ("tokens>1.5", "a whole number", ""),
        ("latency>fast", "duration_ns", ""),
        ("cost:1e999", "a number", ""),
        ("stream:maybe", "true or false", ""),
        ("model:", "compared with nothing", "name:value"),
        ("model:a,", "compared with nothing", ""),
        ("status:ERROR", "status is ok or error", ""),
        ("status:ok,error", "status is ok or error", ""),
        ("status~err", "status is ok or error", ""),
        ("user:a*", "no pattern here", "user~a"),
        ("cost > 0.01", "cost is compared with nothing", "without spaces"),
        ("session : abc", "session is compared with nothing", "without spaces"),
        ("badge OR card", "OR joins nothing here", "model:a,b"),
        ("NOT status:error", "NOT joins nothing here", "-badge"),
        ('"open', "not understood", 'is a " missing?'),
        ("cost>1,2", "several values", ""),
        ("score.good", "", ""),
        ("score.good:high", "a number", ""),
        ("-score.good>1", "one number", ""),
        ("score.a>1 " * 9, "9 scores are too many", "8 at most"),
        ("x" * 2001, "2,000 characters at most", ""),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str, hint: str) -> None:
    if not says:
        assert read_query(text).words == (text,)
        return
    with pytest.raises(InvalidInput, match=says) as raised:
        read_query(text)
    assert hint in raised.value.hint


def test_words_that_only_look_like_another_language_are_words() -> None:
    assert read_query('"OR" or :) cost badge').words == ("OR", "or", ":)", "cost", "badge")


@pytest.mark.parametrize(("text", "operator"), [("status:ok", "not"), ("-status:ok", "is"), ("status!=ok", "is")])
def test_what_went_well_is_asked_of_the_first_span(text: str, operator: Operator) -> None:
    assert read_query(text) == TraceQuery(root=(Filter(column="status", operator=operator, value="error"),))


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_query(text)
    except InvalidInput as refused:
        assert "\n" not in refused.message or "\n" in text


_TEXT = st.text(min_size=1, max_size=12)
_COLUMNS = st.sampled_from(
    [
        one.name
        for one in SPANS.columns
        if one.group == "filter" and one.type in ("text", "texts") and one.name != "status"  # it has two values
    ]
)


@given(
    st.lists(st.tuples(_COLUMNS | _TEXT.map("attributes.{}".format), st.sampled_from([":", "~"]), _TEXT), max_size=4),
    st.lists(_TEXT, max_size=3),
)
def test_what_is_written_is_what_is_read(conditions: list[tuple[str, str, str]], words: list[str]) -> None:
    text = " ".join([*(written(*one) for one in conditions), *(written("", "", one) for one in words)])
    operators = {":": "is", "~": "contains"}
    assert read_query(text) == TraceQuery(
        filters=tuple(Filter(column=name, operator=operators[sign], value=value) for name, sign, value in conditions),  # type: ignore[arg-type]
        words=tuple(words),
    )
