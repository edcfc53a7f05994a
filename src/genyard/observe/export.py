"""One export request on its way to the lake: decoded, mapped to columns, masked, checked and packed. No I/O, no state.

It runs in a process of its own where many spans come, so what goes in and comes out is plain data.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from genyard.core.errors import InvalidInput
from genyard.observe.conventions.row import rows_of
from genyard.observe.list_prices import add_costs
from genyard.observe.log_rows import log_rows, with_ids
from genyard.observe.masking.sent import SentMasker, received
from genyard.observe.otlp import json, protobuf
from genyard.observe.otlp.replies import Encoding
from genyard.observe.wire import Decoded, DecodedLogs, Refused
from genyard.store.columns import LOGS, SPANS, LakeTable
from genyard.store.packed import PackedBatch, pack
from genyard.store.rows import Batch, Row, batch_of

_AHEAD_NS = 10 * 60 * 1_000_000_000
"""A span that starts later than this after it arrived has a wrong clock."""
_TRACES: dict[Encoding, Callable[[bytes], Decoded]] = {"protobuf": protobuf.read_traces, "json": json.read_traces}
_LOGS: dict[Encoding, Callable[[bytes], DecodedLogs]] = {"protobuf": protobuf.read_logs, "json": json.read_logs}


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The spans or log records of one request, as they came, without their content encoding."""

    signal: Literal["traces", "logs"]
    project: str
    encoding: Encoding
    body: bytes
    now_ns: int
    """When it came."""
    masking: SentMasker


class Exported(msgspec.Struct, frozen=True, kw_only=True, tag="exported"):
    """What may be kept of a request, and what not."""

    batch: PackedBatch | None
    refused: list[Refused]


def export(request: ExportRequest) -> Exported:
    """Return the rows of a request. Raises InvalidInput when the body is none, or none of its spans has an id."""
    return _traces(request) if request.signal == "traces" else _logs(request)


def _traces(request: ExportRequest) -> Exported:
    decoded = _TRACES[request.encoding](request.body)
    if decoded.refused and not decoded.spans:
        raise InvalidInput(
            f"none of {len(decoded.refused)} spans can be kept: {decoded.refused[0].reason}",
            hint="is it a request for /v1/logs or /v1/metrics?",
        )
    for span in decoded.spans:
        if span.start_ns > request.now_ns + _AHEAD_NS:
            span.flags.append("clock_ahead")
    rows = rows_of(decoded.spans, project=request.project)
    add_costs(rows)
    return _packed(SPANS, received(request.masking).mask_rows(rows), decoded.refused)


def _logs(request: ExportRequest) -> Exported:
    decoded = _LOGS[request.encoding](request.body)
    rows, refused = log_rows(decoded.logs, project=request.project)
    return _packed(LOGS, with_ids(received(request.masking).mask_rows(rows)), decoded.refused + refused)


def _packed(table: LakeTable, rows: Sequence[Row], refused: list[Refused]) -> Exported:
    batch, unfit = _checked(table, rows)
    return Exported(batch=pack(table, batch) if batch.count else None, refused=refused + unfit)


def _checked(table: LakeTable, rows: Sequence[Row]) -> tuple[Batch, list[Refused]]:
    """Return the rows that fit the table. One that does not costs the others nothing but a second look."""
    try:
        return batch_of(table, rows), []
    except InvalidInput:
        pass
    good: list[Row] = []
    refused: list[Refused] = []
    for row in rows:
        try:
            batch_of(table, [row])
            good.append(row)
        except InvalidInput as error:
            refused.append(Refused(name=str(row.get("span_name") or row.get("event_name")), reason=error.message))
    return batch_of(table, good), refused
