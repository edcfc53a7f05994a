"""The five records: Artifact, Run, Span, Score, Event. What happened is one of them; none is changed in place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import Digest, digest_of_json
from genyard.core.ids import PrincipalId, RunId, ScoreId, SpanId, TraceId
from genyard.core.refs import ArtifactKind

SubjectKind = Literal["span", "trace", "session", "row", "release"]
ScorerKind = Literal["code", "judge", "person"]
Direction = Literal["higher", "lower"]
SpanStatus = Literal["unset", "ok", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One thing that an artifact contains by digest, or that a run read or made."""

    role: str
    """What it is to its owner, such as ``prompt`` or ``step.retrieve.index``."""
    kind: ArtifactKind | Literal["blob"]
    digest: Digest

    def as_json(self) -> JsonObject:
        return {"digest": self.digest, "kind": self.kind, "role": self.role}


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """An immutable thing. Its identity is the digest of its canonical JSON, which holds the digests of its parts."""

    kind: ArtifactKind
    body: JsonObject
    references: tuple[Reference, ...] = ()
    schema: int = 1
    """The version of the body's form for this kind."""

    def as_json(self) -> JsonObject:
        """Return the manifest that is digested. References stand in order of role, kind and digest."""
        return {
            "body": self.body,
            "kind": self.kind,
            "references": [one.as_json() for one in self._sorted()],
            "schema": f"genyard.{self.kind}/{self.schema}",
        }

    @cached_property
    def digest(self) -> Digest:
        return digest_of_json(self.as_json())

    def _sorted(self) -> list[Reference]:
        return sorted(self.references, key=lambda one: (one.role, one.kind, one.digest))

    def parts(self, role: str) -> list[Digest]:
        """Return the digests of the references with ``role``."""
        return [one.digest for one in self.references if one.role == role]

    def part(self, role: str) -> Digest:
        """Return the digest of the one reference with ``role``. Raises KeyError when there is not exactly one."""
        found = self.parts(role)
        if len(found) != 1:
            raise KeyError(f"{self.kind} {self.digest} has {len(found)} references with role {role!r}")
        return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The state of the user's repository when something ran. ``diff`` is the digest of what was not committed."""

    commit: str
    diff: Digest | None = None

    def as_json(self) -> JsonObject:
        return {"commit": self.commit} | ({"diff": self.diff} if self.diff else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One activity: who, when, with what code, what went in."""

    id: RunId
    project: str
    activity: str
    """What was done, such as ``evaluate`` or ``index``."""
    principal: PrincipalId
    started_ns: int
    parameters: JsonObject = field(default_factory=dict)
    inputs: tuple[Reference, ...] = ()
    code: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended. It is a record of its own, so that the run itself is never changed."""

    run: RunId
    status: Literal["done", "failed", "cancelled", "interrupted"]
    """``interrupted``: its process was killed. Nobody saw when, so ``ended_ns`` is when the home was opened again."""
    ended_ns: int
    outputs: tuple[Reference, ...] = ()
    result: JsonObject = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a score judges. ``id`` is a span id, trace id, session id, ``dataset digest#row id`` or release digest."""

    kind: SubjectKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One judgement of one subject by one scorer."""

    id: ScoreId
    project: str
    at_ns: int
    subject: Subject
    name: str
    """The metric or criterion, such as ``answer_f1``."""
    scorer_kind: ScorerKind
    scorer: str
    """The digest of the metric or judge, or the principal."""
    value: float | None = None
    """None with a label, or when the subject could not be judged; ``explanation`` then says why."""
    label: str = ""
    direction: Direction = "higher"
    explanation: str = ""
    repeat: int = 0
    cost_usd: float | None = None
    sampling: str = "all"
    """How the subject was chosen: ``all``, or the rule with its probability."""
    run: RunId | None = None
    trace_id: TraceId | None = None
    release: Digest | None = None
    system: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One step of one answer, in OpenTelemetry's model. ``columns`` are those of the lake's table ``spans``."""

    project: str
    trace_id: TraceId
    span_id: SpanId
    parent_span_id: SpanId | None
    span_name: str
    start_ns: int
    duration_ns: int
    status: SpanStatus
    columns: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that somebody or something did: one link of its project's hash chain."""

    project: str
    sequence: int
    at_ns: int
    actor: PrincipalId
    verb: str
    """A past participle, such as ``deployed``."""
    object: str
    """What it was done to, such as ``endpoint/helpdesk@prod``."""
    detail: JsonObject
    previous: Digest
    """The hash of the event before, or GENESIS."""
    hash: Digest


GENESIS = Digest("sha256:" + "0" * 64)


def event_hash(
    *,
    project: str,
    sequence: int,
    at_ns: int,
    actor: str,
    verb: str,
    object_: str,
    detail: JsonObject,
    previous: Digest,
) -> Digest:
    """Return the hash of an event: the digest of everything it says and of the hash before it."""
    return digest_of_json(
        {
            "actor": actor,
            "at_ns": str(at_ns),
            "detail": detail,
            "object": object_,
            "previous": previous,
            "project": project,
            "sequence": sequence,
            "verb": verb,
        }
    )
