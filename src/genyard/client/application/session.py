"""Which session and user the spans of a block belong to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_CURRENT: ContextVar[dict[str, Any]] = ContextVar("genyard_session")


@contextmanager
def session(session_id: str = "", *, user_id: str = "", tags: Sequence[str] = ()) -> Iterator[None]:
    """Mark every span that starts in the block, in this thread or task, with a session, a user and tags.

    Blocks may stand in one another: what an inner one does not name stays as the outer has it.
    """
    given = {"session.id": session_id, "user.id": user_id, "genyard.tags": list(tags)}
    token = _CURRENT.set(current() | {name: value for name, value in given.items() if value})
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current() -> dict[str, Any]:
    """Return the attributes of the session around."""
    return _CURRENT.get({})
