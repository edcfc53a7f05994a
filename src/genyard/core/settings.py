"""Every setting of Genyard in one table. ``genyard settings`` and ``docs/settings.md`` are made from it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from genyard.core.errors import InvalidInput

Parsed = str | int | float | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table."""

    name: str
    variable: str
    default: str
    """As it would be written in the environment. Empty means not set."""
    type: Literal["text", "integer", "number", "path", "secret"]
    sentence: str


def _row(
    name: str, default: str, type_: Literal["text", "integer", "number", "path", "secret"], sentence: str
) -> Setting:
    return Setting(name=name, variable=f"GENYARD_{name.upper()}", default=default, type=type_, sentence=sentence)


SETTINGS: tuple[Setting, ...] = (
    _row("home", "", "path", "The data folder; empty means .genyard beside the nearest genyard.yaml, else here."),
    _row("url", "", "text", "The server to speak to; empty means this home's own server, or none."),
    _row("key", "", "secret", "The key to speak to that server with."),
    _row("project", "", "text", "The project; empty means the one that genyard.yaml names, else default."),
    _row(
        "catalog_url", "", "secret", "The catalog's database, such as postgresql://…; empty means SQLite in the home."
    ),
    _row(
        "lake_url",
        "",
        "text",
        "Where the lake's tables lie, such as s3://bucket/lake; empty means a folder of the home.",
    ),
    _row("blobs_url", "", "text", "Where blobs live, such as s3://bucket/blobs; empty means a folder of the home."),
    _row(
        "host", "127.0.0.1", "text", "The address the server listens on; any but loopback needs a key from everybody."
    ),
    _row("port", "8321", "integer", "The port the server listens on; 0 takes a free one."),
    _row("grpc_port", "0", "integer", "The port for OTLP over gRPC, such as 4317; 0 means none."),
    _row("openai_base_url", "https://api.openai.com/v1", "text", "Where models named openai/… are asked."),
    _row(
        "openai_api_key", "", "secret", "The key for models named openai/…; OPENAI_API_KEY is read where this is empty."
    ),
    _row("request_timeout_s", "60", "number", "The deadline of one model call, retries included, in seconds."),
    _row(
        "max_retries", "3", "integer", "How often a model call is tried again after an overload or a lost connection."
    ),
    _row("eval_concurrency", "16", "integer", "How many cases of an evaluation are asked at once."),
    _row("max_body_mb", "64", "integer", "The largest request body the server reads, in MB."),
    _row("intake_processes", "2", "integer", "How many processes read the spans that applications send, at most."),
    _row("flush_rows", "8192", "integer", "How many rows the log gathers before they go to the lake."),
    _row("flush_age_s", "30", "number", "How long a row waits at most before it goes to the lake, in seconds."),
    _row("quota_gb", "50", "number", "The quota in the lake of a project that has none of its own, in GB; 0 is none."),
    _row("traceback", "", "text", "Anything shows the whole traceback of a fault of Genyard instead of one line."),
    _row("sql_timeout_s", "30", "number", "How long a query in SQL may take, in seconds."),
    _row("sql_memory_mb", "512", "integer", "How much memory the rows of a query in SQL may take, in MB."),
    _row(
        "sql_at_once",
        "4",
        "integer",
        "How many queries in SQL may run at once, half of them in one project; 0 refuses all.",
    ),
    _row("session_hours", "12", "number", "How long a browser stays signed in, in hours."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values in force. One field a row of ``SETTINGS``; an empty path is None."""

    home: Path | None
    url: str
    key: str
    project: str
    catalog_url: str
    lake_url: str
    blobs_url: str
    host: str
    port: int
    grpc_port: int
    openai_base_url: str
    openai_api_key: str
    request_timeout_s: float
    max_retries: int
    eval_concurrency: int
    max_body_mb: int
    intake_processes: int
    flush_rows: int
    flush_age_s: float
    quota_gb: float
    traceback: str
    sql_timeout_s: float
    sql_memory_mb: int
    sql_at_once: int
    session_hours: float


def read_settings(given: Mapping[str, str] | None = None, *, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read each setting: from ``given`` by name, else its environment variable, else its default.

    Raises InvalidInput, naming the variable, for a value of the wrong type.
    """
    fallback = {"openai_api_key": environment.get("OPENAI_API_KEY", "")}
    values: dict[str, Any] = {}
    for row in SETTINGS:
        text = (given or {}).get(row.name) or environment.get(row.variable) or fallback.get(row.name) or row.default
        values[row.name] = _parse(row, text)
    return Settings(**values)


def _parse(row: Setting, text: str) -> Parsed | None:
    if row.type == "path":
        return Path(text).expanduser() if text else None
    readers: dict[str, Callable[[str], Parsed]] = {"integer": int, "number": float}
    try:
        value = readers.get(row.type, str)(text)
    except ValueError as error:
        raise InvalidInput(
            f"{row.variable} is {text!r}, not a{'n' if row.type == 'integer' else ''} {row.type}"
        ) from error
    # So asked that NaN, which is below nothing, is refused too.
    if isinstance(value, int | float) and not value >= 0:
        raise InvalidInput(f"{row.variable} is {text}, not zero or more")
    return value
