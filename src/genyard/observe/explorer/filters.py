"""Conditions on spans: on a column, on the model whoever named it, on one attribute."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from genyard.core.errors import InvalidInput
from genyard.core.nearest import did_you_mean
from genyard.observe.explorer.binding import Binding
from genyard.store.columns import SPANS, ColumnType

Operator = Literal["is", "one_of", "not", "lt", "le", "gt", "ge", "contains"]
Value = str | int | float | bool

ATTRIBUTES = {"attributes.": "attributes", "resource.": "resource_attributes"}
"""What a name of an attribute starts with, and the column that holds it."""
_COLUMNS = "docs/design/lake.md names the columns"
MODEL = "model"
"""The model that answered, else the one that was asked."""
ERROR = "error"
"""What failed: the class of the error and its text."""

_KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "texts": (str,),
    "integer": (int,),
    "time_ns": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "json": (str, int, float, bool),
}
_CONDITIONS: dict[Operator, str] = {
    "is": "{column} = {value}",
    "one_of": "list_contains({value}, {column})",
    "not": "{column} IS DISTINCT FROM {value}",
    "lt": "{column} < {value}",
    "le": "{column} <= {value}",
    "gt": "{column} > {value}",
    "ge": "{column} >= {value}",
    "contains": "contains({column}, {value})",
}
_OF_LISTS: dict[Operator, str] = {
    "is": "list_contains({column}, {value})",
    "one_of": "list_has_any({column}, {value})",
    "not": "NOT coalesce(list_contains({column}, {value}), false)",
    "contains": "list_contains(list_transform({column}, lambda word: contains(word, {value})), true)",
}
_OF_NULL: dict[Operator, str] = {"is": "{column} IS NULL", "not": "{column} IS NOT NULL"}
_ORDERED = ("integer", "time_ns", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition. ``column`` is no payload, or ``model``, ``error``, ``attributes.KEY``, ``resource.KEY``.

    On a column of texts ``is`` means that one of them is. ``value`` None goes with ``is`` and ``not``: not reported,
    reported. Several values go with ``one_of`` only. An attribute is compared as text, and as a number by order.
    """

    column: str
    operator: Operator
    value: Value | tuple[Value, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something that can be asked: its SQL and its type."""

    name: str
    sql: str
    type: ColumnType


def where(filters: Sequence[Filter], binding: Binding) -> str:
    """Return the SQL of all of ``filters``; true without any. Raises InvalidInput where one does not fit."""
    return " AND ".join(f"({condition(one, binding)})" for one in filters) or "true"


def condition(one: Filter, binding: Binding) -> str:
    """Return the SQL of a filter; its values are bound. Raises InvalidInput."""
    attribute = attribute_of(one.column)
    if attribute:
        return _of_attribute(one, *attribute, binding)
    field = field_named(one.column)
    templates = _OF_NULL if one.value is None else _OF_LISTS if field.type == "texts" else _CONDITIONS
    if one.operator not in templates or (one.operator == "contains" and field.type not in ("text", "texts")):
        raise InvalidInput(f"{field.name} cannot be asked with {one.operator}", hint=f"it holds {field.type}")
    return templates[one.operator].format(column=field.sql, value=_bound(one, field, binding))


def field_named(name: str) -> Field:
    """Return what can be asked and listed under ``name``. Raises InvalidInput, with the name that is nearest."""
    if name == MODEL:
        return Field(name=name, sql="coalesce(response_model, request_model)", type="text")
    if name == ERROR:
        return Field(name=name, sql="concat_ws(' ', error_type, error_message)", type="text")
    column = SPANS.by_name.get(name)
    if column is None or column.group not in ("identity", "filter"):
        raise InvalidInput(
            f"spans cannot be filtered by {name[:80]!r}", hint=did_you_mean(name, field_names(), otherwise=_COLUMNS)
        )
    return Field(name=name, sql=f'"{name}"', type=column.type)


def field_names() -> tuple[str, ...]:
    """Return every name that ``field_named`` knows."""
    return (MODEL, *SPANS.of_group("identity", "filter"))


def attribute_of(name: str) -> tuple[str, str] | None:
    """Return the column and the key that ``attributes.KEY`` or ``resource.KEY`` means; None for another name."""
    for prefix, column in ATTRIBUTES.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            return column, name[len(prefix) :]
    return None


def attribute_sql(column: str, key: str, binding: Binding) -> str:
    """Return the SQL of one attribute as text; null where it is absent.

    Most rows lack most keys, and looking for the key's letters is far cheaper than reading JSON.
    """
    # A JSON pointer takes any key as it is: the dots of an attribute's name are no path.
    pointer = binding.add("/" + key.replace("~", "~0").replace("/", "~1"))
    letters = binding.add(f'"{key}"')
    plain = key.isascii() and key.isprintable() and '"' not in key and "\\" not in key
    read = f"json_extract_string({column}, {pointer})"
    return f"CASE WHEN contains({column}, {letters}) THEN {read} END" if plain else f"({read})"


def _of_attribute(one: Filter, column: str, key: str, binding: Binding) -> str:
    sql = attribute_sql(column, key, binding)
    ordered = one.operator in ("lt", "le", "gt", "ge")
    templates = _OF_NULL if one.value is None else _CONDITIONS
    if one.operator not in templates:
        raise InvalidInput(f"{one.column[:80]} cannot be asked with {one.operator}")
    field = Field(name=one.column[:80], sql=f"TRY_CAST({sql} AS DOUBLE)" if ordered else sql, type="json")
    as_text = one if ordered else _as_text(one)
    return templates[one.operator].format(column=field.sql, value=_bound(as_text, field, binding))


def _as_text(one: Filter) -> Filter:
    value = one.value
    if value is None:
        return one
    text = tuple(map(_text, value)) if isinstance(value, tuple) else _text(value)
    return Filter(column=one.column, operator=one.operator, value=text)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bound(one: Filter, field: Field, binding: Binding) -> str:
    """Return the parameter of a filter's value. Raises InvalidInput where it is not of the field's type."""
    several = isinstance(one.value, tuple)
    if several != (one.operator == "one_of"):
        raise InvalidInput(f"{one.operator} does not go with {one.value!r}", hint="several values go with one_of")
    if one.value is None:
        return ""
    asked = one.value if isinstance(one.value, tuple) else (one.value,)
    for value in asked:
        _check(field, value)
    return binding.add(list(asked) if several else one.value)


def _check(field: Field, value: Value) -> None:
    right = isinstance(value, _KINDS[field.type])
    if field.type != "json":
        right = right and isinstance(value, bool) == (field.type == "boolean")
    if not right:
        raise InvalidInput(f"{field.name} holds {field.type}, and {value!r} is not of that type")
