"""What tests let the limited process see: two spans in the tail, and files of a lake."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from arro3.core import Table
from arro3.io import write_ipc_stream

from genyard.store.arrow import partial_batch
from genyard.store.columns import SPANS
from genyard.store.limited.messages import Relation, Request


def stream_of(columns: dict[str, list[Any]]) -> bytes:
    """Return columns of spans as the lake hands them over."""
    rows, stream = partial_batch(SPANS, columns), BytesIO()
    write_ipc_stream(Table.from_batches([rows], schema=rows.schema), stream, compression=None)
    return stream.getvalue()


TAIL = stream_of(
    {
        "project": ["acme", "acme"],
        "day": ["2026-11-23", "2026-11-23"],
        "trace_id": ["a", "a"],
        "span_id": ["1", "2"],
        "start_ns": [1, 2],
        "arrival": [1, 2],
        "tags": [["x", "y"], None],
        "cost_usd": [0.5, None],
    }
)
IN_TAIL = (Relation("spans", [], [TAIL], []), Relation("scores", [], [], []))


def asked(
    sql: str, relations: Sequence[Relation] = IN_TAIL, *, rows: int = 100, size: int = 1 << 20, cpu_s: int = 60
) -> Request:
    """Return a request of 256 MB."""
    return Request(sql=sql, relations=list(relations), rows=rows, size=size, memory_mb=256, cpu_s=cpu_s)
