"""Pydantic AI and Logfire: events in one JSON attribute, totals of a run, and log records that are spans."""

from collections.abc import Mapping

from genyard.core.canonical import Json
from genyard.observe.conventions import values
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.messages import choice_of, message_of, messages_of
from genyard.observe.conventions.usage import usage_of


def read_pydantic(draft: Draft) -> None:
    """Read what Pydantic AI puts beside OpenTelemetry's names."""
    if draft.dialect == "none":
        return
    if draft.fill("request_model", values.text(draft.rest.get("model_name"))):
        draft.used(["model_name"])
    if not draft.asks_a_model:
        draft.fill_from("output", "final_result")
    if draft.fill("input_messages", messages_of(draft.rest.get("pydantic_ai.all_messages"), role="user")):
        draft.used(["pydantic_ai.all_messages"])
    _read_events(draft, draft.rest.get("events"))
    _read_events(draft, draft.rest.get("all_messages_events"))


def _read_events(draft: Draft, written: Json) -> None:
    asked: list[Json] = []
    said: list[Json] = []
    for one in values.list_of(written):
        if not isinstance(one, Mapping):
            continue
        if one.get("event.name") == "gen_ai.choice" or "message" in one:
            said.append(choice_of(one))
        else:
            asked.append(message_of(one, "user"))
    draft.fill("input_messages", _present(asked))
    draft.fill("output_messages", _present(said))


def _present(found: list[Json]) -> list[Json] | None:
    return [one for one in found if one is not None] or None


def read_logfire(draft: Draft) -> None:
    kind = draft.rest.get("logfire.span_type")
    if kind in ("log", "pending_span"):
        draft.fill("record_kind", kind)
    usage = usage_of(draft.object("gen_ai.usage.raw"))
    for column in ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens"):
        draft.fill(column, usage.get(column))
    if draft.asks_a_model and draft.operation != "embeddings":
        draft.fill("input_messages", messages_of(draft.object("request_data").get("messages"), role="user"))
        answer = draft.object("response_data")
        draft.fill("output_messages", messages_of(answer.get("message"), role="assistant"))
    parent = draft.rest.get("logfire.pending_parent_id")
    if kind == "pending_span" and isinstance(parent, str) and len(parent) == 16 and parent.strip("0"):
        draft.columns["parent_span_id"] = parent
        draft.columns.pop("is_root", None)
