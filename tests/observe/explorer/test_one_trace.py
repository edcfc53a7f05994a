"""One trace: found by its digits, whole, in parts, or one span of it."""

import pytest
from tests.store.lake_rows import keep, span

from genyard.core.errors import InvalidInput, NotFound
from genyard.observe.explorer.one_trace import LIGHT_COLUMNS, OneTrace, trace
from genyard.store.lake import Lake


def test_a_trace_comes_whole_in_order_with_its_payloads_as_values(lake: Lake) -> None:
    keep(lake, span(2, output={"a": [1, None]}), span(1, is_root=True))
    lake.flush()
    keep(lake, span(3, input="42"))
    first, second, third = trace(lake, "acme", f"{1:032x}")
    assert (first["span_id"], second["output"], third["input"]) == (f"{1:016x}", {"a": [1, None]}, "42")


def test_a_trace_is_read_in_parts(lake: Lake) -> None:
    keep(lake, *(span(number, start_ns=10**18, output="long") for number in range(1, 6)))
    found = OneTrace.found(lake, "acme", f"{1:032x}")
    assert found.spans == 5
    part = found.rows(columns=LIGHT_COLUMNS, after=(10**18, f"{2:016x}"), limit=2)
    assert [int(str(row["span_id"]), 16) for row in part] == [3, 4]
    assert "output" not in part[0]
    assert found.span(f"{5:016x}")["output"] == "long"
    with pytest.raises(NotFound, match="no span"):
        found.span("f" * 16)


def test_a_span_is_found_by_its_first_digits(lake: Lake) -> None:
    keep(lake, *(span(number) | {"span_id": f"{number:x}".ljust(16, "0")} for number in (0xAB, 0xAC, 0xD)))
    found = OneTrace.found(lake, "acme", f"{1:032x}")
    assert found.span("d")["span_id"] == "d".ljust(16, "0")
    assert found.span("ab0")["span_id"] == "ab".ljust(16, "0")
    with pytest.raises(InvalidInput, match="several spans begin with 'a'"):
        found.span("a")
    with pytest.raises(NotFound, match="no span 'f'"):
        found.span("f")


def test_a_trace_is_found_by_its_first_digits(lake: Lake) -> None:
    keep(lake, span(1, trace_id="abcdef01" + "0" * 24), span(2, trace_id="abcdef02" + "0" * 24))
    assert trace(lake, "acme", "abcdef01")[0]["span_id"] == f"{1:016x}"
    with pytest.raises(InvalidInput, match="several traces"):
        trace(lake, "acme", "abcdef")


@pytest.mark.parametrize("given", ["abcde", "ABCDEF", "abcde'", ""])
def test_what_is_no_trace_id_is_refused(lake: Lake, given: str) -> None:
    with pytest.raises(InvalidInput):
        trace(lake, "acme", given)


@pytest.mark.parametrize("given", ["abcdef", "a" * 32])
def test_a_trace_of_another_project_is_not_found(lake: Lake, given: str) -> None:
    keep(lake, span(1, project="other", trace_id="a" * 32), span(2, project="other", trace_id="abcdef" + "0" * 26))
    with pytest.raises(NotFound):
        trace(lake, "acme", given)
