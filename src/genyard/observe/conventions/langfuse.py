"""Langfuse: blobs of input, output, usage, cost and parameters. What it says wins over the other names on its spans."""

from datetime import datetime

from genyard.observe.conventions import values
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.messages import messages_of
from genyard.observe.conventions.took import fill_io
from genyard.observe.conventions.usage import fill_finish_reason, fill_parameters, langfuse_usage

_HERE = "langfuse.observation."


def read_langfuse(draft: Draft) -> None:
    _read_usage(draft)
    fill_parameters(draft, values.object_of(draft.columns.get("request_params")))
    fill_finish_reason(draft, values.unquoted(draft.rest.get(f"{_HERE}metadata.finish_reason")))
    draft.fill("ttft_s", _first_token_s(draft))
    if draft.asks_a_model:
        _read_messages(draft)
    else:
        if draft.operation == "invoke_agent":
            draft.fill("agent_name", draft.span.name)
        fill_io(draft, f"{_HERE}input", f"{_HERE}output")
    if draft.rest.get(f"{_HERE}level") == "ERROR" and draft.columns.get("status") == "unset":
        draft.columns["status"] = "error"
        draft.fill("error_message", values.text(draft.rest.get(f"{_HERE}status_message")))


def _read_usage(draft: Draft) -> None:
    for column, value in langfuse_usage(draft.object(f"{_HERE}usage_details")).items():
        draft.override(column, value)
    cost = values.amount(values.object_of(draft.columns.get("cost_details")).get("total"))
    draft.override("cost_usd", cost)


def _read_messages(draft: Draft) -> None:
    if draft.operation == "embeddings":
        return
    for column, name, role in (("input_messages", "input", "user"), ("output_messages", "output", "assistant")):
        found = messages_of(draft.rest.get(_HERE + name), role=role)
        if found is not None:
            draft.override(column, found)
            del draft.rest[_HERE + name]


def _first_token_s(draft: Draft) -> float | None:
    """Return the seconds from the start to ``completion_start_time``, a time in quotes."""
    written = values.unquoted(draft.rest.get(f"{_HERE}completion_start_time"))
    if not isinstance(written, str):
        return None
    try:
        at = datetime.fromisoformat(written)
        at_us = round(at.timestamp() * 1e6) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
    delay = None if at_us is None else (at_us * 1000 - draft.span.start_ns) / 1e9
    return delay if delay is not None and delay >= 0 else None
