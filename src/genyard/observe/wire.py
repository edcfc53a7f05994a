"""What arrives on the wire, decoded and not yet understood: spans and log records of OTLP, whatever their encoding."""

from dataclasses import dataclass, field

from genyard.core.canonical import Json

SPAN_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
"""By OTLP's number; unspecified is read as internal."""
STATUSES = ("unset", "ok", "error")
"""By OTLP's number."""


@dataclass(slots=True, kw_only=True)
class WireEvent:
    """A span event."""

    name: str
    at_ns: int
    attributes: dict[str, Json]


@dataclass(slots=True, kw_only=True)
class WireLink:
    """A link to another span."""

    trace_id: str
    span_id: str
    attributes: dict[str, Json]


@dataclass(slots=True, kw_only=True)
class WireScope:
    """The instrumentation scope of a span or log record. One object for all that share it."""

    name: str = ""
    version: str = ""
    schema_url: str = ""


@dataclass(slots=True, kw_only=True)
class WireSpan:
    """One span. Ids are lower-case hex of the right length; attribute values are JSON values, bytes as base64 text.

    Not frozen, because one is made for each of tens of thousands a second.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    """None for a span without a parent."""
    name: str
    kind: int
    start_ns: int
    end_ns: int
    status: int
    status_message: str
    attributes: dict[str, Json]
    resource: dict[str, Json]
    """One object for all spans of a resource."""
    scope: WireScope
    events: list[WireEvent] = field(default_factory=list)
    links: list[WireLink] = field(default_factory=list)
    trace_state: str = ""
    dropped_attributes: int = 0
    parent_is_remote: bool = False
    flags: list[str] = field(default_factory=list)
    """What was repaired so far, for ``intake_flags``."""


@dataclass(slots=True, kw_only=True)
class Refused:
    """A span or log record that cannot be kept, and why."""

    name: str
    """Its name, or what else tells the sender which one it is."""
    reason: str


@dataclass(slots=True, kw_only=True)
class Decoded:
    """What of a trace request could be read."""

    spans: list[WireSpan]
    refused: list[Refused]


@dataclass(slots=True, kw_only=True)
class WireLog:
    """One log record. Only those that name a span can join one."""

    trace_id: str | None
    span_id: str | None
    at_ns: int
    """``timeUnixNano``, else ``observedTimeUnixNano``."""
    event_name: str
    """The field, else the attribute ``event.name``."""
    severity: int
    body: Json
    attributes: dict[str, Json]
    resource: dict[str, Json]
    scope: WireScope


@dataclass(slots=True, kw_only=True)
class DecodedLogs:
    """What of a request of log records could be read."""

    logs: list[WireLog]
    refused: list[Refused]
