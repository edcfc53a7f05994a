"""Documents that a retrieval found, as ``[{id, score, content, metadata}, …]`` in rank order."""

from collections.abc import Mapping

from genyard.core.canonical import Json
from genyard.observe.conventions.values import number, object_of, parsed, text

_INSIDE = ("documents", "output", "results", "matches", "nodes")


def documents_of(value: Json) -> list[Json] | None:
    """Return the documents of a list, or of the one list inside an object."""
    found = parsed(value)
    if isinstance(found, Mapping):
        found = next((found[name] for name in _INSIDE if isinstance(found.get(name), list | tuple)), None)
    if not isinstance(found, list | tuple):
        return None
    return [document_of(one) for one in found] or None


def document_of(raw: Json) -> Json:
    if isinstance(raw, str):
        return {"content": raw}
    if not isinstance(raw, Mapping):
        return raw
    metadata = object_of(raw.get("metadata"))
    identity = raw.get("id", metadata.get("id", metadata.get("doc_id")))
    score = number(raw.get("score", metadata.get("score", metadata.get("relevance_score"))))
    content = next((raw[name] for name in ("content", "page_content", "text", "document") if raw.get(name)), None)
    found: dict[str, Json] = {"id": text(identity), "score": score, "content": content, "metadata": metadata or None}
    return {name: held for name, held in found.items() if held is not None}


def query_of(value: Json) -> str | None:
    """Return the one text that was searched for: plain, the only argument, or named as a query."""
    found = parsed(value)
    if found is None:
        return value if isinstance(value, str) and value else None
    if isinstance(found, Mapping) and set(found) == {"args", "kwargs"}:
        return _only([*_items(found["args"]), *_items(found["kwargs"])])
    if isinstance(found, Mapping):
        named = next((found[name] for name in ("query", "question", "q") if isinstance(found.get(name), str)), None)
        return named if isinstance(named, str) else _only(list(found.values()))
    return _only(list(found)) if isinstance(found, list | tuple) else None


def _items(value: Json) -> list[Json]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []


def _only(found: list[Json]) -> str | None:
    return found[0] if len(found) == 1 and isinstance(found[0], str) else None
