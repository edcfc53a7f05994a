"""Scores for tests of queries."""

from genyard.core.ids import ScoreId, TraceId
from genyard.core.records import Score, Subject

AT_NS = 1_750_000_000_000_000_000


def judged(trace_id: str, name: str, value: float, *, at_ns: int = AT_NS) -> Score:
    """Return a score of a trace of project acme."""
    return Score(
        id=ScoreId(f"{trace_id}:{name}:{value}"),
        project="acme",
        at_ns=at_ns,
        subject=Subject(kind="trace", id=trace_id),
        name=name,
        scorer_kind="code",
        scorer="test",
        value=value,
        direction="higher",
        sampling="all",
        trace_id=TraceId(trace_id),
    )
