"""What the server says of spans that it does not keep: in the host's log, once until something else is said."""

from typing import Any

from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from genyard.client.application.quiet import log, quiet


class Refusals:
    """Listens to the answers of an exporter, which itself tells only the status."""

    def __init__(self) -> None:
        self._said = ""

    def hear(self, response: Any, *_: object, **__: object) -> None:
        """Take an answer, as a hook of ``requests`` does. Never raises."""
        said = quiet(_said)(response) or ""
        if said and said != self._said:
            log.warning("spans were not kept: %s", said)
        self._said = said


def _said(response: Any) -> str:
    """Return why spans were not kept, empty where they were. Both forms are OTLP's."""
    try:
        if response.ok:
            return ExportTraceServiceResponse.FromString(response.content).partial_success.error_message
        if "protobuf" in response.headers.get("Content-Type", ""):
            return str(Status.FromString(response.content).message)
    except DecodeError:
        pass  # somebody else answers there
    return f"{response.url} answers {response.status_code} {response.reason}: is that a Genyard server?"
