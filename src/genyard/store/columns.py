"""The columns of the lake's tables. The Delta schema and the tables in ``docs/design/lake.md`` are made from here.

Names and meanings of ``spans`` follow OpenTelemetry's semantic conventions for generative AI. A null is "not reported";
0 is a value. Token counts are inclusive: cached input is part of the input, reasoning part of the output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

ColumnType = Literal["text", "integer", "number", "boolean", "time_ns", "texts", "json"]
Group = Literal["identity", "filter", "payload", "rest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. ``group`` says who reads it: every view, filters, one record's page only, or nobody but exports."""

    name: str
    type: ColumnType
    group: Group
    sentence: str


@dataclass(frozen=True, kw_only=True)
class LakeTable:
    """One table. Rows with equal ``key`` are one record sent again; the one that arrived last counts."""

    name: str
    key: tuple[str, ...]
    """Within a project. The time is its last, because a record sent again keeps its time; that bounds the search."""
    time: str
    """The column that ``day`` and every time bound are about."""
    columns: tuple[Column, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        return MappingProxyType({one.name: one for one in self.columns})

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.columns)

    @property
    def row_id(self) -> str:
        """The column that tells rows of about one time apart: the last of the key before the time."""
        return self.key[-2]

    def of_group(self, *groups: Group) -> tuple[str, ...]:
        """Return the names of the columns of ``groups``, in order."""
        return tuple(one.name for one in self.columns if one.group in groups)


PARTITIONS = ("project", "day")
MADE_BY_THE_LAKE = frozenset({"day", "arrival", "supersedes"})
"""Columns that no caller writes."""


_Row = tuple[str, ColumnType, str]


def _columns(group: Group, *rows: _Row) -> tuple[Column, ...]:
    return tuple(Column(name=name, type=type_, group=group, sentence=text) for name, type_, text in rows)


_KEPT: tuple[_Row, ...] = (
    ("arrival", "integer", "Order of arrival here: segment of the write-ahead log times 2^32, plus position in it."),
    ("supersedes", "integer", "Arrival of the earlier row with the same key, which this one replaces; else null."),
)

