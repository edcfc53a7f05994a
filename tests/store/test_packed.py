"""Packed batches: what an Arrow stream holds reads as the rows it was made of, before and after a flush."""

from pathlib import Path

import pytest
from arro3.core import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.lake_rows import Fields, everything, keep, open_lake, span, span_ids

from genyard.core.errors import InvalidInput
from genyard.store.columns import SPANS
from genyard.store.lake import Lake
from genyard.store.packed import UnpackedBatch, pack, whole
from genyard.store.rows import batch_of, read_back
from genyard.store.tail import Tail, chunks_of

_fields = st.fixed_dictionaries(
    {},
    optional={
        "preview": st.text(max_size=20),
        "input_tokens": st.integers(0, 2**63 - 1),
        "cost_usd": st.floats(0, 1e9),
        "stream": st.booleans(),
        "tags": st.lists(st.text(max_size=5), max_size=3),
        "input": st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=3),
    },
)


def _keep_packed(lake: Lake, *rows: Fields) -> None:
    lake.append_packed(pack(SPANS, batch_of(SPANS, rows))).wait(30)


@given(st.lists(_fields, min_size=1, max_size=8))
@settings(max_examples=50)
def test_unpacked_columns_are_those_that_were_packed(fields: list[Fields]) -> None:
    batch = batch_of(SPANS, [span(number, **one) for number, one in enumerate(fields)])
    rows = whole([UnpackedBatch(pack(SPANS, batch))], made={})
    assert rows.num_rows == batch.count
    assert all(rows.column(one.name).to_pylist() == batch.column(one.name) for one in SPANS.columns)


@given(st.lists(_fields, min_size=1, max_size=8))
@settings(max_examples=50)
def test_rows_that_came_one_by_one_are_one_batch_for_each_set_of_columns(fields: list[Fields]) -> None:
    batches = [batch_of(SPANS, [span(number, **one)]) for number, one in enumerate(fields)]
    tail = Tail(SPANS)
    for batch in batches:
        tail.add(1, UnpackedBatch(pack(SPANS, batch)))
    (chunk,) = chunks_of(tail.parts, {})
    assert len(chunk.rows) == len({frozenset(one) for one in fields})
    found = {
        row["arrival"]: row for rows in chunk.rows for row in Table.from_batches([rows]).to_struct_array().to_pylist()
    }
    assert [found[1 << 32 | place]["span_id"] for place in range(len(batches))] == [
        batch.column("span_id")[0] for batch in batches
    ]
    for place, batch in enumerate(batches):
        row = found[1 << 32 | place]
        assert all(row[one.name] == batch.column(one.name)[0] for one in SPANS.columns if one.name != "arrival")


def test_packed_and_plain_rows_are_one_table(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake, span(1, preview="é"), span(2))
    _keep_packed(lake, span(3, tags=["a"], input={"k": 1}), span(4))
    keep(lake, span(5))
    before = everything(lake)
    assert span_ids(before) == [1, 2, 3, 4, 5]
    assert (before[2]["tags"], read_back(SPANS, before[2])["input"]) == (["a"], {"k": 1})
    lake.flush()
    assert everything(lake) == before
    lake.close()


def test_a_packed_row_sent_again_replaces_the_earlier(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    keep(lake, span(1, preview="first"))
    _keep_packed(lake, span(1, preview="second"), span(2))
    assert [row["preview"] for row in everything(lake)] == ["second", None]
    lake.flush()
    _keep_packed(lake, span(1, preview="third"))
    assert [row["preview"] for row in everything(lake)] == ["third", None]
    lake.close()
    lake = open_lake(tmp_path)
    _keep_packed(lake, span(1, preview="fourth"), span(3), span(3, preview="at once"))
    assert [row["preview"] for row in everything(lake)] == ["fourth", None, "at once"]
    lake.close()


def test_equal_keys_of_two_projects_are_two_rows(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    _keep_packed(lake, span(1, preview="mine"))
    _keep_packed(lake, span(1, preview="theirs", project="other"))
    for _ in range(2):
        assert [row["preview"] for row in everything(lake)] == ["mine"]
        assert [row["preview"] for row in everything(lake, project="other")] == ["theirs"]
        lake.flush()
    lake.close()


def test_packed_rows_are_replayed(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    _keep_packed(lake, span(1), span(2))
    (wal,) = [path for path in (tmp_path / "wal").glob("*.wal") if path.stat().st_size > 8]
    kept = wal.read_bytes()
    lake.close()
    assert kept.count(b"\xf5gy\xf5") == 1
    opened = open_lake(tmp_path)
    assert span_ids(everything(opened)) == [1, 2]
    opened.close()


def test_rows_of_two_projects_are_not_packed_together() -> None:
    with pytest.raises(InvalidInput, match="of one project"):
        pack(SPANS, batch_of(SPANS, [span(1), span(2, project="other")]))
