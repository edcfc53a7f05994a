"""The bodies of requests: a key that nobody knows is refused, not passed over, and no value is made to fit.

Passed over, a misspelt ``scopes`` would make a key that may do everything its maker may. Made to fit, ``"days": true``
would be a key for one day.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from genyard.core.errors import InvalidInput
from genyard.core.escape import one_line
from genyard.core.nearest import did_you_mean


class Body(BaseModel):
    """What a request says, by known names only and in the types that are asked for."""

    model_config = ConfigDict(strict=True)

    @model_validator(mode="before")
    @classmethod
    def _known_only(cls, value: Any) -> Any:
        unknown = [key for key in value if key not in cls.model_fields] if isinstance(value, dict) else []
        if unknown:
            hint = did_you_mean(unknown[0], cls.model_fields)
            raise InvalidInput(f"the body: unknown key {one_line(repr(unknown[0]))}", hint=hint)
        return value
