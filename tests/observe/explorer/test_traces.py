"""Lists of traces: which, in what order, page by page, and what they say of a trace."""

import json
from typing import Any

import pytest
from tests.observe.judging import judged
from tests.observe.masked import OnePolicy
from tests.store.lake_rows import AT_NS, keep, span

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput
from genyard.observe.explorer import traces
from genyard.observe.explorer.facets import facets
from genyard.observe.explorer.filters import Filter, Operator, Value
from genyard.observe.explorer.order import NEWEST_FIRST, Order, read_order
from genyard.observe.explorer.query_text import read_query
from genyard.observe.explorer.trace_query import EVERY_TRACE, TraceQuery
from genyard.observe.explorer.traces import LIST_COLUMNS, Page, count, listing
from genyard.observe.explorer.window import HOUR_NS, Window
from genyard.observe.scores import write_scores
from genyard.store.columns import SPANS
from genyard.store.lake import EVER_NS, Lake
from genyard.store.rows import WrittenJson


@pytest.fixture(autouse=True, params=["at once", "one part of the time after another"])
def _reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read small lakes as they are read, and as large ones are."""
    if request.param != "at once":
        monkeypatch.setattr(traces, "_FEW_ROWS", 0)


def answer(number: int, /, **columns: Json) -> dict[str, Json]:
    """Return the root of trace ``number``."""
    return span(number, trace_id=f"{number:032x}", is_root=True, **columns)


def below(number: int, /, trace: int, **columns: Json) -> dict[str, Json]:
    """Return a span of trace ``trace`` that is not its first."""
    return span(number, trace_id=f"{trace:032x}", parent_span_id=f"{trace:016x}", **columns)


def ever(lake: Lake, *, since_ns: int = 0, until_ns: int = EVER_NS) -> Window:
    return Window(lake=lake, project="acme", since_ns=since_ns, until_ns=until_ns)


def listed(lake: Lake, query: TraceQuery | str = EVERY_TRACE, *, order: Order = NEWEST_FIRST) -> list[int]:
    asked = read_query(query) if isinstance(query, str) else query
    return numbers(listing(ever(lake), asked, order=order))


def numbers(page: Page) -> list[int]:
    return [int(str(row["span_id"]), 16) for row in page.rows]


def of_root(*filters: Filter) -> TraceQuery:
    return TraceQuery(root=filters)


def test_the_newest_answers_come_first_and_their_steps_do_not(lake: Lake) -> None:
    keep(lake, answer(1), answer(2), span(3))
    assert listed(lake) == [2, 1]


def test_a_window_includes_its_start_and_not_its_end(lake: Lake) -> None:
    keep(lake, answer(1), answer(2), answer(3))
    start = [int(str(answer(number)["start_ns"])) for number in (1, 3)]
    window = ever(lake, since_ns=start[0], until_ns=start[1])
    assert numbers(listing(window)) == [2, 1]
    assert count(window) == 2


@pytest.mark.parametrize(
    "sort", ["start", "start:asc", "latency", "latency:asc", "cost", "tokens", "ttft", "score.good"]
)
@pytest.mark.parametrize("step_ns", [0, 1, 20 * HOUR_NS])
def test_pages_follow_on_each_other_in_every_order(lake: Lake, sort: str, step_ns: int) -> None:
    """Also where answers start together or days apart, and where values are equal."""
    order = read_order(sort)
    values: dict[str, Json] = {"cost_usd": 0.1, "total_tokens": 7, "ttft_s": 0.5, "usage_scope": "self"}
    rows = [
        answer(number, start_ns=10**18 + number * step_ns, duration_ns=number // 2 * 10, **values)
        for number in range(1, 8)
    ]
    keep(lake, *rows)
    write_scores(
        lake, [judged(f"{number:032x}", "good", number // 3 / 7) for number in range(1, 8)], masking=OnePolicy()
    ).wait(30)
    seen: list[int] = []
    after = None
    while True:
        page = listing(ever(lake), order=order, limit=3, after=after)
        seen += numbers(page)
        after = page.next
        if after is None:
            break
    assert seen == (list(range(1, 8)) if order.ascending else [7, 6, 5, 4, 3, 2, 1])


@pytest.mark.parametrize("place", ["", "x-1", "5", "-1-a", "5-", "٣-a"])
def test_a_place_that_no_page_gave_is_refused(lake: Lake, place: str) -> None:
    with pytest.raises(InvalidInput, match="not a place in a list"):
        listing(ever(lake), after=place)


@pytest.mark.parametrize("place", ["nan-a", "inf-a", "a", "1.5-"])
def test_a_place_among_costs_is_a_number(lake: Lake, place: str) -> None:
    with pytest.raises(InvalidInput, match="not a place in a list"):
        listing(ever(lake), order=read_order("cost"), after=place)


@pytest.mark.parametrize("text", ["", "cst", "cost:up", "score", "score.", "cost.x"])
def test_an_order_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be sorted"):
        read_order(text)


@pytest.mark.parametrize(
    ("column", "operator", "value", "found"),
    [
        ("endpoint", "is", "helpdesk@prod", [2]),
        ("endpoint", "not", "helpdesk@prod", [3, 1]),
        ("endpoint", "is", None, [1]),
        ("endpoint", "one_of", ("helpdesk@prod", "elsewhere"), [2]),
        ("endpoint", "one_of", (), []),
        ("endpoint", "not", None, [3, 2]),
        ("endpoint", "contains", "desk", [3, 2]),
        ("endpoint", "contains", "%", []),
        ("endpoint", "is", "x' OR '1'='1", []),
        ("cost_usd", "gt", 0.02, [3]),
        ("cost_usd", "lt", 0.02, [1]),
        ("input_tokens", "gt", 1, [3, 2]),
        ("cost_usd", "ge", 0.02, [3, 2]),
        ("cost_usd", "le", 0.02, [2, 1]),
        ("attributes.http.route", "is", "/a", [1]),
        ("attributes.http.route", "not", "/a", [3, 2]),
        ("attributes.http.route", "contains", "/", [2, 1]),
        ("attributes.http.route", "one_of", ("/a", "/b"), [2, 1]),
        ("attributes.http.route", "is", None, [3]),
        ("attributes.size", "gt", 9, [2]),
        ("attributes.size", "is", 10, [2]),
        ("attributes.cached", "is", True, [1]),
        ("attributes.a/b~c", "is", "odd", [3]),
        ("attributes.http", "is", "/a", []),
        ("resource.host", "is", "h1", [3]),
        ("stream", "is", True, [3]),
        ("tags", "is", "beta", [3, 2]),
        ("tags", "not", "beta", [1]),
        ("tags", "contains", "alph", [2]),
        ("tags", "one_of", ("alpha", "beta"), [3, 2]),
        ("tags", "is", None, [1]),
    ],
)
def test_filters(
    lake: Lake, column: str, operator: Operator, value: Value | tuple[Value, ...] | None, found: list[int]
) -> None:
    keep(
        lake,
        answer(1, cost_usd=0.01, input_tokens=1, attributes={"http.route": "/a", "cached": True, "size": 9}),
        answer(
            2,
            endpoint="helpdesk@prod",
            cost_usd=0.02,
            input_tokens=2,
            tags=["alpha", "beta"],
            attributes={"http.route": "/b", "size": 10},
        ),
        answer(
            3,
            endpoint="helpdesk@staging",
            cost_usd=0.03,
            input_tokens=3,
            stream=True,
            tags=["beta"],
            attributes={"a/b~c": "odd"},
            resource_attributes={"host": "h1"},
        ),
    )
    one = of_root(Filter(column=column, operator=operator, value=value))
    assert listed(lake, one) == found
    assert count(ever(lake), one) == len(found)


@pytest.mark.parametrize(
    ("column", "operator", "value"),
    [
        ("output", "contains", "secret"),
        ("nothing; DROP TABLE spans", "is", "a"),
        ("attributes", "is", "a"),
        ("cost_usd", "is", "cheap"),
        ("cost_usd", "contains", 1),
        ("input_tokens", "is", True),
        ("input_tokens", "is", 1.5),
        ("stream", "is", 1),
        ("tags", "lt", "a"),
        ("endpoint", "gt", None),
        ("endpoint", "like", "a"),
        ("endpoint", "one_of", "a"),
        ("endpoint", "is", ("a",)),
        ("endpoint", "one_of", None),
        ("cost_usd", "one_of", (1.0, "a")),
    ],
)
def test_a_filter_that_does_not_fit_the_table_is_refused(
    lake: Lake, column: str, operator: Operator, value: Value | tuple[Value, ...] | None
) -> None:
    with pytest.raises(InvalidInput):
        listed(lake, of_root(Filter(column=column, operator=operator, value=value)))


def test_conditions_are_met_by_any_spans_of_a_trace(lake: Lake) -> None:
    keep(
        lake,
        answer(1, endpoint="desk@prod"),
        below(11, trace=1, response_model="gpt-4o", operation="chat"),
        below(12, trace=1, status="error"),
        answer(2, endpoint="desk@prod"),
        below(21, trace=2, request_model="gpt-4o-mini", operation="chat"),
        answer(3),
        below(31, trace=3, status="error"),
    )
    assert listed(lake, "endpoint:desk@prod status:error") == [1]
    assert listed(lake, "status:error") == [3, 1]
    assert listed(lake, "-status:error") == [2]
    assert listed(lake, "status!=error") == [2]
    assert listed(lake, "model:gpt-4o,gpt-4o-mini") == [2, 1]
    assert listed(lake, "model:*") == [2, 1]
    assert listed(lake, "-model:*") == [3]
    assert listed(lake, "model~mini -status:error") == [2]


def test_what_went_well_is_what_the_list_says_went_well(lake: Lake) -> None:
    keep(
        lake,
        answer(1, status="ok"),
        answer(2, status="unset"),
        answer(3, status="error", error_type="RateLimitError", error_message="Error code: 429"),
        below(41, trace=2, status="error", error_type="Timeout"),
    )
    assert listed(lake, "status:ok") == [2, 1]
    assert listed(lake, "-status:ok") == [3]
    assert listed(lake, "error~429") == listed(lake, "error~Rate") == [3]
    found = facets(ever(lake), "status")
    assert [(one.value, one.traces) for one in found] == [("error", 2), ("ok", 2)]


def test_a_span_below_counts_when_it_starts_within_an_hour_of_its_trace(lake: Lake) -> None:
    early, late = AT_NS + HOUR_NS // 2, AT_NS + 40 * HOUR_NS
    keep(lake, answer(1, start_ns=AT_NS), below(2, trace=1, start_ns=early, status="error"))
    keep(lake, answer(3, start_ns=late), below(4, trace=3, start_ns=late + 1, status="error"))
    assert numbers(listing(ever(lake, since_ns=AT_NS - 1, until_ns=late + 9), read_query("status:error"))) == [3, 1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("badge", [2, 1]),
        ("BADGE lost", [1]),
        ('"lost badge"', [1]),
        ('"badge lost"', []),
        ("-badge", [3]),
        ('"a \\"quote\\""', [3]),
        ("straße", [3]),
        ("STRASSE", []),
        ("b.dge", []),
        ('"(50%)"', [2]),
        ('"line\nbreak"', [2]),
    ],
)
def test_words_are_looked_for_in_prompts_and_answers(lake: Lake, query: str, found: list[int]) -> None:
    keep(
        lake,
        answer(1),
        below(11, trace=1, input_messages=[{"role": "user", "parts": [{"content": "Where is my lost Badge?"}]}]),
        answer(2, output="The badge costs more (50%).\nNo: line\nbreak"),
        answer(3, retrieval_query="Straße", tool_result='a "quote"'),
    )
    assert listed(lake, query) == found


def test_words_are_found_however_json_wrote_them(lake: Lake) -> None:
    messages: Json = [{"role": "user", "parts": [{"type": "text", "content": "Straße"}]}]
    keep(lake, answer(1, input_messages=messages), answer(2, input_messages=WrittenJson(json.dumps(messages))))
    assert listed(lake, "straße") == [2, 1]


def test_scores_choose_and_order(lake: Lake) -> None:
    keep(lake, answer(1), answer(2), answer(3))
    scores = [judged(f"{number:032x}", "good", value) for number, value in ((1, 0.2), (1, 0.6), (2, 0.9))]
    write_scores(lake, scores, masking=OnePolicy()).wait(30)
    assert listed(lake, "score.good<0.5") == [1]
    assert listed(lake, "score.good:0.9") == [2]
    assert listed(lake, "score.other>0") == []
    assert listed(lake, order=read_order("score.good")) == [2, 1]
    assert listed(lake, order=read_order("score.good:asc")) == [1, 2]


def test_a_trace_is_summed_without_what_a_parent_repeats(lake: Lake) -> None:
    keep(
        lake,
        answer(1, total_tokens=30, cost_usd=0.3, usage_scope="aggregate"),
        below(2, trace=1, total_tokens=10, cost_usd=0.1, usage_scope="self", operation="chat", request_model="m"),
        below(3, trace=1, input_tokens=15, output_tokens=5, cost_usd=0.2, usage_scope="self", status="error"),
        answer(4, total_tokens=5, cost_usd=0.05, usage_scope="aggregate"),
    )
    columns = ("trace_tokens", "trace_cost", "trace_model", "trace_spans", "trace_errors")
    lone, summed = (list(row.values()) for row in listing(ever(lake), columns=columns).rows)
    assert summed == [30, pytest.approx(0.3), "m", 3, 1]
    assert lone == [5, 0.05, None, 1, 0]


def test_columns_are_chosen_and_others_are_refused(lake: Lake) -> None:
    keep(lake, answer(1))
    assert listing(ever(lake), columns=("trace_id", "status")).rows == [{"trace_id": f"{1:032x}", "status": None}]
    with pytest.raises(InvalidInput, match="'output'"):
        listing(ever(lake), columns=("output",))


def test_no_list_reads_a_payload() -> None:
    assert set(LIST_COLUMNS) <= set(SPANS.of_group("identity", "filter"))


def entering(number: int, /, trace: int, **columns: Json) -> dict[str, Json]:
    """Return the first span in another service of trace ``trace``."""
    return below(number, trace=trace, is_root=True, **columns)


def pages(lake: Lake, order: Order, limit: int, *, query: TraceQuery = EVERY_TRACE) -> list[int]:
    seen, after = list[int](), None
    while True:
        page = listing(ever(lake), query, order=order, limit=limit, after=after)
        assert len(page.rows) == limit or page.next is None
        seen += numbers(page)
        after = page.next
        if after is None:
            return seen


@pytest.mark.parametrize("sort", ["start", "start:asc", "latency", "latency:asc", "cost"])
@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_a_trace_that_enters_several_services_is_one_row_on_whatever_page(lake: Lake, sort: str, limit: int) -> None:
    second = 1_000_000_000
    rows: list[dict[str, Json]] = []
    for number in range(1, 6):
        at = AT_NS + number * 400 * second  # later services start between the traces that follow
        took: dict[str, Json] = {"cost_usd": 0.1, "usage_scope": "self", "duration_ns": number * second}
        rows += [answer(number, start_ns=at, **took)]
        rows += [entering(number * 10 + one, trace=number, start_ns=at + one * 350 * second, **took) for one in (1, 2)]
    keep(lake, *rows)
    assert sorted(pages(lake, read_order(sort), limit)) == [1, 2, 3, 4, 5]
    assert count(ever(lake)) == 5


def test_without_its_own_first_span_a_trace_is_shown_by_the_earliest_that_there_is(lake: Lake) -> None:
    keep(lake, entering(12, trace=1, start_ns=AT_NS + 2), entering(11, trace=1, start_ns=AT_NS + 1))
    assert listed(lake) == [11]
    assert pages(lake, NEWEST_FIRST, 1) == [11]
    # It begins after the others by a clock that is late, and stands for the trace all the same.
    keep(lake, answer(1, start_ns=AT_NS + 3))
    assert listed(lake) == [1]


def test_what_is_asked_of_the_first_span_may_stand_in_any_service(lake: Lake) -> None:
    keep(
        lake,
        answer(1, start_ns=AT_NS),
        entering(11, trace=1, start_ns=AT_NS + 1, conversation_id="s"),
        entering(12, trace=1, start_ns=AT_NS + 2, conversation_id="s"),
    )
    assert listed(lake, of_root(Filter(column="conversation_id", operator="is", value="s"))) == [11]
    assert listed(lake) == [1]


def test_a_window_that_begins_within_a_trace_lists_what_it_sees_of_it(lake: Lake) -> None:
    keep(lake, answer(1, start_ns=AT_NS), entering(11, trace=1, start_ns=AT_NS + 5))
    assert numbers(listing(ever(lake, since_ns=AT_NS + 1))) == [11]


def test_a_trace_that_enters_other_services_very_often_is_found_behind_few_questions(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()
    query = Lake.query

    def counted(self: Lake, sql: str, **named: Any) -> list[dict[str, object]]:
        asked.append(sql)
        return query(self, sql, **named)

    keep(lake, answer(1), answer(2, start_ns=AT_NS + 2), *(entering(n, trace=2) for n in range(10, 3_000)))
    monkeypatch.setattr(Lake, "query", counted)
    assert sorted(numbers(listing(ever(lake), limit=2))) == [1, 2]
    assert len(asked) < 40