SPANS = LakeTable(
    name="spans",
    key=("trace_id", "span_id", "start_ns"),
    time="start_ns",
    columns=_columns(
        "identity",
        ("project", "text", "The tenant; partition."),
        ("day", "text", "UTC day of start_ns, such as 2026-11-23; partition."),
        ("trace_id", "text", "32 lower-case hex digits; Bloom filter."),
        ("span_id", "text", "16 lower-case hex digits."),
        ("parent_span_id", "text", "16 lower-case hex digits; null for the first span of a trace."),
        ("is_root", "boolean", "True where a trace enters this home: no parent, or a parent in another process."),
        ("start_ns", "time_ns", "Start in Unix nanoseconds."),
        ("duration_ns", "integer", "max(0, end - start), in nanoseconds."),
        *_KEPT,
    )
    + _columns(
        "filter",
        ("span_name", "text", "The span's name as sent."),
        ("otel_kind", "text", "internal, server, client, producer or consumer."),
        ("status", "text", "unset, ok or error."),
        ("error_type", "text", "Class of the error, such as provider_timeout; _OTHER where the sender gave none."),
        ("error_message", "text", "The error's text."),
        ("service_name", "text", "Resource service.name."),
        ("service_version", "text", "Resource service.version."),
        ("environment", "text", "Resource deployment.environment.name."),
        ("scope_name", "text", "Instrumentation scope."),
        ("scope_version", "text", "Its version."),
        ("schema_url", "text", "Schema that the scope names; not a sign of the dialect."),
        ("dialect", "text", "The set of attribute names that was read, such as gen_ai."),
        ("mapping_version", "text", "Version of the table that mapped attributes to columns."),
        ("record_kind", "text", "log or pending_span where a span stands for one; else null."),
        ("operation", "text", "chat, embeddings, retrieval, execute_tool, invoke_agent, step, prompt, … or other."),
        ("operation_raw", "text", "The sender's word for the operation, where it is another."),
        ("provider", "text", "Well-known provider name, such as openai or gcp.vertex_ai."),
        (
            "provider_raw",
            "text",
            "The sender's word for the provider, where it is another; frameworks name themselves.",
        ),
        ("request_model", "text", "The model asked for."),
        ("response_model", "text", "The model that says it answered."),
        ("response_id", "text", "The provider's id of the answer."),
        ("temperature", "number", "Request parameter."),
        ("top_p", "number", "Request parameter."),
        ("top_k", "integer", "Request parameter."),
        ("frequency_penalty", "number", "Request parameter."),
        ("presence_penalty", "number", "Request parameter."),
        ("max_tokens", "integer", "Request parameter, in tokens."),
        ("seed", "integer", "Request parameter."),
        ("choice_count", "integer", "How many answers were asked for."),
        ("stop_sequences", "texts", "Request parameter."),
        ("encoding_formats", "texts", "Request parameter of embeddings."),
        ("reasoning_effort", "text", "Request parameter, such as low."),
        ("output_type", "text", "What was asked for: text, json, image or speech."),
        ("service_tier", "text", "The provider's service tier."),
        ("stream", "boolean", "Whether the answer was asked for in pieces."),
        ("finish_reasons", "texts", "stop, length, tool_call, content_filter, error or the raw word; one a choice."),
        ("input_tokens", "integer", "Tokens in, cached ones included."),
        ("output_tokens", "integer", "Tokens out, reasoning included."),
        ("total_tokens", "integer", "Input plus output."),
        ("cache_read_tokens", "integer", "Of the input: read from the provider's cache."),
        ("cache_write_tokens", "integer", "Of the input: written to the provider's cache."),
        ("reasoning_tokens", "integer", "Of the output: reasoning."),
        ("input_audio_tokens", "integer", "Of the input: audio."),
        ("output_audio_tokens", "integer", "Of the output: audio."),
        ("input_image_tokens", "integer", "Of the input: images."),
        ("usage_scope", "text", "self on model calls, aggregate on spans that repeat sums; only self is summed."),
        ("cost_usd", "number", "Cost in US dollars; null where the price is not known."),
        ("cost_source", "text", "client (as sent) or priced-by-us."),
        ("ttft_s", "number", "Seconds from the request to the first piece of the answer."),
        ("tool_name", "text", "The tool that ran."),
        ("tool_call_id", "text", "The id that joins a call to its result."),
        ("tool_type", "text", "function, extension or datastore."),
        ("tool_description", "text", "What the tool says of itself."),
        (
            "tool_arguments_positional",
            "boolean",
            "True where the arguments are those of a decorated function: {args, kwargs}.",
        ),
        ("agent_id", "text", "The agent's id."),
        ("agent_name", "text", "The agent that ran, or that a step belongs to."),
        ("agent_version", "text", "The agent's version."),
        ("agent_description", "text", "What the agent says of itself."),
        ("workflow_name", "text", "The workflow that ran, or that a step belongs to."),
        ("conversation_id", "text", "Session or thread."),
        ("user_id", "text", "Pseudonymous user."),
        ("tags", "texts", "Free words of the sender."),
        ("prompt_name", "text", "Name of the prompt that was rendered."),
        ("prompt_version", "text", "Its version."),
        ("retrieval_top_k", "integer", "How many documents were asked for."),
        ("data_source_id", "text", "The source that was searched."),
        ("embedding_dimensions", "integer", "Length of the vectors."),
        ("embedding_input_count", "integer", "How many texts were embedded."),
        ("mcp_method", "text", "Method of the Model Context Protocol, such as tools/call."),
        ("mcp_session_id", "text", "Its session."),
        ("mcp_resource_uri", "text", "The resource that was read."),
        ("mcp_protocol_version", "text", "Its version."),
        ("jsonrpc_request_id", "text", "Id of the request."),
        ("server_address", "text", "Host of the model or tool server."),
        ("server_port", "integer", "Its port."),
        ("release", "text", "Digest or label of what ran."),
        (
            "release_attested",
            "boolean",
            "True where our own runner or gateway stamped the release; null where claimed.",
        ),
        ("endpoint", "text", "The endpoint that answered, such as helpdesk@prod."),
        ("system", "text", "System digest."),
        ("step", "text", "Name of the system's step."),
        ("prompt_digest", "text", "Digest of the prompt that was rendered."),
        ("index_digest", "text", "Digest of the built index that was searched."),
        ("chunk_digests", "texts", "Digests of the chunks that were found, in rank order."),
        ("document_digests", "texts", "Digests of the documents of these chunks."),
        ("run_id", "text", "The run that asked, such as an evaluation."),
        ("row_id", "text", "The dataset row that was asked."),
        ("repeat", "integer", "Repeat number of that row, from 0."),
        ("preview", "text", "At most 160 characters of what the step took and gave, for lists."),
    )
    + _columns(
        "payload",
        ("input_messages", "json", "Messages asked with: [{role, parts: [{type, content}, …]}, …]."),
        ("output_messages", "json", "Messages answered with, in the same form."),
        ("system_instructions", "json", "Instructions sent apart from the messages."),
        ("tool_definitions", "json", "The tools offered: [{type, name, description, parameters}, …]."),
        ("input", "json", "What a step that asks no model took."),
        ("output", "json", "What it gave."),
        ("retrieval_query", "text", "What was searched for."),
        ("retrieval_documents", "json", "What was found: [{id, score, content, metadata}, …] in rank order."),
        ("tool_arguments", "json", "Arguments of the tool call."),
        ("tool_result", "json", "What the tool gave."),
        ("prompt_template", "text", "The prompt before it was filled in."),
        ("prompt_variables", "json", "What it was filled in with."),
        ("request_params", "json", "Request parameters that came in one object."),
        ("cost_details", "json", "Cost by part, as sent."),
        (
            "evaluations",
            "json",
            "Judgements sent with the span: [{name, value, label, explanation, kind, id, target}, …].",
        ),
        (
            "guardrails",
            "json",
            "What guardrails decided, in their words: [{component, policy_id, result_type, result_value, …}, …].",
        ),
        ("metadata", "json", "Free values of the sender."),
    )
    + _columns(
        "rest",
        ("attributes", "json", "Attributes without a column, as sent."),
        ("resource_attributes", "json", "The same of the resource."),
        ("events", "json", "Span events: [{name, at_ns, attributes}, …]."),
        ("links", "json", "Span links: [{trace_id, span_id, attributes}, …]."),
        ("trace_state", "text", "W3C tracestate, which has the sampling threshold."),
        ("dropped_attributes", "integer", "Attributes that the sender's own limit left out."),
        ("intake_flags", "texts", "What was repaired on the way in, such as end_before_start or not_finite:cost_usd."),
    ),
)

