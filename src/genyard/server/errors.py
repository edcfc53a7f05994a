"""Errors as answers: one body for every route, with the status of the error table."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from genyard.core.errors import OUTCOMES, GenyardError, InvalidInput, NotFound, Overloaded, ProviderOverloaded
from genyard.core.escape import one_line

Show = Callable[[Request, GenyardError], Response]
"""Shows an error to whoever asked: as JSON to a program, as a page to a person."""

_PARTS = frozenset({"body", "path", "query", "header", "cookie"})
"""Where a value of a request may stand."""
_TRACE_ID = "it is 6 to 32 of the digits 0-9 and a-f; genyard traces lists them"

_log = logging.getLogger("genyard.server")


def error_body(error: GenyardError) -> dict[str, dict[str, str]]:
    """Return what a client is told. ``message`` and ``code`` also stand where OpenAI's clients look for them."""
    return {"error": {"code": error.code, "hint": error.hint, "message": error.message, "type": error.code}}


def error_bytes(error: GenyardError) -> bytes:
    """Return the body as JSON text."""
    return msgspec.json.encode(error_body(error))


def answer_error(error: GenyardError) -> JSONResponse:
    """Return the answer for an error."""
    headers = {}
    if isinstance(error, Overloaded | ProviderOverloaded) and error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    return JSONResponse(error_body(error), status_code=OUTCOMES[error.code].http_status, headers=headers)


def install(api: FastAPI, show: Show) -> None:
    """Answer every error of ``api`` by ``show``; what was not expected is logged and told without its insides."""

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, GenyardError)
        return show(request, error)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return show(request, _misfit(error.errors()[0]))

    async def missing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if isinstance(error.__cause__, GenyardError):
            return show(request, error.__cause__)  # FastAPI makes 400 of whatever ends the reading of a body
        if error.status_code == 404:
            return show(request, NotFound("there is nothing at this address", hint="see /openapi.json for the API"))
        kind = InvalidInput if error.status_code < 500 else GenyardError
        body = error_body(kind(str(error.detail)))
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)

    async def unexpected(request: Request, error: Exception) -> Response:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return show(request, GenyardError("the server failed; its log says why"))

    api.add_exception_handler(GenyardError, known)
    api.add_exception_handler(RequestValidationError, invalid)
    api.add_exception_handler(HTTPException, missing)
    api.add_exception_handler(Exception, unexpected)


def _misfit(first: Mapping[str, Any]) -> InvalidInput:
    """Return what does not fit in plain words: where it stands, what it should be, what it is."""
    at = [str(one) for one in first["loc"]]
    at = at[1:] if at[:1] and at[0] in _PARTS else at
    place, given = ".".join(at), first.get("input")
    if first["type"] == "missing":
        return InvalidInput(one_line(f"{place or 'the body'}: it is missing"))
    if first["type"] == "string_pattern_mismatch" and at[:1] and at[0].startswith("trace"):
        return InvalidInput(f"{str(given)[:80]!r} is no trace id", hint=_TRACE_ID)
    said = str(first["msg"]).removeprefix("Input ").removeprefix("String ").removeprefix("should ")
    shown = f", not {given!r}" if isinstance(given, str | int | float | bool) else ""
    return InvalidInput(one_line(f"{place or 'the body'}: it should {said}{shown}"))
