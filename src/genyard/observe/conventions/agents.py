"""What the Model Context Protocol, Google's ADK and guardrails say in names of their own."""

from genyard.core.canonical import Json
from genyard.observe.conventions import values
from genyard.observe.conventions.draft import Draft
from genyard.observe.conventions.messages import message_of, messages_of


def read_mcp(draft: Draft) -> None:
    """Name the tool on the client's side too: there only the span's name has it."""
    words = draft.span.name.split()
    if draft.columns.get("mcp_method") == "tools/call" and len(words) > 1 and words[-1] != "tools/call":
        draft.fill("tool_name", words[-1])


def read_adk(draft: Draft) -> None:
    """Read the blobs of ADK's telemetry schema 1. An empty object means that a span is not of that kind."""
    here = "gcp.vertex.agent."
    if draft.operation == "execute_tool":
        for column, name in (("tool_arguments", "tool_call_args"), ("tool_result", "tool_response")):
            if draft.rest.get(here + name) not in ("{}", "<not specified>"):
                draft.fill_from(column, here + name)
    if not draft.asks_a_model:
        return
    asked, answered = draft.object(f"{here}llm_request"), draft.object(f"{here}llm_response")
    draft.fill("input_messages", messages_of(asked.get("contents"), role="user"))
    said = message_of(answered.get("content"), "assistant")
    draft.fill("output_messages", None if said is None else [said])
    config = values.object_of(asked.get("config"))
    draft.fill("system_instructions", values.text(config.get("system_instruction")) or None)


_GUARDRAIL = {
    "component.name": "component",
    "policy.id": "policy_id",
    "policy.version": "policy_version",
    "result.type": "result_type",
    "result.value": "result_value",
    "source": "source",
    "result.reason": "reason",
}


def read_guardrail(draft: Draft) -> None:
    found, used = guardrail_of(draft.rest)
    if found and draft.fill("guardrails", [found]):
        draft.used(used)


def guardrail_of(attributes: dict[str, Json]) -> tuple[dict[str, Json], list[str]]:
    """Return what a guardrail decided, in the provider's words, and the names it was read from."""
    names = {f"gen_ai.guardrail.{theirs}": ours for theirs, ours in _GUARDRAIL.items()}
    used = [name for name in names if attributes.get(name) is not None]
    return {names[name]: attributes[name] for name in used}, used
