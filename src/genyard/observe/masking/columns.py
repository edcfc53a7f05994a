"""What masking leaves alone in a row: names, ids and digests of the right shape, and words of closed sets.

A value is left alone for its column *and* its shape. So what a sender puts there instead, such as an e-mail address
where a trace id belongs, is masked too. Numbers, times and booleans with a column of their own hold no text.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from genyard.core.canonical import Json
from genyard.core.refs import NAME
from genyard.store.columns import TABLES

FLAGS = "intake_flags"
"""Written by intake and by masking itself, of words that are in the code."""

JSON_COLUMNS = frozenset(one.name for table in TABLES.values() for one in table.columns if one.type == "json")
PAYLOADS = frozenset(
    {one.name for table in TABLES.values() for one in table.columns if one.group == "payload"}
    # Dialects put prompts and answers into attributes and events too, and a preview is a piece of them.
    | {"attributes", "events", "preview"}
)
"""What the mode ``drop`` leaves out."""

_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_SPAN_ID = re.compile(r"[0-9a-f]{16}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ENDPOINT = re.compile(rf"{NAME.pattern}@[a-z0-9][a-z0-9_-]{{0,63}}")
"""Without a dot after the ``@``, which an e-mail address would have."""
_WORD = re.compile(r"[a-z][a-z_-]{0,30}(?:\.[a-z0-9]{1,8})?")

SHAPES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "project": NAME,
        "trace_id": _TRACE_ID,
        "span_id": _SPAN_ID,
        "parent_span_id": _SPAN_ID,
        "score_id": _UUID,
        "log_id": _TRACE_ID,
        "run_id": _UUID,
        "release": _DIGEST,
        "system": _DIGEST,
        "prompt_digest": _DIGEST,
        "index_digest": _DIGEST,
        "chunk_digests": _DIGEST,
        "document_digests": _DIGEST,
        "scorer": re.compile(rf"{_DIGEST.pattern}|{_UUID.pattern}"),
        "subject_id": re.compile(rf"{_TRACE_ID.pattern}|{_SPAN_ID.pattern}|{_DIGEST.pattern}"),
        "endpoint": _ENDPOINT,
        "otel_kind": _WORD,
        "status": _WORD,
        "dialect": _WORD,
        "mapping_version": _WORD,
        "record_kind": _WORD,
        "operation": _WORD,
        "finish_reasons": _WORD,
        "usage_scope": _WORD,
        "cost_source": _WORD,
        "subject_kind": _WORD,
        "scorer_kind": _WORD,
        "direction": _WORD,
        "sampling": _WORD,
    }
)


def is_kept(column: str, value: Json) -> bool:
    """Return whether a value is left alone for its column and its shape."""
    if column == FLAGS:
        return True
    shape = SHAPES.get(column)
    if shape is None:
        return False
    items = [value] if isinstance(value, str) else value
    return isinstance(items, list | tuple) and all(isinstance(one, str) and shape.fullmatch(one) for one in items)
