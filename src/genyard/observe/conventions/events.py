"""Events of a span that carry what its columns hold: messages, details, evaluations, errors, the first token.

Log records carry the same under the same names; ``logs`` reads them with these functions.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from genyard.core.canonical import Json
from genyard.observe.conventions import values
from genyard.observe.conventions.agents import guardrail_of
from genyard.observe.conventions.documents import document_of
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.messages import answered, asked, choice_of, message_of
from genyard.observe.conventions.names import RULES, Rule
from genyard.observe.conventions.parts import parts_of
from genyard.observe.conventions.values import structured
from genyard.observe.conventions.words import MODEL_CALLS

Object = Mapping[str, Json]

DETAILS = "gen_ai.client.inference.operation.details"
EVALUATION = "gen_ai.evaluation.result"
EXCEPTIONS = ("exception", "gen_ai.client.operation.exception")
CHOICE = "gen_ai.choice"
_ROLES: Mapping[str, str] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CONTENT: Mapping[str, str] = {
    "gen_ai.content.prompt": "gen_ai.prompt",
    "gen_ai.content.completion": "gen_ai.completion",
}
MESSAGES = frozenset({*_ROLES, CHOICE})
_NO_RULE: Rule = ("", False, values.text, 0)
_OF_THE_SPAN = frozenset({"operation", "provider", "error_type"})
"""Columns that only the span itself says."""
_FIRST_TOKEN = frozenset(
    {"First Token Stream Event", "gen_ai.content.completion.chunk", "llm.content.completion.chunk"}
)


class Said(NamedTuple):
    """One event or log record: its name and what it says."""

    name: str
    fields: Object


def read_events(draft: Draft) -> None:
    said = [Said(one.name, one.attributes) for one in draft.span.events]
    for found in (details_of(said), messages_in(said, operation=draft.operation)):
        for column, value in found.items():
            draft.fill(column, value)
    draft.fill("evaluations", evaluations_of(said))
    draft.fill("guardrails", _guardrails(said))
    draft.fill("ttft_s", _first_token_s(draft))
    draft.fill("retrieval_documents", _found(said))


def read_error(draft: Draft) -> None:
    """Read an exception's event, for a span that failed."""
    said = [Said(one.name, one.attributes) for one in draft.span.events]
    for column, value in exception_of(said).items():
        draft.fill(column, value)


def details_of(said: Iterable[Said]) -> dict[str, Json]:
    """Return columns of the events or log records that carry a whole call in attributes of OpenTelemetry's names."""
    columns: dict[str, Json] = {}
    for one in said:
        for name, value in one.fields.items() if one.name == DETAILS else ():
            column, _, read, _ = RULES.get(name, _NO_RULE)
            if column and column not in _OF_THE_SPAN and column not in columns:
                found = read(value)
                columns.update({} if found is None else {column: found})
    return columns


def messages_in(said: Iterable[Said], *, operation: str) -> dict[str, Json]:
    """Return columns of the messages that come in an event, or a log record, each."""
    said = [one for one in said if one.name in MESSAGES or one.name in _CONTENT]
    if operation == "execute_tool":
        return _tool_of(said)
    if not said or (operation not in MODEL_CALLS and operation != "invoke_agent"):
        return {}
    sent = [message_of(_message(one.fields), _ROLES[one.name]) for one in said if one.name in _ROLES]
    given = [choice_of(one.fields) for one in said if one.name == CHOICE]
    for one in said:
        if one.name in _CONTENT:
            read, into = (asked, sent) if one.name == "gen_ai.content.prompt" else (answered, given)
            into += values.list_of(read(one.fields.get(_CONTENT[one.name])))
    found = {"input_messages": sent, "output_messages": given}
    return {name: kept for name, held in found.items() if (kept := [one for one in held if one is not None])}


def _message(fields: Object) -> Object:
    """Return an event's message with its content read: Bedrock's parts come as JSON text."""
    content = fields.get("content", fields.get("gen_ai.event.content"))
    if isinstance(content, str) and content.startswith("["):
        parts = parts_of(content)
        return {**fields, "parts": parts} if _are_results(parts) else {**fields, "content": parts or None}
    return {**fields, "content": content}


def _are_results(parts: list[Json]) -> bool:
    return bool(parts) and all(isinstance(one, Mapping) and one.get("type") == "tool_call_response" for one in parts)


def _tool_of(said: Iterable[Said]) -> dict[str, Json]:
    """Return the columns of Strands' tool spans: arguments are the tool's message, the result is the choice."""
    found: dict[str, Json] = {}
    for one in said:
        if one.name == "gen_ai.tool.message":
            found["tool_arguments"] = structured(one.fields.get("content"))
        if one.name == CHOICE:
            parts = parts_of(structured(one.fields.get("message")))
            only = parts[0] if len(parts) == 1 else None
            text = only.get("content") if isinstance(only, Mapping) and only.get("type") == "text" else None
            found["tool_result"] = structured(text if isinstance(text, str) else parts or None)
    return found


def evaluations_of(said: Iterable[Said]) -> list[Json] | None:
    found: list[Json] = []
    for one in said:
        if one.name == EVALUATION:
            here = "gen_ai.evaluation."
            read: dict[str, Json] = {
                "name": values.text(one.fields.get(f"{here}name")),
                "value": values.number(one.fields.get(f"{here}score.value")),
                "label": values.text(one.fields.get(f"{here}score.label")),
                "explanation": values.text(one.fields.get(f"{here}explanation")),
            }
            present = {name: value for name, value in read.items() if value is not None}
            found.append({**present, "target": "span"})
    return found or None


def exception_of(said: Iterable[Said]) -> dict[str, Json]:
    """Return class and text of the last exception."""
    last = next((one.fields for one in reversed(list(said)) if one.name in EXCEPTIONS), {})
    kind, message = values.text(last.get("exception.type")), values.text(last.get("exception.message"))
    # LangSmith's exceptions are a class named Exception whose message is the true one's repr and traceback.
    inner = _REPR.match(message or "") if kind == "Exception" else None
    if inner is not None:
        kind, message = inner["kind"], inner["message"]
    return {name: value for name, value in (("error_type", kind), ("error_message", message)) if value}


_REPR = re.compile(r"(?P<kind>[A-Za-z_]\w{0,99})\((?P<quote>['\"])(?P<message>.*)(?P=quote)\)(?=\n|\Z)")


def _guardrails(said: Iterable[Said]) -> list[Json] | None:
    found = [guardrail_of(dict(one.fields))[0] for one in said if one.name == "gen_ai.guardrail.result"]
    return [one for one in found if one] or None


def _first_token_s(draft: Draft) -> float | None:
    times = [one.at_ns for one in draft.span.events if one.name in _FIRST_TOKEN]
    delay = (min(times) - draft.span.start_ns) / 1e9 if times else -1.0
    return delay if delay >= 0 else None


def _found(said: Iterable[Said]) -> list[Json] | None:
    """Return the hits that Traceloop's vector databases write, an event each."""
    here = "db.query.result."
    found: list[Json] = []
    for one in said:
        if one.name == "db.query.result":
            read = {name: one.fields.get(here + name) for name in ("id", "score", "metadata")}
            found.append(document_of({**read, "content": one.fields.get(f"{here}document")}))
    return found or None
