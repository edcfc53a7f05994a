"""``genyard.init``, ``score``, ``feedback`` and ``flush``: one application, watched by one server.

A process has one of these, as it has one provider of OpenTelemetry: functions of a module speak for the process.
"""

import atexit
import math
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from genyard.client.api import Client
from genyard.client.application.instrumentors import instrument as switch_on
from genyard.client.application.outbox import Outbox
from genyard.client.application.quiet import log, quiet
from genyard.client.application.tally import Sent, Tally
from genyard.client.connect import server_of
from genyard.core.clock import SystemClock
from genyard.core.ids import RandomIds
from genyard.core.settings import read_settings

_AT_EXIT_S = 5.0


class Host:
    """What ``init`` made. Before it, everything is refused quietly."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._tally = Tally()
        self._outbox: Outbox | None = None
        self._spans: Any = None
        self._ids = RandomIds(SystemClock())

    def init(
        self,
        service_name: str = "",
        *,
        url: str = "",
        key: str = "",
        version: str = "",
        environment: str = "",
        release: str = "",
        instrument: Collection[str] | None = None,
    ) -> list[str]:
        """Send this process's spans and scores to a Genyard server; return the libraries that are traced by themselves.

        ``url`` and ``key`` left out are GENYARD_URL and GENYARD_KEY, else the server that runs on the home of this
        folder or that of ``genyard login``. ``release`` is what runs here, as the application calls it: figures can be
        split by it, and it counts as claimed, not as attested. ``instrument`` names libraries, such as ``["openai"]``;
        None takes every installed instrumentor of generative AI, ``[]`` none. Never raises: what is wrong is logged.
        """
        resource = {
            "service.name": service_name,
            "service.version": version,
            "deployment.environment.name": environment,
            "genyard.release": release,
        }
        return quiet(self._init)(url, key, resource, instrument) or []

    def _init(self, url: str, key: str, resource: dict[str, str], instrument: Collection[str] | None) -> list[str]:
        settings = read_settings({name: value for name, value in (("url", url), ("key", key)) if value})
        found = server_of(settings, start=Path.cwd())
        if found is None:
            log.warning("genyard.init: no server is known: set GENYARD_URL and GENYARD_KEY, or run genyard up here")
            return []
        with self._changing:
            if self._outbox is not None:
                log.warning("genyard.init was called before: the first call counts")
                return []
            try:
                from genyard.client.application.provider import send_spans_to
            except ImportError as error:
                log.warning('genyard.init: %s is not installed: pip install "genyard[tracing]"', error.name)
                return []
            address, secret = found
            self._outbox = Outbox(lambda: _client(address, secret, settings.project), self._tally)
            self._spans = send_spans_to(
                address,
                key=secret,
                resource={name: value for name, value in resource.items() if value},
                tally=self._tally,
            )
        atexit.register(quiet(self.close))
        return switch_on(instrument)

    def score(
        self,
        name: str,
        value: float | bool | None = None,
        *,
        label: str = "",
        trace_id: str = "",
        span_id: str = "",
        session_id: str = "",
        direction: Literal["higher", "lower"] = "higher",
        kind: Literal["code", "judge", "person"] = "code",
        explanation: str = "",
    ) -> None:
        """Judge an answer: a trace, one span of it, or a session; without any of them the trace that is current here.

        Returns at once; a thread sends it. Never raises.
        """
        quiet(self._score)(
            {
                "name": name,
                "value": value,
                "label": label,
                "direction": direction,
                "kind": kind,
                "explanation": explanation,
                "trace_id": trace_id,
                "span_id": span_id,
                "session_id": session_id,
            }
        )

    def feedback(
        self, thumbs: Literal["up", "down"], *, comment: str = "", trace_id: str = "", session_id: str = ""
    ) -> None:
        """Say what a person thought of an answer. As ``score``, named ``feedback``, 1 for up and 0 for down."""
        self.score(
            "feedback",
            float(thumbs == "up"),
            label=thumbs,
            trace_id=trace_id,
            session_id=session_id,
            kind="person",
            explanation=comment,
        )

    def _score(self, given: dict[str, Any]) -> None:
        value = given["value"]
        if value is not None:
            given["value"] = float(value)
            if not math.isfinite(given["value"]):
                raise ValueError(f"{value} is no finite number")
        if not given["trace_id"] and not given["session_id"]:
            given["trace_id"] = current_trace()
        self._put({"id": self._ids.uuid7()} | {name: held for name, held in given.items() if held not in ("", None)})

    def _put(self, score: dict[str, Any]) -> None:
        verb = "feedback" if score["name"] == "feedback" else "score"
        if self._outbox is None:
            log.warning("genyard.%s: call genyard.init first", verb)
        elif "trace_id" not in score and "session_id" not in score:
            log.warning(
                "genyard.%s: there is no current trace: call it within a function with @genyard.observe, or give a"
                " trace_id (genyard.current_trace() told it there) or a session_id",
                verb,
            )
        else:
            self._outbox.put(score)

    def flush(self, timeout_s: float = 10.0) -> Sent:
        """Wait until what was recorded so far is sent or given up, and return the counts since ``init``."""
        quiet(self._flush)(timeout_s)
        return self._tally.now()

    def _flush(self, timeout_s: float) -> None:
        until_s = time.monotonic() + timeout_s
        if self._spans is not None:
            self._spans.force_flush(int(timeout_s * 1000))
        if self._outbox is not None:
            self._outbox.flush(max(0.0, until_s - time.monotonic()))

    def close(self) -> None:
        """Send what waits, for five seconds at most, and stop."""
        until_s = time.monotonic() + _AT_EXIT_S
        if self._spans is not None:
            self._spans.shutdown()
        if self._outbox is not None:
            self._outbox.close(max(0.0, until_s - time.monotonic()))


def _client(url: str, key: str, project: str) -> Client:
    client = Client(url, key=key, timeout_s=10)
    client.project = project or client.get("/api/me")["project"] or client.project
    return client


def current_trace() -> str:
    """Return the id of the trace that is current here, for a judgement that comes later; empty where there is none."""
    try:
        from opentelemetry import trace
    except ImportError:
        return ""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


HOST = Host()
init = HOST.init
score = HOST.score
feedback = HOST.feedback
flush = HOST.flush
