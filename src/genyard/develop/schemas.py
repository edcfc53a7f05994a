"""JSON Schemas that users write, for rows and for a prompt's variables."""

from dataclasses import dataclass

import jsonschema_rs

from genyard.core.canonical import Json, JsonObject
from genyard.core.errors import InvalidInput
from genyard.core.escape import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Where a value does not fit, such as ``inputs.question``, and why."""

    field: str
    message: str


class Schema:
    """A schema made ready. It reads no other file and no network: a ``$ref`` must stay inside it.

    Patterns run in an engine of linear time, so that none can hold the server up.
    """

    def __init__(self, schema: JsonObject | bool, *, where: str) -> None:
        """``where`` names the schema in messages. Raises InvalidInput when it is not a JSON Schema."""
        try:
            self._validator = jsonschema_rs.validator_for(
                dict(schema) if not isinstance(schema, bool) else schema,
                pattern_options=jsonschema_rs.RegexOptions(),
                offline=True,
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError) as error:
            reason = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
            raise InvalidInput(f"{where} is not a JSON Schema: {one_line(reason)}") from error

    def problem(self, value: Json) -> Problem | None:
        """Return the first thing that does not fit, or None."""
        for error in self._validator.iter_errors(value):
            return Problem(field=_place(error.instance_path), message=one_line(error.message))
        return None


def _place(path: list[str | int]) -> str:
    parts = (f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
    return "".join(parts).removeprefix(".")
