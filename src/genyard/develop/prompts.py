"""Prompts, from Markdown files with YAML front matter and a Jinja2 body::

    ---
    name: answer
    description: Answers from the passages found.
    variables:
      question: {type: string}
      passages: {type: array}
    ---
    --- system ---
    Answer from the passages only.
    --- user ---
    {% for passage in passages %}
    [{{ loop.index }}] {{ passage.text }}
    {% endfor %}
    Question: {{ question }}

A line ``--- role ---`` starts a message; a body without one is a single message of the user. The roles are cut
before anything is rendered, so that no value can start a message. Each message is a template of its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal, get_args

from genyard.core.canonical import Json, JsonObject
from genyard.core.errors import Corrupted, InvalidInput
from genyard.core.nearest import did_you_mean
from genyard.core.records import Artifact
from genyard.core.refs import check_name
from genyard.develop.schemas import Schema
from genyard.develop.templates import Template, without_comments
from genyard.develop.yaml_text import load_yaml
from genyard.discover.chat import Message

PromptRole = Literal["system", "developer", "user", "assistant"]
ROLES: tuple[PromptRole, ...] = get_args(PromptRole)

VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
"""The name of a variable, of an input and of a step's output."""

_ROLE_LINE = re.compile(r"^---[ \t]+([A-Za-z]+)[ \t]+---[ \t]*$", re.MULTILINE)
_KEYS = ("description", "name", "variables")
_TYPES = ("array", "boolean", "integer", "number", "object", "string")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMessage:
    """One message before it is rendered."""

    role: PromptRole
    template: str


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A prompt made ready: its templates are checked, and use exactly the variables it declares."""

    messages: tuple[PromptMessage, ...]
    variables: Mapping[str, JsonObject]
    """A JSON Schema by name. One with a ``default`` may be left out when rendering."""
    name: str = ""
    description: str = ""
    path: str = "the prompt"

    def __post_init__(self) -> None:
        used = frozenset[str]().union(*(template.variables for template in self._templates))
        for name in sorted(used - set(self.variables)):
            raise InvalidInput(
                f"{self.path}: {name!r} is used, but the front matter does not declare it",
                hint=did_you_mean(name, self.variables),
            )
        for name in sorted(set(self.variables) - used):
            raise InvalidInput(
                f"{self.path}: the variable {name!r} is declared, but no message uses it",
                hint=f"write {{{{ {name} }}}} where it belongs, or take it out of the front matter",
            )
        assert self._schemas is not None  # a schema that is none is told now, not at the first answer

    def artifact(self) -> Artifact:
        """Return the artifact: messages and variables. Name and description do not change what a model is told."""
        messages: list[Json] = [{"role": one.role, "template": one.template} for one in self.messages]
        return Artifact(kind="prompt", body={"messages": messages, "variables": dict(self.variables)})

    @staticmethod
    def of(artifact: Artifact, *, name: str = "") -> "Prompt":
        """Read a prompt back. Raises Corrupted when the artifact is no prompt."""
        messages, variables = artifact.body.get("messages"), artifact.body.get("variables")
        if artifact.kind != "prompt" or not isinstance(messages, Sequence) or not isinstance(variables, Mapping):
            raise Corrupted(f"{artifact.digest} is not a prompt")
        return Prompt(
            messages=tuple(_message(one) for one in messages),
            variables={key: _object(schema) for key, schema in variables.items()},
            name=name,
            path=f"prompt/{name}" if name else f"the prompt {artifact.digest}",
        )

    @cached_property
    def _templates(self) -> tuple[Template, ...]:
        return tuple(Template(one.template, where=self.path) for one in self.messages)

    @cached_property
    def _schemas(self) -> Mapping[str, Schema]:
        return {
            name: Schema(schema, where=f"{self.path}: the schema of {name!r}")
            for name, schema in self.variables.items()
        }


def parse_prompt(text: str, *, path: str) -> Prompt:
    """Read a prompt file. Raises InvalidInput, naming file and place, for one that does not fit."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front, body, line = _front_matter(text, path)
    for key in front:
        if key not in _KEYS:
            raise InvalidInput(f"{path}: {key!r} is not a key of a prompt", hint=did_you_mean(key, _KEYS))
    name = front.get("name", PurePosixPath(path).stem)
    description = front.get("description", "")
    if not isinstance(name, str) or not isinstance(description, str):
        raise InvalidInput(f"{path}: name and description are texts")
    return Prompt(
        messages=_messages(body, path, line),
        variables=_variables(front.get("variables"), path),
        name=check_name(name, "prompt's name"),
        description=description,
        path=path,
    )


