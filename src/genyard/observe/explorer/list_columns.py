"""The columns of a list of traces that people choose: what each is called, and what is read for it."""

from collections.abc import Iterable, Mapping

from genyard.core.errors import InvalidInput
from genyard.core.nearest import did_you_mean

CHOICES: Mapping[str, str] = {
    "release": "release",
    "endpoint": "endpoint",
    "service": "service_name",
    "environment": "environment",
    "name": "span_name",
    "model": "trace_model",
    "session": "conversation_id",
    "user": "user_id",
    "tags": "tags",
    "spans": "trace_spans",
    "duration": "duration_ns",
    "ttft": "ttft_s",
    "tokens": "trace_tokens",
    "cost": "trace_cost",
}
"""In their order in a list, and the column of a trace that each shows. Time, state, question and id always stand."""
USUAL = ("release", "endpoint", "model", "duration", "tokens", "cost")


def read_columns(text: str) -> tuple[str, ...]:
    """Return the columns that ``user,tags`` chooses, in their order; none for the usual ones. Raises InvalidInput."""
    asked = [one for word in text.split(",") if (one := word.strip())]
    for one in asked:
        if one not in CHOICES:
            raise InvalidInput(f"a list of traces has no column {one[:40]!r}", hint=did_you_mean(one, CHOICES))
    return chosen(asked)


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of ``names`` that there are, in their order; none where these are the usual ones."""
    wanted = frozenset(names)
    found = tuple(one for one in CHOICES if one in wanted)
    return () if found == USUAL else found
