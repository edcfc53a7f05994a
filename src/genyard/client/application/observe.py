"""``@genyard.observe``: a function's calls as spans, with what went in and what came out."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, TypeVar, cast, overload

import msgspec

from genyard.client.application.quiet import quiet

F = TypeVar("F", bound=Callable[..., Any])
Operation = Literal[
    "step", "chain", "workflow", "invoke_agent", "execute_tool", "retrieval", "guardrail", "evaluate", "plan", "chat"
]

_NAMED = {"execute_tool": "gen_ai.tool.name", "invoke_agent": "gen_ai.agent.name"}
"""Operations whose span says what ran in an attribute of its own."""
_LONGEST = 32_768
"""Characters of an input or output that are sent."""


@overload
def observe(function: F, /) -> F: ...
@overload
def observe(*, name: str = "", operation: Operation = "step", capture: bool = True) -> Callable[[F], F]: ...
def observe(
    function: F | None = None, /, *, name: str = "", operation: Operation = "step", capture: bool = True
) -> F | Callable[[F], F]:
    """Write down each call of a function as a span: plain, ``async``, and generators of both kinds.

    ``capture`` False leaves arguments and result out. What the function raises is written down and raised on.
    """

    def observed(given: F) -> F:
        spans = _Spans(given, name or given.__qualname__.replace(".<locals>", ""), operation, capture)
        return cast("F", functools.wraps(given)(_kind_of(given)(given, spans)))

    return observed if function is None else observed(function)


class _Call:
    """One call and its span, which is None where OpenTelemetry is not installed."""

    def __init__(self, span: Any, capture: bool) -> None:
        self._span = span
        self._capture = capture

    def inside(self) -> AbstractContextManager[Any]:
        """Return the span as the current one for as long as a block lasts; an error ends it."""
        if self._span is None:
            return nullcontext()
        from opentelemetry.trace import use_span

        return use_span(self._span, end_on_exit=False)

    def write(self, name: str, value: Callable[[], Any]) -> None:
        if self._capture and self._span is not None and self._span.is_recording():
            quiet(lambda: self._span.set_attribute(name, _text(value())))()

    def end(self) -> None:
        if self._span is not None:
            self._span.end()


class _Spans:
    """Starts the span of a call of one function."""

    def __init__(self, function: Callable[..., Any], name: str, operation: str, capture: bool) -> None:
        self._name = name
        self._operation = operation
        self._capture = capture
        self._signature = inspect.signature(function)

    def start(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> _Call:
        tracer = _tracer()
        attributes = {"gen_ai.operation.name": self._operation}
        if self._operation in _NAMED:
            attributes[_NAMED[self._operation]] = self._name
        call = _Call(tracer.start_span(self._name, attributes=attributes) if tracer else None, self._capture)
        call.write("genyard.input", lambda: self._arguments(args, kwargs))
        return call

    def _arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        bound = self._signature.bind(*args, **kwargs).arguments
        return {name: value for name, value in bound.items() if name not in ("self", "cls")}


def _kind_of(function: Callable[..., Any]) -> Callable[[Callable[..., Any], _Spans], Callable[..., Any]]:
    if inspect.isasyncgenfunction(function):
        return _async_generator
    if inspect.isgeneratorfunction(function):
        return _generator
    return _coroutine if inspect.iscoroutinefunction(function) else _plain


def _plain(function: Callable[..., Any], spans: _Spans) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> Any:
        call = spans.start(args, kwargs)
        try:
            with call.inside():
                result = function(*args, **kwargs)
            call.write("genyard.output", lambda: result)
            return result
        finally:
            call.end()

    return called


def _coroutine(function: Callable[..., Any], spans: _Spans) -> Callable[..., Any]:
    async def called(*args: Any, **kwargs: Any) -> Any:
        call = spans.start(args, kwargs)
        try:
            with call.inside():
                result = await function(*args, **kwargs)
            call.write("genyard.output", lambda: result)
            return result
        finally:
            call.end()

    return called


def _generator(function: Callable[..., Any], spans: _Spans) -> Callable[..., Any]:
    """The span is current only while the function runs: what the caller does between two items is not part of it."""

    def called(*args: Any, **kwargs: Any) -> Iterator[Any]:
        call, items = spans.start(args, kwargs), list[Any]()
        iterator = function(*args, **kwargs)
        try:
            while True:
                with call.inside():
                    item = next(iterator, _END)
                if item is _END:
                    break
                items.append(item)
                yield item
        finally:
            iterator.close()
            call.write("genyard.output", lambda: _joined(items))
            call.end()

    return called


def _async_generator(function: Callable[..., Any], spans: _Spans) -> Callable[..., Any]:
    async def called(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        call, items = spans.start(args, kwargs), list[Any]()
        iterator = function(*args, **kwargs)
        try:
            while True:
                with call.inside():
                    item = await anext(iterator, _END)
                if item is _END:
                    break
                items.append(item)
                yield item
        finally:
            await iterator.aclose()
            call.write("genyard.output", lambda: _joined(items))
            call.end()

    return called


_END = object()


def _tracer() -> Any:
    """Return OpenTelemetry's tracer, None where it is not installed."""
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace.get_tracer("genyard")


def _joined(items: list[Any]) -> Any:
    return "".join(items) if items and all(isinstance(item, str) for item in items) else items


def _text(value: Any) -> str:
    """Return a value as JSON text, cut; what JSON has no form for as its ``repr``."""
    text = msgspec.json.encode(value, enc_hook=repr).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