SCORES = LakeTable(
    name="scores",
    key=("score_id", "at_ns"),
    time="at_ns",
    columns=_columns(
        "identity",
        ("project", "text", "The tenant; partition."),
        ("day", "text", "UTC day of at_ns; partition."),
        ("score_id", "text", "UUIDv7."),
        ("at_ns", "time_ns", "When it was judged, in Unix nanoseconds."),
        *_KEPT,
    )
    + _columns(
        "filter",
        ("subject_kind", "text", "span, trace, session, row or release."),
        ("subject_id", "text", "Span id, trace id, session id, dataset digest#row id or release digest."),
        ("name", "text", "The metric or criterion."),
        ("scorer_kind", "text", "code, judge or person."),
        ("scorer", "text", "Digest of the metric or judge, or the principal."),
        ("value", "number", "The judgement as a number; null with a label, or where it could not be judged."),
        ("label", "text", "The judgement as a word."),
        ("direction", "text", "higher or lower: which way is better."),
        ("repeat", "integer", "Repeat number, from 0."),
        ("cost_usd", "number", "Cost of judging in US dollars."),
        ("sampling", "text", "How the subject was chosen: all, or the rule with its probability."),
        ("run_id", "text", "The run that judged."),
        ("trace_id", "text", "The trace that was judged; Bloom filter."),
        ("release", "text", "Release digest that made what was judged."),
        ("system", "text", "System digest that made it."),
    )
    + _columns("payload", ("explanation", "text", "Why.")),
)

LOGS = LakeTable(
    name="logs",
    key=("log_id", "at_ns"),
    time="at_ns",
    columns=_columns(
        "identity",
        ("project", "text", "The tenant; partition."),
        ("day", "text", "UTC day of at_ns; partition."),
        ("log_id", "text", "The first 32 hex digits of the digest of what it says: a record has no id of its own."),
        ("at_ns", "time_ns", "When it was written or, where that is not said, seen, in Unix nanoseconds."),
        *_KEPT,
    )
    + _columns(
        "filter",
        ("trace_id", "text", "The trace that it belongs to; Bloom filter."),
        ("span_id", "text", "The span that it belongs to."),
        ("event_name", "text", "What it is, such as gen_ai.choice."),
        ("severity", "integer", "OTLP's severity number, 0 where none was sent."),
        ("service_name", "text", "Resource service.name."),
        ("scope_name", "text", "Instrumentation scope."),
    )
    + _columns("payload", ("body", "json", "What it says."))
    + _columns("rest", ("attributes", "json", "Its attributes."), ("intake_flags", "texts", "What was repaired.")),
)
"""Log records that carry what belongs to a span. They may come before it, so they are joined when a trace is read."""

TABLES: Mapping[str, LakeTable] = MappingProxyType({"spans": SPANS, "scores": SCORES, "logs": LOGS})


def markdown(table: LakeTable) -> str:
    """Return the table's description as ``docs/design/lake.md`` has it."""
    lines = ["| column | type | group | what |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| `{one.name}` | {one.type} | {one.group} | {one.sentence} |" for one in table.columns])
