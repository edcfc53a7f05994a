"""What the server and the limited process say to each other, in msgpack."""

from typing import Any, Literal

import msgspec


class Relation(msgspec.Struct, frozen=True):
    """What the process may see of one table. ``files`` are paths below the folder that it is started in."""

    table: str
    files: list[str]
    tail: list[bytes]
    """Arrow IPC streams. A column that a stream has not is null in each of its rows."""
    superseded: list[tuple[int, str]]
    """Arrival and id of each row that a later row replaces."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One statement, what it may see, and what it may use."""

    sql: str
    relations: list[Relation]
    rows: int
    size: int
    """Bytes of values in the answer, at most."""
    memory_mb: int
    cpu_s: int


class Found(msgspec.Struct, frozen=True, kw_only=True, tag="found"):
    """The rows of a statement. Values are JSON's; ``types`` are DuckDB's names of what they were."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    cut: Literal["", "rows", "size"]
    """The bound that was reached: there may be more rows."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """Why there are none. ``code`` is one of the error table."""

    code: Literal["invalid_input", "too_large", "corrupted"]
    message: str
    hint: str


Reply = Found | Refused
