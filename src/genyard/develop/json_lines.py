"""JSON Lines: one JSON object a line, in UTF-8. What JSON leaves open is refused, as canonical JSON does."""

import json
from collections.abc import Iterator

from genyard.core.canonical import Json, JsonObject
from genyard.core.errors import InvalidInput, TooLarge

MAX_LINE_BYTES = 1024 * 1024


def objects(content: bytes, *, path: str) -> Iterator[tuple[int, JsonObject]]:
    """Yield line numbers, counted from 1, and objects; empty lines are passed over.

    Raises InvalidInput, naming file and line, for a line that is not one JSON object in UTF-8, and TooLarge for a
    line over 1 MB.
    """
    # Only a line feed ends a line: text may hold U+2028 and other ends of line that Python's splitlines knows.
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if len(line) > MAX_LINE_BYTES:
            raise TooLarge(f"{path}, row {number}: {len(line)} bytes are over the bound of {MAX_LINE_BYTES}")
        if line.strip():
            yield number, _object(line, f"{path}, row {number}")


def _object(line: bytes, where: str) -> JsonObject:
    try:
        value = json.loads(line.decode(), object_pairs_hook=_pairs, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: byte {error.start} is not UTF-8", hint="save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{where}: not JSON: {error.msg} at column {error.colno}") from error
    except ValueError as error:
        raise InvalidInput(f"{where}: not JSON: {error}") from error
    except RecursionError as error:
        raise InvalidInput(f"{where}: nested too deeply") from error
    if not isinstance(value, dict):
        raise InvalidInput(f"{where}: not a JSON object", hint='write {"inputs": {…}, "expected": {…}}')
    return value


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return found


def _no_constant(word: str) -> Json:
    raise ValueError(f"{word} is no JSON value")
