"""The media of one trace: what its spans and log records refer to, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass

from genyard.core.digest import Digest, parse_digest
from genyard.core.errors import NotFound
from genyard.core.media import OTHER_TYPE
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.log_rows import EITHER_SIDE_NS
from genyard.observe.media import COLUMNS
from genyard.observe.media_types import shown_as


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceMedia:
    """Bytes that a trace refers to."""

    content: bytes
    said: str
    """What the trace says they are."""
    shown_as: str | None
    """What a browser may show them as; None for what it may only save."""


def media_of(trace: OneTrace, digest: str) -> TraceMedia:
    """Return the bytes of a digest that this trace refers to.

    Raises InvalidInput for what is no digest, NotFound where the trace says nothing of it or it is gone, Corrupted,
    Unreachable.
    """
    wanted = parse_digest(digest)
    for day, said in _mentions(trace, wanted):
        content = trace.window.lake.media.read(trace.project, day, wanted)
        if content is not None:
            return TraceMedia(content=content, said=said, shown_as=shown_as(content, said))
    raise NotFound(f"trace {trace.id[:12]} has no media {wanted[:19]}", hint="they go with their day, and by erasure")


def _mentions(trace: OneTrace, digest: Digest) -> Iterator[tuple[str, str]]:
    """Yield the days under which it may lie, and what is said that it is."""
    window = trace.window
    for table, within in (("spans", window), ("logs", window.around(EITHER_SIDE_NS))):
        # Texts are not put together: those of a long trace take the memory of an engine twice.
        holds = [f"contains({name}::VARCHAR, $digest)" for name in COLUMNS[table]]
        said = ", ".join(
            f"CASE WHEN {one} THEN regexp_extract({name}::VARCHAR, $pattern, 1) END"
            for one, name in zip(holds, COLUMNS[table], strict=True)
        )
        sql = (
            f"SELECT DISTINCT day, coalesce({said}) AS said FROM {table}"
            f" WHERE trace_id = $trace AND ({' OR '.join(holds)}) ORDER BY day"
        )
        values = {"digest": digest, "pattern": f"{digest};type=([a-z0-9./+-]+)", "trace": trace.id}
        for row in within.ask(sql, values, table=table):
            yield str(row["day"]), str(row["said"] or OTHER_TYPE)
