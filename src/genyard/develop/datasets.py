"""Datasets: rows of inputs and what is expected of the answer, from JSON Lines.

A row is ``{"id"?, "inputs": {…}, "expected"?: {…}, "source"?: "…", "tags"?: ["…"], "origin"?: {…}}``. ``source``
names what the row came from: rows of one source are not independent, and the statistics treat them as one cluster.
``origin`` is the provenance of a row that was made from a trace. A row that was erased is ``{"id", "erased": true}``.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from genyard.core.canonical import Json, JsonObject, canonical_json, read_canonical
from genyard.core.digest import Digest, digest_of_bytes, digest_of_json
from genyard.core.errors import Corrupted, InvalidInput, TooLarge
from genyard.core.nearest import did_you_mean
from genyard.core.records import Artifact, Reference
from genyard.develop.json_lines import objects
from genyard.develop.schemas import Schema

MAX_ROWS = 1_000_000
MAX_ID_LENGTH = 200
_KEYS = ("erased", "expected", "id", "inputs", "origin", "source", "tags")
_TRACE = re.compile(r"[0-9a-f]{32}")


class BlobSource(Protocol):
    """Where blobs are read from."""

    def get(self, digest: Digest) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. ``id`` is the user's own, or made of the inputs, so that mending what is expected keeps it."""

    id: str
    inputs: JsonObject
    expected: JsonObject = field(default_factory=dict)
    source: str = ""
    tags: tuple[str, ...] = ()
    origin: JsonObject = field(default_factory=dict)
    """Where it came from: ``trace``, ``span``, and what stood on them."""
    erased: bool = False
    """Only the id is left: what it was made of was erased."""

    def as_json(self) -> JsonObject:
        """Return the row with what it has, and without what it has not."""
        if self.erased:
            return {"erased": True, "id": self.id}
        optional: dict[str, Json] = {
            "expected": self.expected,
            "origin": self.origin,
            "source": self.source,
            "tags": list(self.tags),
        }
        needed: dict[str, Json] = {"id": self.id, "inputs": self.inputs}
        return needed | {key: value for key, value in optional.items() if value}

    @property
    def asked(self) -> str:
        """What it asks, for people: the question, else the inputs as JSON."""
        question = self.inputs.get("question")
        return question if isinstance(question, str) else canonical_json(self.inputs).decode()

    @property
    def cluster(self) -> str:
        """What the statistics group rows by: the source, else the row itself."""
        return self.source or self.id

    def content_digest(self) -> Digest:
        """Return the digest of all but the id."""
        return digest_of_json({key: value for key, value in self.as_json().items() if key != "id"})


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Rows under a name. ``rows`` stand as in the file, but their order is no part of the identity."""

    name: str
    rows: tuple[Row, ...]
    schema: JsonObject | None = None

    @property
    def cases(self) -> tuple[Row, ...]:
        """The rows that can be asked: all that were not erased."""
        return tuple(row for row in self.rows if not row.erased)

    @property
    def erased(self) -> frozenset[str]:
        """The ids of the rows that were erased."""
        return frozenset(row.id for row in self.rows if row.erased)

    @cached_property
    def content(self) -> bytes:
        """The rows in order of their ids, one canonical JSON text a line: the blob."""
        lines = [canonical_json(row.as_json()) for row in sorted(self.rows, key=lambda row: row.id)]
        return b"".join(line + b"\n" for line in lines)

    def artifact(self) -> Artifact:
        """Return the artifact, which refers to ``content`` as its blob with the role ``rows``."""
        return self._artifact

    @cached_property
    def _artifact(self) -> Artifact:
        body: dict[str, Json] = {"count": len(self.rows), "root": self.root(), "tags": self.tag_counts()}
        if self.schema is not None:
            body["row_schema"] = self.schema
        if self.erased:
            body["erased"] = len(self.erased)
        if traced := sum(1 for row in self.rows if row.origin):
            body["traced"] = traced
        rows = Reference(role="rows", kind="blob", digest=digest_of_bytes(self.content))
        return Artifact(kind="dataset", body=body, references=(rows,))

    def root(self) -> Digest:
        """Return the digest over the (row id, content digest) pairs in order of id."""
        pairs = sorted((row.id, row.content_digest()) for row in self.rows)
        return digest_of_bytes(b"".join(canonical_json(pair) + b"\n" for pair in pairs))

    def tag_counts(self) -> dict[str, int]:
        return dict(sorted(Counter(tag for row in self.rows for tag in row.tags).items()))

    def tagged(self, tags: Collection[str]) -> "Dataset":
        """Return the dataset of the rows with any of ``tags``. Raises InvalidInput when there is none."""
        rows = tuple(row for row in self.rows if row.erased or not set(tags).isdisjoint(row.tags))
        if all(row.erased for row in rows):
            wanted = " or ".join(sorted(tags))
            raise InvalidInput(
                f"no row of {self.name} is tagged {wanted}", hint=did_you_mean(min(tags, default=""), self.tag_counts())
            )
        return Dataset(name=self.name, rows=rows, schema=self.schema)

    @staticmethod
    def of(artifact: Artifact, blobs: BlobSource, *, name: str = "") -> "Dataset":
        """Read a dataset back, in order of row id. Raises Corrupted when its rows are not those of the artifact."""
        digest = artifact.part("rows")
        schema = artifact.body.get("row_schema")
        dataset = Dataset(
            name=name,
            rows=tuple(_rows(_stored(blobs.get(digest), digest), path=str(digest))),
            schema=schema if isinstance(schema, Mapping) else None,
        )
        if dataset.artifact().digest != artifact.digest:
            raise Corrupted(f"the rows of the dataset {artifact.digest} are not the ones that were registered")
        return dataset


def parse_dataset(
    content: bytes, *, name: str, path: str = "", schema: JsonObject | None = None, tags: Collection[str] = ()
) -> Dataset:
    """Read JSON Lines. ``schema`` is a JSON Schema of a whole row; ``tags`` keeps the rows with any of them.

    Raises InvalidInput, naming file, row and field, for a row that does not fit, and TooLarge for a row over 1 MB or
    more than 1,000,000 rows.
    """
    path = path or name
    check = Schema(schema, where=f"the schema of {path}") if schema is not None else None
    rows = tuple(_rows(objects(content, path=path), path=path, check=check))
    if not rows:
        raise InvalidInput(f"{path} has no rows")
    dataset = Dataset(name=name, rows=rows, schema=schema)
    return dataset.tagged(tags) if tags else dataset


def _stored(content: bytes, digest: Digest) -> Iterator[tuple[int, JsonObject]]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line:
            value = read_canonical(line)
            if not isinstance(value, Mapping):
                raise Corrupted(f"line {number} of the rows {digest} is not an object")
            yield number, value


def _rows(lines: Iterable[tuple[int, JsonObject]], *, path: str, check: Schema | None = None) -> Iterable[Row]:
    occurrences: Counter[Digest] = Counter()
    first: dict[str, int] = {}
    for number, value in lines:
        where = f"{path}, row {number}"
        row = _row(value, where, check, occurrences)
        if row.id in first:
            raise InvalidInput(f"{where}: id: {row.id!r} is already the id of row {first[row.id]}")
        first[row.id] = number
        if len(first) > MAX_ROWS:
            raise TooLarge(f"{path} has more than {MAX_ROWS} rows")
        yield row


def _row(value: JsonObject, where: str, check: Schema | None, occurrences: Counter[Digest]) -> Row:
    for key in value:
        if key not in _KEYS:
            raise InvalidInput(f"{where}: {key!r} is not a field of a row", hint=did_you_mean(key, _KEYS))
    if value.get("erased") is True and "id" in value:
        return Row(id=_id(value["id"], where), inputs={}, erased=True)
    if "erased" in value:
        raise InvalidInput(f"{where}: erased: it stands beside an id, and is true", hint="take the row out")
    if check and (problem := check.problem(value)):
        raise InvalidInput(f"{where}: {problem.field or 'the row'}: {problem.message}")
    inputs = _mapping(value, "inputs", where)
    if not inputs:
        raise InvalidInput(f"{where}: inputs: missing or empty", hint='write "inputs": {"question": "…"}')
    try:
        digest = digest_of_json(inputs)
        occurrences[digest] += 1
        row = Row(
            id=_id(value["id"], where) if "id" in value else _made_id(digest, occurrences[digest]),
            inputs=inputs,
            expected=_mapping(value, "expected", where),
            source=_source(value, where),
            tags=_tags(value, where),
            origin=_origin(value, where),
        )
        canonical_json(row.as_json())
    except InvalidInput as error:
        raise error if error.message.startswith(where) else InvalidInput(f"{where}: {error.message}") from error
    return row


def _made_id(inputs: Digest, occurrence: int) -> str:
    """Return the id of a row that brings none: 128 bits, which no million rows share by chance."""
    return digest_of_json({"inputs": inputs, "occurrence": occurrence}).removeprefix("sha256:")[:32]


def _id(value: Json, where: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID_LENGTH or not value.isprintable():
        raise InvalidInput(f"{where}: id: {value!r:.80} is not an id", hint="write 1 to 200 printable characters")
    return value


def _mapping(value: JsonObject, key: str, where: str) -> JsonObject:
    found = value.get(key, {})
    if not isinstance(found, Mapping):
        raise InvalidInput(f"{where}: {key}: not an object of names and values")
    return found


def _source(value: JsonObject, where: str) -> str:
    found = value.get("source", "")
    if not isinstance(found, str):
        raise InvalidInput(f"{where}: source: not a text")
    return found


def _tags(value: JsonObject, where: str) -> tuple[str, ...]:
    found = value.get("tags", [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise InvalidInput(f"{where}: tags: not a list of texts")
    return tuple(sorted(set(found)))


def _origin(value: JsonObject, where: str) -> JsonObject:
    found = _mapping(value, "origin", where)
    if found and not (isinstance(trace := found.get("trace"), str) and _TRACE.fullmatch(trace)):
        raise InvalidInput(f"{where}: origin: it names no trace", hint="genyard dataset add writes it")
    return found
