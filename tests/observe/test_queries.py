"""Questions to the lake."""

import pytest
from tests.store.lake_rows import keep, span

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, NotFound
from genyard.observe import queries
from genyard.observe.queries import LIST_COLUMNS, Filter, Operator, Page, Value
from genyard.store.columns import SPANS
from genyard.store.lake import EVER_NS, Lake


def answer(number: int, /, **columns: Json) -> dict[str, Json]:
    """Return the root of trace ``number``."""
    return span(number, trace_id=f"{number:032x}", is_root=True, **columns)


def listed(lake: Lake, *filters: Filter, **options: object) -> list[int]:
    found = queries.latest(lake, "acme", since_ns=0, until_ns=EVER_NS, filters=filters, **options)  # type: ignore[arg-type]
    return numbers(found)


def numbers(page: Page) -> list[int]:
    return [int(str(row["span_id"]), 16) for row in page.rows]


def test_the_newest_answers_come_first_and_their_steps_do_not(lake: Lake) -> None:
    keep(lake, answer(1), answer(2), span(3))
    assert listed(lake) == [2, 1]
    assert listed(lake, roots=False) == [3, 2, 1]


def test_a_window_includes_its_start_and_not_its_end(lake: Lake) -> None:
    keep(lake, answer(1), answer(2), answer(3))
    start = [int(str(answer(number)["start_ns"])) for number in (1, 3)]
    assert numbers(queries.latest(lake, "acme", since_ns=start[0], until_ns=start[1])) == [2, 1]
    assert queries.count(lake, "acme", since_ns=start[0], until_ns=start[1]) == 2


def test_pages_follow_on_each_other_also_where_answers_start_together(lake: Lake) -> None:
    keep(lake, *(answer(number, start_ns=10**18) for number in range(1, 8)))
    seen: list[int] = []
    after = None
    while True:
        page = queries.latest(lake, "acme", since_ns=0, until_ns=EVER_NS, limit=3, after=after)
        seen += numbers(page)
        after = page.next
        if after is None:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("place", ["", "x-1", "5", "-1-a", "5-", "٣-a"])
def test_a_place_that_no_page_gave_is_refused(lake: Lake, place: str) -> None:
    with pytest.raises(InvalidInput, match="not a place in a list"):
        queries.latest(lake, "acme", since_ns=0, until_ns=EVER_NS, after=place)


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
        answer(1, cost_usd=0.01, input_tokens=1),
        answer(2, endpoint="helpdesk@prod", cost_usd=0.02, input_tokens=2, tags=["alpha", "beta"]),
        answer(3, endpoint="helpdesk@staging", cost_usd=0.03, input_tokens=3, stream=True, tags=["beta"]),
    )
    one = Filter(column=column, operator=operator, value=value)
    assert listed(lake, one) == found
    assert queries.count(lake, "acme", since_ns=0, until_ns=EVER_NS, filters=[one]) == len(found)


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
        listed(lake, Filter(column=column, operator=operator, value=value))


def test_no_list_reads_a_payload() -> None:
    assert set(LIST_COLUMNS) <= set(SPANS.of_group("identity", "filter"))


def test_a_trace_comes_whole_in_order_with_its_payloads_as_values(lake: Lake) -> None:
    keep(lake, span(2, output={"a": [1, None]}), span(1, is_root=True))
    lake.flush()
    keep(lake, span(3, input="42"))
    first, second, third = queries.trace(lake, "acme", f"{1:032x}")
    assert (first["span_id"], second["output"], third["input"]) == (f"{1:016x}", {"a": [1, None]}, "42")


def test_a_trace_is_found_by_its_first_digits(lake: Lake) -> None:
    keep(lake, span(1, trace_id="abcdef01" + "0" * 24), span(2, trace_id="abcdef02" + "0" * 24))
    assert queries.trace(lake, "acme", "abcdef01")[0]["span_id"] == f"{1:016x}"
    with pytest.raises(InvalidInput, match="several traces"):
        queries.trace(lake, "acme", "abcdef")


@pytest.mark.parametrize("given", ["abcde", "ABCDEF", "abcde'", ""])
def test_what_is_no_trace_id_is_refused(lake: Lake, given: str) -> None:
    with pytest.raises(InvalidInput):
        queries.trace(lake, "acme", given)


@pytest.mark.parametrize("given", ["abcdef", "a" * 32])
def test_a_trace_of_another_project_is_not_found(lake: Lake, given: str) -> None:
    keep(lake, span(1, project="other", trace_id="a" * 32), span(2, project="other", trace_id="abcdef" + "0" * 26))
    with pytest.raises(NotFound):
        queries.trace(lake, "acme", given)
