"""One span as a row of the lake. This is the hottest loop of the intake: one pass over the attributes, one lookup each.

Most spans speak OpenTelemetry's names, which the table reads alone. Only a span that carries a name of another dialect,
or events, is looked at by the modules of the dialects.
"""

from collections.abc import Iterable, Mapping, Sequence

from genyard.core.canonical import Json
from genyard.observe.conventions.complete import add_preview, complete, name_provider
from genyard.observe.conventions.dialects import heard, read_dialects
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.events import read_error
from genyard.observe.conventions.names import (
    MAPPING_VERSION,
    NAMES,
    RESOURCE_NAMES,
    RESOURCE_RULES,
    RULES,
    Rule,
    mark_of,
)
from genyard.observe.conventions.values import json_of, json_text
from genyard.observe.conventions.words import KNOWN_OPERATIONS, PROVIDERS, operation_of
from genyard.observe.wire import SPAN_KINDS, STATUSES, WireSpan
from genyard.store.columns import SPANS

Row = dict[str, Json]
Attributes = dict[str, Json]
Names = Mapping[str, Sequence[str]]
Rules = Mapping[str, Rule]

_JSON = frozenset(one.name for one in SPANS.columns if one.type == "json") - {"metadata"}


def rows_of(spans: Iterable[WireSpan], *, project: str, own: bool = False) -> list[Row]:
    """Return the rows of spans, in order. What spans share, a resource and a scope, is read once.

    ``own`` is for spans that our code made and stamped: their release is attested, and their cost is ours. Never raises
    for what a sender wrote: what no column can hold stays under ``attributes``.
    """
    shared: dict[tuple[int, int], Row] = {}
    rows = []
    for span in spans:
        place = id(span.resource), id(span.scope)
        base = shared.get(place)
        if base is None:
            base = shared[place] = _base(span, project)
        rows.append(_row(span, base, own))
    return rows


def row_of(span: WireSpan, *, project: str, own: bool = False) -> Row:
    """Return the row of one span, as ``rows_of``."""
    return _row(span, _base(span, project), own)


def _base(span: WireSpan, project: str) -> Row:
    row: Row = {"project": project, "mapping_version": MAPPING_VERSION}
    rest: Attributes = {}
    _, odd = _read(span.resource, RESOURCE_RULES, row, rest)
    _settle(span.resource, odd, RESOURCE_RULES, RESOURCE_NAMES, row, rest)
    scope = span.scope
    named = (("scope_name", scope.name), ("scope_version", scope.version), ("schema_url", scope.schema_url))
    row.update((column, value) for column, value in named if value)
    if rest:
        # Written once for all spans that share it.
        row["resource_attributes"] = json_text(json_of(rest)) or rest
    return row


def _row(span: WireSpan, base: Row, own: bool) -> Row:
    row = _placed(span, base)
    rest: Attributes = {}
    flags = span.flags
    if span.end_ns < span.start_ns:
        flags = [*flags, "end_before_start"]
    marks, odd = _read(span.attributes, RULES, row, rest)
    if odd and _settle(span.attributes, odd, RULES, NAMES, row, rest):
        flags = [*flags, "bad_json"]
    word = row.get("operation")
    if marks or span.events or type(word) is not str or span.scope.name.startswith("logfire"):
        _read_slowly(span, row, rest, marks)
    else:
        row["dialect"] = "gen_ai"
        operation = row["operation"] = KNOWN_OPERATIONS.get(word) or operation_of(word)
        if operation != word:
            row["operation_raw"] = word
        if "provider" in row and row["provider"] not in PROVIDERS:
            name_provider(row)
    complete(span, row, rest, own=own)
    if "is_root" in row and "preview" not in row:
        add_preview(row)
    if rest:
        row["attributes"] = rest
    if flags:
        row["intake_flags"] = list(flags)
    return row


def _placed(span: WireSpan, base: Row) -> Row:
    """Return what every span says of itself, after what its resource and scope say."""
    kind, status, parent, duration_ns = span.kind, span.status, span.parent_span_id, span.end_ns - span.start_ns
    row: Row = {
        **base,
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "span_name": span.name,
        "otel_kind": SPAN_KINDS[kind] if 0 <= kind < len(SPAN_KINDS) else SPAN_KINDS[0],
        "status": STATUSES[status] if 0 <= status < len(STATUSES) else STATUSES[0],
        "start_ns": span.start_ns,
        "duration_ns": duration_ns if duration_ns > 0 else 0,
    }
    if parent is not None:
        row["parent_span_id"] = parent
    if parent is None or span.parent_is_remote:
        row["is_root"] = True
    return row


def _read(attributes: Attributes, rules: Rules, row: Row, rest: Attributes) -> tuple[int, list[str]]:
    """Put every attribute into its column or into ``rest``.

    Return the bits of the modules that know more of them, and the names that did not fit or that met a full column.
    """
    marks = 0
    odd: list[str] = []
    rule_of = rules.get
    for name, value in attributes.items():
        rule = rule_of(name)
        if rule is None:
            rest[name] = value
            marks |= mark_of(name)
            continue
        column, plain, read, mark = rule
        marks |= mark
        found = value if plain and value and type(value) is str else read(value)
        if found is None or column in row:
            rest[name] = value
            odd.append(name)
        else:
            row[column] = found
    return marks, odd


def _settle(attributes: Attributes, odd: list[str], rules: Rules, names: Names, row: Row, rest: Attributes) -> bool:
    """Give each column that several attributes want to the first of its names, and keep broken JSON as text.

    Return whether some JSON was broken.
    """
    broken = False
    for name in odd:
        column = rules[name][0]
        if column in row:
            first = names[column][0]
            if first in rest or first not in attributes:
                _prefer(attributes, rules, names[column], row, rest)
        elif column in _JSON and isinstance(rest[name], str) and rest[name]:
            row[column] = rest.pop(name)
            broken = True
    return broken


def _prefer(attributes: Attributes, rules: Rules, names: Sequence[str], row: Row, rest: Attributes) -> None:
    for name in names:
        column, _, read, _ = rules[name]
        value = attributes.get(name)
        found = None if value is None else read(value)
        if found is not None:
            row[column] = found
            rest.update((other, attributes[other]) for other in names if other in attributes)
            del rest[name]
            return


def _read_slowly(span: WireSpan, row: Row, rest: Attributes, marks: int) -> None:
    """Read a span that the table of names does not understand alone."""
    dialect, operation, word = heard(span, row)
    if "operation" in row and row["operation"] != word:
        # A dialect's own word for the kind of a span wins, and this one is kept.
        rest["gen_ai.operation.name"] = row["operation"]
    row["dialect"] = dialect
    row["operation"] = operation
    if word and word != operation:
        row["operation_raw"] = word
    name_provider(row)
    draft = Draft(span=span, dialect=dialect, operation=operation, columns=row, rest=rest)
    read_dialects(draft, marks)
    if row["status"] == "error" and "error_type" not in row and span.events:
        draft.fill("error_message", span.status_message)
        read_error(draft)
