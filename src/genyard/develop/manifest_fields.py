"""The kinds of text that ``genyard.yaml`` holds, and the strict record that its parts are."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from genyard.core.errors import InvalidInput
from genyard.core.nearest import did_you_mean
from genyard.core.refs import check_name
from genyard.develop.prompts import VARIABLE
from genyard.discover.providers import parse_model


def misfit(message: str, *, hint: str = "") -> PydanticCustomError:
    """Return the error that a validator raises; ``manifest`` turns it into InvalidInput with the place."""
    return PydanticCustomError("misfit", "{message}", {"message": message, "hint": hint})


def misfit_of(error: InvalidInput) -> PydanticCustomError:
    return misfit(error.message, hint=error.hint)


def _name(text: str) -> str:
    try:
        return check_name(text)
    except InvalidInput as error:
        raise misfit_of(error) from error


def _variable(text: str) -> str:
    if not VARIABLE.fullmatch(text):
        raise misfit(f"{text!r} is not a variable's name", hint="use letters, digits and _")
    return text


def _pattern(text: str) -> str:
    outside = text.startswith(("/", "~")) or ".." in PurePosixPath(text).parts
    if not text or outside or "\\" in text or ":" in text or not text.isprintable():
        raise misfit(
            f"{text!r} is not a path inside the project",
            hint="write it relative to genyard.yaml, with / and without ..",
        )
    return PurePosixPath(text).as_posix()  # ./prompts//answer.md is prompts/answer.md


def _path(text: str) -> str:
    if set(text) & set("*?["):
        raise misfit(f"{text!r} is a pattern, where one file is meant")
    return _pattern(text)


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _model(text: str) -> str:
    try:
        parse_model(text)
    except InvalidInput as error:
        raise misfit_of(error) from error
    return text


Name = Annotated[str, AfterValidator(_name)]
Variable = Annotated[str, AfterValidator(_variable)]
FilePath = Annotated[str, AfterValidator(_path)]
"""One file, relative to the folder of genyard.yaml and inside it."""
FilePattern = Annotated[str, AfterValidator(_pattern)]
"""Files, such as ``handbook/**/*.md``."""
ModelName = Annotated[str, AfterValidator(_model)]
Listed = BeforeValidator(_tuple)
"""A list of the file becomes a tuple, which a strict record does not do by itself."""


class Entry(BaseModel):
    """A part of the manifest. It takes its own keys only, and names the nearest one to a key it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    @classmethod
    def expanded(cls, value: object) -> object:
        """Return the long form of what may be written shorter."""
        return value

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, written: object) -> object:
        value = cls.expanded(written)
        keys = [field.alias or name for name, field in cls.model_fields.items()]
        for key in value if isinstance(value, Mapping) else ():
            if key not in keys:
                raise misfit(f"unknown key {key!r}", hint=did_you_mean(str(key), keys))
        return value
