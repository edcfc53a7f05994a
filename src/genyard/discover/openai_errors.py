"""What a provider's refusal means: which error it is, in words that give no key away."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import msgspec

from genyard.core.canonical import Json
from genyard.core.errors import ProviderBroken, ProviderError, ProviderOverloaded, ProviderRejected
from genyard.core.escape import one_line

MESSAGE_LIMIT = 300
_LATER = frozenset({408, 409, 425, 429})
_LATER_WORDS = ("rate_limit", "overloaded", "server_error", "internal_error", "unavailable", "timeout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the error object of a body says."""

    message: str
    """One line, bounded, without the key. Empty when the body is a page or nothing."""
    words: str
    """Its type and code."""
    status: int | None
    """Its code, where that is a number."""


def refusal(
    status: int, headers: Mapping[str, str], content: bytes, *, host: str, key: str, hint: str, now_ns: int
) -> ProviderError:
    """Return the error for an answer whose status is not 2xx. ``hint`` says how to mend a refused key."""
    told = _told(_error_object(_parsed(content)), content, key=key)
    said = f": {told.message}" if told.message else ""
    if status in (401, 403):
        return ProviderRejected(f"{host} refused the key ({status}){said}", hint=hint)
    if "insufficient_quota" in told.words:
        return ProviderRejected(f"{host} says that the account has no quota left ({status}){said}")
    if status in _LATER or status >= 500:
        wait_s = retry_after_s(headers, now_ns=now_ns)
        return ProviderOverloaded(f"{host} is overloaded or failing ({status}){said}", retry_after_s=wait_s)
    if status >= 400:
        return ProviderRejected(f"{host} rejected the request ({status}){said}")
    return ProviderBroken(f"{host} answered with status {status}", hint="set the base URL that it redirects to")


def refusal_in_stream(content: str, *, host: str, key: str) -> ProviderError | None:
    """Return the error that the data of an event holds, or None when it holds none."""
    if '"error"' not in content:
        return None
    body = _parsed(content.encode("utf-8", "replace"))
    if not isinstance(body, dict) or not body.get("error"):
        return None
    told = _told(_error_object(body), b"", key=key)
    message = f"{host} broke the stream off" + (f": {told.message}" if told.message else "")
    if told.status == 429 or (told.status or 0) >= 500 or any(word in told.words for word in _LATER_WORDS):
        return ProviderOverloaded(message)
    if told.status is not None or "invalid_request" in told.words:
        return ProviderRejected(message)
    return ProviderBroken(message)


def retry_after_s(headers: Mapping[str, str], *, now_ns: int) -> float | None:
    """Return the seconds that a Retry-After header asks for (a number, or an HTTP date), or None without one."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        return _until(text, now_ns=now_ns)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(text: str, *, now_ns: int) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date without a zone is meant in GMT (RFC 9110, section 5.6.7).
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(0.0, moment.timestamp() - now_ns / 1e9)


def _parsed(content: bytes) -> Json:
    try:
        body: Json = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # Google's servers of this format wrap the object in a list.
    return body[0] if isinstance(body, list) and body else body


def _error_object(body: Json) -> Mapping[str, Json]:
    if not isinstance(body, dict):
        return {}
    found = body.get("error") or body
    return found if isinstance(found, dict) else {"message": found}


def _told(found: Mapping[str, Json], content: bytes, *, key: str) -> Told:
    message = found.get("message")
    text = message if isinstance(message, str) else content.decode("utf-8", "replace")
    is_page = text.lstrip().startswith("<")
    # The key goes before the cut, which could otherwise leave half of it.
    text = "" if is_page else one_line(text.replace(key, "[key]") if key else text, limit=MESSAGE_LIMIT)
    code = str(found.get("code") or "")
    return Told(
        message=text,
        words=f"{found.get('type') or ''} {code}".lower(),
        status=int(code) if code.isascii() and code.isdigit() and len(code) == 3 else None,
    )
