"""The limited process: one request on standard input, one reply on standard output, then it ends.

It is started with ``python -I``, without an environment, in the folder that holds the files. ``docs/design/sql.md``
says what each of its walls stops.
"""

import json
import os
import sys

import duckdb
import msgspec

from genyard.core.errors import Corrupted, InvalidInput, TooLarge
from genyard.core.escape import one_line
from genyard.store.limited.answers import Failed, answer
from genyard.store.limited.confine import limit_resources, read_only
from genyard.store.limited.messages import Refused, Reply, Request
from genyard.store.limited.statement import check_statement, place
from genyard.store.limited.tables import open_tables

_MESSAGE = 400
_TRY_AGAIN = "try again; where it stays so, restore the file from a copy of the home"
_NO_MEMORY = Refused(
    code="too_large", message="the query needs too much memory", hint="ask for fewer days, columns or groups"
)


def main() -> None:
    """Answer the one request."""
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request)
    sys.stdout.buffer.write(msgspec.msgpack.encode(reply_to(request)))
    sys.stdout.buffer.flush()
    os._exit(0)  # at once: to free the rows one by one would take longer than to read them


def reply_to(request: Request) -> Reply:
    """Confine this process, then run the statement."""
    limit_resources(memory_mb=request.memory_mb, cpu_s=request.cpu_s)
    try:
        read_only([path for one in request.relations for path in one.files])
        connection = _opened(request)
        select = check_statement(connection, request.sql)
        return answer(connection, select, rows=request.rows, size=request.size)
    except TooLarge as error:
        return Refused(code="too_large", message=error.message, hint=error.hint)
    except InvalidInput as error:
        return Refused(code="invalid_input", message=error.message, hint=error.hint)
    except Failed as failed:
        return _refusal(failed.error, request.sql, shift=failed.shift)
    except duckdb.Error as error:
        return _refusal(error, request.sql)
    except MemoryError:
        return _NO_MEMORY
    except Corrupted as error:
        return Refused(code="corrupted", message=error.message, hint=error.hint)
    except FileNotFoundError as error:
        return Refused(code="corrupted", message=f"the lake has no file {error.filename}", hint=_TRY_AGAIN)


def _opened(request: Request) -> duckdb.DuckDBPyConnection:
    try:
        return open_tables(request.relations, memory_mb=request.memory_mb)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise Corrupted(f"the lake cannot be read: {_told(error)[0]}", hint=_TRY_AGAIN) from error


def _refusal(error: duckdb.Error, sql: str, *, shift: int = 0) -> Refused:
    if isinstance(error, duckdb.OutOfMemoryException):
        return _NO_MEMORY
    message, at = _told(error)
    if isinstance(error, duckdb.IOException):
        return Refused(code="corrupted", message=f"the lake cannot be read: {message}", hint=_TRY_AGAIN)
    return Refused(code="invalid_input", message=message + place(sql, at - shift), hint="")


def _told(error: duckdb.Error) -> tuple[str, int]:
    """Return what DuckDB says, and the byte of the statement that it is about, -1 where it says none."""
    kind, _, rest = str(error).partition(": ")
    try:
        said = json.loads(rest)
        return one_line(f"{kind}: {said['exception_message']}", limit=_MESSAGE), int(said.get("position", -1))
    except (ValueError, KeyError, TypeError):
        return one_line(str(error), limit=_MESSAGE), -1


if __name__ == "__main__":
    main()