def render(prompt: Prompt, variables: Mapping[str, Json]) -> tuple[Message, ...]:
    """Return the messages for a model; white space around each is dropped, and so is a message left empty.

    Raises InvalidInput, naming the variable, for one that is missing, unknown or does not fit its schema, and
    TooLarge over the bounds of ``templates``.
    """
    values = _values(prompt, variables)
    rendered = (template.render(values).strip() for template in prompt._templates)
    messages = tuple(
        Message(role=one.role, content=text) for one, text in zip(prompt.messages, rendered, strict=True) if text
    )
    if not messages:
        raise InvalidInput(f"{prompt.path}: every message is empty with these values")
    return messages


def _values(prompt: Prompt, given: Mapping[str, Json]) -> dict[str, Json]:
    for name in given:
        if name not in prompt.variables:
            raise InvalidInput(f"{prompt.path} has no variable {name!r}", hint=did_you_mean(name, prompt.variables))
    values: dict[str, Json] = {}
    for name, schema in prompt.variables.items():
        if name not in given and "default" not in schema:
            raise InvalidInput(f"{prompt.path} needs the variable {name!r}, which is missing")
        values[name] = given[name] if name in given else schema["default"]
        problem = prompt._schemas[name].problem(values[name])
        if problem:
            place = f"{name}{'' if problem.field.startswith('[') or not problem.field else '.'}{problem.field}"
            raise InvalidInput(f"{prompt.path}: {place}: {problem.message}")
    return values


def _front_matter(text: str, path: str) -> tuple[JsonObject, str, int]:
    """Return the front matter, the body and the line on which the body starts."""
    if not re.match(r"---[ \t]*\n", text):
        return {}, text, 1
    end = re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE).search(text, text.index("\n") + 1)
    if end is None:
        raise InvalidInput(f"{path}: the front matter has no end", hint="close it with a line that holds only ---")
    front = load_yaml(text[text.index("\n") + 1 : end.start()], path=path, first_line=2)
    if front is not None and not isinstance(front, Mapping):
        raise InvalidInput(f"{path}: the front matter is not a mapping of names and values")
    return front or {}, text[end.end() :], text.count("\n", 0, end.end()) + 1


def _messages(body: str, path: str, line: int) -> tuple[PromptMessage, ...]:
    marks = list(_ROLE_LINE.finditer(body))
    if not marks:
        return (_cut("user", body, path, line),)
    if without_comments(body[: marks[0].start()]).strip():
        raise InvalidInput(f"{path}, line {line}: text stands before the first role", hint="move it under a role")
    ends = [*(mark.start() for mark in marks[1:]), len(body)]
    return tuple(
        _cut(_role(mark[1], path), body[mark.end() : end], path, line + body.count("\n", 0, mark.end()))
        for mark, end in zip(marks, ends, strict=True)
    )


def _role(word: str, path: str) -> PromptRole:
    for role in ROLES:
        if word == role:
            return role
    raise InvalidInput(f"{path}: {word!r} is not a role", hint=did_you_mean(word, ROLES))


def _cut(role: PromptRole, template: str, path: str, line: int) -> PromptMessage:
    Template(template, where=path, first_line=line)  # here, a mistake is still told with the file's own line
    bare = without_comments(template).strip()
    if not bare:
        raise InvalidInput(f"{path}, line {line}: the {role} message is empty")
    return PromptMessage(role=role, template=bare)


def _variables(declared: Json, path: str) -> dict[str, JsonObject]:
    if declared is None:
        return {}
    if not isinstance(declared, Mapping):
        raise InvalidInput(f"{path}: variables: not a mapping of names and schemas", hint="write question: string")
    for name in declared:
        if not VARIABLE.fullmatch(name):
            raise InvalidInput(f"{path}: {name!r} is not a variable's name", hint="use letters, digits and _")
    return {name: _schema(name, schema, path) for name, schema in sorted(declared.items())}


def _schema(name: str, schema: Json, path: str) -> JsonObject:
    if isinstance(schema, Mapping):
        return schema
    if isinstance(schema, str) and schema in _TYPES:
        return {"type": schema}
    hint = did_you_mean(schema, _TYPES) if isinstance(schema, str) else "write string, or a JSON Schema"
    raise InvalidInput(f"{path}: the variable {name!r} has no type {schema!r:.60}", hint=hint)


def _message(body: Json) -> PromptMessage:
    found = _object(body)
    return PromptMessage(role=_role(str(found["role"]), "the prompt"), template=str(found["template"]))


def _object(value: Json) -> JsonObject:
    if not isinstance(value, Mapping):
        raise Corrupted("the prompt holds something else than an object")
    return value
