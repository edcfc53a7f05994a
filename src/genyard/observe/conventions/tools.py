"""Tools as they were offered, called and answered."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from genyard.core.canonical import Json
from genyard.observe.conventions.values import parsed, shallow, structured
from genyard.store.rows import WrittenJson

_SCHEMAS = ("parameters", "inputSchema", "input_schema", "parameters_json_schema")
FIELDS = ("type", "name", "description", "parameters")


class _Definition(Struct, forbid_unknown_fields=True, gc=False):
    name: str
    type: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    parameters: dict[str, Any] | UnsetType = UNSET


_decode = msgspec.json.Decoder(list[_Definition]).decode


def definitions(value: Json) -> Json:
    """Return the tools offered as ``[{type, name, description, parameters}, …]``; None for what holds none."""
    if type(value) is str and shallow(value):
        try:
            _decode(value)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            pass
        else:
            return WrittenJson(value)
    items = parsed(value)
    if not isinstance(items, list | tuple):
        return None
    return [definition_of(structured(one)) for one in items] or None


def definition_of(raw: Json) -> Json:
    """Return one tool out of the wrapping of its dialect."""
    if not isinstance(raw, Mapping):
        return raw
    inner = raw.get("function")
    found: dict[str, Json] = {**raw, **inner} if isinstance(inner, Mapping) else {**raw}
    given = next((found[name] for name in _SCHEMAS if found.get(name)), None)
    found["parameters"] = structured(given)
    found["type"] = found.get("type") or "function"
    return {name: found[name] for name in FIELDS if found.get(name) is not None}


def kept_whole(value: Json, read: Json) -> bool:
    """Return whether ``read``, made of ``value``, holds everything that was said of the tools."""
    if isinstance(read, WrittenJson):
        return True
    items = parsed(value)
    return isinstance(items, list | tuple) and all(_is_whole(structured(one)) for one in items)


def _is_whole(raw: Json) -> bool:
    if not isinstance(raw, Mapping):
        return False
    inner = raw.get("function")
    if isinstance(inner, Mapping):
        return set(raw) == {"type", "function"} and _is_whole(inner)
    return all(name in FIELDS or name in _SCHEMAS or held is None for name, held in raw.items())


def positional(arguments: Json) -> bool:
    """Return whether arguments are those that a decorator saw: ``{"args": […], "kwargs": {…}}``."""
    found = parsed(arguments)
    return isinstance(found, Mapping) and set(found) == {"args", "kwargs"}
