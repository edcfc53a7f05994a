"""``genyard.yaml``: what a project consists of. ``manifest_model`` has its parts and their defaults."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from genyard.core.errors import InvalidInput
from genyard.core.escape import one_line
from genyard.core.nearest import did_you_mean
from genyard.develop.manifest_fields import Entry, Listed, Name, misfit
from genyard.develop.manifest_model import (
    DatasetEntry,
    EnvironmentEntry,
    GateEntry,
    MetricEntry,
    PromptEntry,
    RetrieveEntry,
    SystemEntry,
)
from genyard.develop.yaml_text import load_yaml

_GATED = "prod"


class Manifest(Entry):
    """The whole file."""

    project: Name
    systems: dict[Name, SystemEntry] = Field(min_length=1)
    datasets: dict[Name, DatasetEntry] = {}
    metrics: Annotated[tuple[MetricEntry, ...], Listed] = ()
    gates: Annotated[tuple[GateEntry, ...], Listed] = ()
    environments: dict[Name, EnvironmentEntry] = {
        "staging": EnvironmentEntry(gated=False),
        _GATED: EnvironmentEntry(gated=True),
    }
    """Of those that the file names, ``prod`` is always gated, and the others are where they say so."""

    @classmethod
    def expanded(cls, value: object) -> object:
        """Return the manifest with what each environment leaves out."""
        if not isinstance(value, Mapping) or not isinstance(value.get("environments"), Mapping):
            return value
        environments = {
            name: {"gated": name == _GATED} | dict(one)
            if isinstance(one, Mapping)
            else one or {"gated": name == _GATED}
            for name, one in value["environments"].items()
        }
        return dict(value) | {"environments": environments}

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        if _GATED in self.environments and not self.environments[_GATED].gated:
            raise misfit(
                f"environments.{_GATED}: it is always gated", hint="deploy ungated to an environment of another name"
            )
        names = [one.name for one in self.metrics]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise misfit(f"metrics: two have the name {twice!r}", hint="give one of them another name")
        for at, gate in enumerate(self.gates):
            _check(f"gates[{at}].metric", "metric", [gate.metric], names)
            _check(f"gates[{at}].on", "dataset", [gate.on], self.datasets)
            _check(f"gates[{at}].systems", "system", gate.systems, self.systems)
            against = [gate.not_worse_than] if gate.not_worse_than else []
            _check(f"gates[{at}].not_worse_than", "environment", against, self.environments)
        return self


def parse_manifest(text: str, *, path: str = "genyard.yaml") -> Manifest:
    """Read a manifest. Raises InvalidInput with file, place and the nearest known word; TooLarge over 1 MB."""
    value = load_yaml(text, path=path)
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{path} is not a mapping of names and values", hint="start it with project: NAME")
    try:
        return Manifest.model_validate(value)
    except ValidationError as error:
        raise _invalid(error, path) from error


def files_needed(manifest: Manifest) -> list[str]:
    """Return the paths and patterns of the files that the manifest names, each once, in order."""
    found: set[str] = set()
    for system in manifest.systems.values():
        for step in system.expanded_steps():
            found.add(_file_of(step))
    for dataset in manifest.datasets.values():
        found.add(dataset.path)
        if isinstance(dataset.row_schema, str):
            found.add(dataset.row_schema)
    return sorted(found)


def _file_of(step: RetrieveEntry | PromptEntry) -> str:
    return step.file if isinstance(step, PromptEntry) else step.corpus


def _check(place: str, what: str, named: Iterable[str], known: Iterable[str]) -> None:
    words = list(known)
    for one in named:
        if one not in words:
            raise misfit(f"{place}: no {what} is named {one!r}", hint=did_you_mean(one, words))


def _invalid(error: ValidationError, path: str) -> InvalidInput:
    """Return the first problem as one line: file, place, what is wrong."""
    first = error.errors(include_url=False)[0]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    place = _place(first["loc"])
    message = f"{path}: {place}: {_message(first)}" if place else f"{path}: {_message(first)}"
    return InvalidInput(f"{one_line(message, limit=400)}{more}", hint=str(first.get("ctx", {}).get("hint", "")))


def _place(location: tuple[int | str, ...]) -> str:
    # Of a key that is wrong itself, pydantic says "[key]" after it; a branch of a union is no key of the file.
    words = [one for one in location if one != "[key]" and not str(one).startswith(("function-", "dict[", "nullable"))]
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in words).removeprefix(".")


def _message(problem: ErrorDetails) -> str:
    if problem["type"] == "misfit":
        return problem["msg"]
    if problem["type"] == "missing":
        return "missing"
    said = problem["msg"].removeprefix("Input ").removeprefix("should be ")
    given = problem["input"]
    shown = f", not {given!r}" if isinstance(given, str | int | float | bool) else ", not what is there"
    return f"it should be {said}{shown}"
