"""Export requests on their way to the lake: decoded, mapped to columns, masked, checked and packed. No I/O, no state.

It runs in a process of its own where many spans come, so what goes in and comes out is plain data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from genyard.core.crossed import CrossedError
from genyard.core.digest import Digest
from genyard.core.errors import InvalidInput
from genyard.observe.conventions.row import rows_of
from genyard.observe.list_prices import add_costs
from genyard.observe.log_rows import log_rows, with_ids
from genyard.observe.masking.sent import SentMasker, received
from genyard.observe.media import may_hold, objects_of, take_out, take_out_of_logs
from genyard.observe.otlp import json, protobuf
from genyard.observe.otlp.replies import Encoding
from genyard.observe.wire import Decoded, DecodedLogs, Refused
from genyard.store.columns import LOGS, SPANS, LakeTable
from genyard.store.media import MediaObject
from genyard.store.packed import PackedBatch, pack
from genyard.store.rows import Batch, Row, batch_of

_AHEAD_NS = 10 * 60 * 1_000_000_000
"""A span that starts later than this after it arrived has a wrong clock."""
_TRACES: dict[Encoding, Callable[[bytes], Decoded]] = {"protobuf": protobuf.read_traces, "json": json.read_traces}
_LOGS: dict[Encoding, Callable[[bytes], DecodedLogs]] = {"protobuf": protobuf.read_logs, "json": json.read_logs}


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that have all but their bodies in common, which are as they came but for their content encoding."""

    signal: Literal["traces", "logs"]
    project: str
    encoding: Encoding
    bodies: tuple[bytes, ...]
    now_ns: int
    """When they came."""
    masking: SentMasker


class Accepted(msgspec.Struct, frozen=True, kw_only=True, tag="accepted"):
    """How many rows may be kept of one body, and what may not."""

    kept: int
    refused: list[Refused]


class Exported(msgspec.Struct, frozen=True, kw_only=True, tag="exported"):
    """What may be kept of all bodies, and what is to be said of each."""

    batch: PackedBatch | None
    answers: list[Accepted | CrossedError]
    media: list[MediaObject] = []
    """What its rows refer to: to be durable before they are kept."""


@dataclass(slots=True, kw_only=True)
class _Read:
    """The rows of one body, masked, and what of it was refused."""

    rows: Sequence[Row]
    refused: list[Refused]
    taken: dict[Digest, bytes]
    """Media that were taken out of it."""


def export(request: ExportRequest) -> Exported:
    """Return the rows of all bodies. One that is no request, or none of whose spans has an id, fails alone."""
    read = [_read(request, body) for body in request.bodies]
    table = SPANS if request.signal == "traces" else LOGS
    batch = _checked(table, [one for one in read if isinstance(one, _Read)])
    return Exported(
        batch=pack(table, batch) if batch.count else None,
        answers=[_answer(one) for one in read],
        media=_media(table, [one for one in read if isinstance(one, _Read) and one.taken]),
    )


def _media(table: LakeTable, read: Sequence[_Read]) -> list[MediaObject]:
    """Return what the rows that are left refer to, each once a day."""
    found = {(one.day, one.digest): one for of in read for one in objects_of(table, of.rows, of.taken)}
    return list(found.values())


def _answer(read: _Read | CrossedError) -> Accepted | CrossedError:
    return read if isinstance(read, CrossedError) else Accepted(kept=len(read.rows), refused=read.refused)


def _read(request: ExportRequest, body: bytes) -> _Read | CrossedError:
    try:
        return _traces(request, body) if request.signal == "traces" else _logs(request, body)
    except InvalidInput as error:
        return CrossedError.of(error)


def _traces(request: ExportRequest, body: bytes) -> _Read:
    decoded = _TRACES[request.encoding](body)
    if decoded.refused and not decoded.spans:
        raise InvalidInput(
            f"none of {len(decoded.refused)} spans can be kept: {decoded.refused[0].reason}",
            hint="is it a request for /v1/logs or /v1/metrics?",
        )
    for span in decoded.spans:
        if span.start_ns > request.now_ns + _AHEAD_NS:
            span.flags.append("clock_ahead")
    # Before anything reads them, and before masking: no rule sees into them, or may break them.
    masker = received(request.masking)
    drop = masker.policy.drops_media
    taken = take_out(decoded.spans, drop=drop) if may_hold(body, drop=drop) else {}
    rows = rows_of(decoded.spans, project=request.project)
    add_costs(rows)
    return _Read(rows=masker.mask_rows(rows), refused=decoded.refused, taken=taken)


def _logs(request: ExportRequest, body: bytes) -> _Read:
    decoded = _LOGS[request.encoding](body)
    masker = received(request.masking)
    drop = masker.policy.drops_media
    taken = take_out_of_logs(decoded.logs, drop=drop) if may_hold(body, drop=drop) else {}
    rows, refused = log_rows(decoded.logs, project=request.project)
    masked = masker.mask_rows(rows)
    return _Read(rows=with_ids(masked), refused=decoded.refused + refused, taken=taken)


def _checked(table: LakeTable, read: Sequence[_Read]) -> Batch:
    """Return the rows that fit the table. One that does not costs the others nothing but a second look."""
    try:
        return batch_of(table, [row for one in read for row in one.rows])
    except InvalidInput:
        for one in read:
            _leave_out_unfit(table, one)
    return batch_of(table, [row for one in read for row in one.rows])


def _leave_out_unfit(table: LakeTable, read: _Read) -> None:
    good: list[Row] = []
    for row in read.rows:
        try:
            batch_of(table, [row])
            good.append(row)
        except InvalidInput as error:
            name = str(row.get("span_name") or row.get("event_name"))
            read.refused.append(Refused(name=name, reason=error.message))
    read.rows = good
