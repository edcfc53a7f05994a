"""The client of the HTTP API: JSON in and out, errors as the error tree. ``project`` has a method for each verb."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec

from genyard.core.errors import Cancelled, GenyardError, ProviderBroken, Unreachable, error_types
from genyard.core.refs import DEFAULT_PROJECT

Reply = dict[str, Any]

OnHeaders = Callable[[Mapping[str, str]], None]

_FINISHED = ("done", "failed", "cancelled")


def _ignore(_: object) -> None:
    pass


class Client:
    """Speaks to a Genyard server. ``project`` is the project of every call that belongs to one.

    Every method raises a GenyardError: the one that the server named, or Unreachable.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str,
        project: str = DEFAULT_PROJECT,
        transport: httpx2.BaseTransport | None = None,
        timeout_s: float = 120.0,
    ) -> None:
        self.url = url.rstrip("/")
        self.key = key
        self.project = project
        self._http = httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"},
            transport=transport,
            timeout=timeout_s,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; with the app in this process, stop the app."""
        self._http.close()

    def get(self, path: str, **query: object) -> Reply:
        """Read ``path`` of the API. Parameters that are None are left out."""
        return self._json("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """Ask for a change at ``path`` of the API."""
        return self._json("POST", path, json=body or {})

    def delete(self, path: str) -> Reply:
        """DELETE; raises as ``get``."""
        return self._json("DELETE", path)

    def put(self, path: str, content: bytes) -> Reply:
        """Send bytes to ``path`` of the API."""
        return self._json("PUT", path, content=content)

    def put_json(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Let what is at ``path`` of the API be ``body``."""
        return self._json("PUT", path, json=body)

    def of_project(self, *parts: str | int) -> str:
        """Return the path of something in this project, each part escaped."""
        return "/".join(["/api/projects", *(quote(str(part), safe="") for part in (self.project, *parts))])

    def lines(self, path: str, *, on_headers: OnHeaders = _ignore, **query: object) -> Iterator[str]:
        """Yield the lines of a long answer while it comes. Parameters that are None are left out."""
        asked = {name: value for name, value in query.items() if value is not None}
        with self._sent("GET", path, params=asked) as response:
            on_headers(response.headers)
            yield from response.iter_lines()

    def pieces(self, path: str, *, on_headers: OnHeaders = _ignore, **query: object) -> Iterator[bytes]:
        """Yield the bytes of a long answer while it comes. Parameters that are None are left out."""
        asked = {name: value for name, value in query.items() if value is not None}
        with self._sent("GET", path, params=asked) as response:
            on_headers(response.headers)
            yield from response.iter_bytes()

    def stream_answer(self, path: str, body: Mapping[str, Any]) -> Iterator[Reply]:
        """Yield the events of a streaming answer: pieces of text, then the whole answer."""
        with self._sent("POST", path, json=body) as response:
            for line in response.iter_lines():
                if line.startswith("data: "):
                    event: Reply = msgspec.json.decode(line[6:])
                    if "error" in event:
                        raise _error_of(event)
                    yield event

    def wait(self, job: str, *, on_progress: Callable[[Reply], None] = lambda _: None, poll_s: float = 0.25) -> Reply:
        """Wait for a job and return its result. Raises what the job failed with.

        The server holds each question until the job has ended or ``poll_s`` is over, so the end is heard at once.
        """
        while True:
            state = self.get(self.of_project("jobs", job), wait_s=poll_s)
            on_progress(state)
            if state["state"] in _FINISHED:
                return _result(state)

    def _json(self, method: str, path: str, **sent: Any) -> Reply:
        with self._sent(method, path, **sent) as response:
            response.read()
            try:
                reply: Reply = msgspec.json.decode(response.content)
            except msgspec.DecodeError as error:
                raise ProviderBroken(f"{self.url} did not answer as a Genyard server", hint="check the URL") from error
            return reply

    @contextmanager
    def _sent(self, method: str, path: str, **sent: Any) -> Iterator[httpx2.Response]:
        try:
            with self._http.stream(method, path, **sent) as response:
                if response.status_code >= 400:
                    response.read()
                    raise _refusal(self.url, response)
                yield response
        except httpx2.TimeoutException as error:
            raise Unreachable(f"{self.url} gave no answer in time", hint="try again, or look at the server") from error
        except httpx2.TransportError as error:
            hint = "start it with `genyard up`, or `genyard logout` to work without it"
            raise Unreachable(f"{self.url} cannot be reached", hint=hint) from error


def _refusal(url: str, response: httpx2.Response) -> GenyardError:
    try:
        return _error_of(msgspec.json.decode(response.content))
    except (msgspec.DecodeError, KeyError, TypeError):
        return Unreachable(f"{url} answered {response.status_code}", hint="is this a Genyard server?")


def _error_of(body: Reply) -> GenyardError:
    said = body["error"]
    kind = error_types().get(said["code"], GenyardError)
    return kind(said["message"], hint=said.get("hint", ""))


def _result(state: Reply) -> Reply:
    if state["state"] == "done":
        result: Reply = state["result"]
        return result
    if state["state"] == "cancelled":
        raise Cancelled(
            f"job {state['id']} was cancelled", hint=f"take it up again with: genyard jobs resume {state['id']}"
        )
    raise _error_of({"error": state["error"]})
