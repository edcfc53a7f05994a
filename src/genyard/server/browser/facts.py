"""What the pages tell of a release, gathered from the catalog."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from genyard.access.principals import people_by_id
from genyard.core.canonical import Json
from genyard.core.digest import Digest
from genyard.core.errors import NotFound
from genyard.core.records import Artifact, Reference, Score
from genyard.deploy.endpoints import endpoints
from genyard.server.pages.evidence import evidence_line
from genyard.server.pages.release_view import AliasMove, Part, PartState, Placement, ReleaseFacts, TextChange
from genyard.server.pages.trace_view import MadeBy
from genyard.store import artifacts, names
from genyard.store.names import Version


def made_by(tx: Connection, project: str, spans: Sequence[Mapping[str, Json]]) -> MadeBy | None:
    """Return the release that made an answer, where our own gateway or runner stamped it."""
    roots = [span for span in spans if span.get("is_root")] or spans[:1]
    if len({span.get("release") for span in roots}) > 1:
        return None  # a caller's trace with answers of several releases: no one of them made it
    root = roots[0]
    if not root.get("release") or not root.get("release_attested"):
        return None
    digest = Digest(str(root["release"]))
    version = _release_version(tx, project, digest)
    if version is None:
        return None
    release = artifacts.get(tx, project, digest)
    return MadeBy(system=version.name, version=version.version, digest=digest, evidence=evidence_line(release.body))


def release_facts(tx: Connection, project: str, version: Version, release: Artifact) -> ReleaseFacts:
    """Return what the catalog says of a release besides its body."""
    people = people_by_id(tx)
    before = _replaced(tx, project, release)
    system = artifacts.get(tx, project, release.part("system"))
    old = artifacts.get(tx, project, before.part("system")) if before else None
    replaced = _release_version(tx, project, before.digest) if before else None
    return ReleaseFacts(
        system=version.name,
        version=version.version,
        digest=version.digest,
        system_digest=system.digest,
        registered_ns=version.at_ns,
        registered_by=people.get(version.by, version.by),
        replaces=replaced.version if replaced else None,
        parts=_parts(tx, project, system, old),
        texts=_texts(tx, project, system, old),
        placements=_placements(tx, project, version),
        history=_history(tx, project, version.name, people),
    )


def _replaced(tx: Connection, project: str, release: Artifact) -> Artifact | None:
    found = release.parts("replaces")
    return artifacts.get(tx, project, found[0]) if found else None


def _release_version(tx: Connection, project: str, digest: Digest) -> Version | None:
    return next((one for one in names.names_of(tx, project, digest) if one.kind == "release"), None)


def _parts(tx: Connection, project: str, system: Artifact, old: Artifact | None) -> list[Part]:
    before = {one.role: one for one in old.references} if old else {}
    now = {one.role: one for one in system.references}
    parts = [_part(tx, project, one, before.get(role)) for role, one in sorted(now.items())]
    return parts + [
        _named(tx, project, one, state="removed") for role, one in sorted(before.items()) if role not in now
    ]


def _part(tx: Connection, project: str, new: Reference, old: Reference | None) -> Part:
    if old is None:
        return _named(tx, project, new, state="added")
    if old.digest == new.digest:
        return _named(tx, project, new, state="same")
    return _named(tx, project, new, state="changed", old=old)


def _named(tx: Connection, project: str, one: Reference, *, state: PartState, old: Reference | None = None) -> Part:
    known = names.names_of(tx, project, one.digest)
    earlier = names.names_of(tx, project, old.digest) if old else []
    return Part(
        kind=one.kind,
        name=known[0].name if known else one.role,
        state=state,
        digest=one.digest,
        version=known[0].version if known else None,
        old_version=earlier[0].version if earlier else None,
        note=_note(tx, project, one),
    )


def _note(tx: Connection, project: str, one: Reference) -> str:
    try:
        body = artifacts.get(tx, project, Digest(one.digest)).body
    except NotFound:
        return ""
    if one.kind == "index":
        return f"{body['chunks']} passages of {body['documents']} documents"
    return str(body["provider"]) if one.kind == "model" else ""


def _texts(tx: Connection, project: str, system: Artifact, old: Artifact | None) -> list[TextChange]:
    if old is None:
        return []
    changes = []
    for new in system.references:
        earlier = next((one for one in old.references if one.role == new.role), None)
        if new.kind == "prompt" and earlier and earlier.digest != new.digest:
            known = names.names_of(tx, project, new.digest)
            title = f"prompt/{known[0].name}" if known else new.role
            changes.append(
                TextChange(title=title, old=_prompt(tx, project, earlier.digest), new=_prompt(tx, project, new.digest))
            )
    return changes


def _prompt(tx: Connection, project: str, digest: Digest) -> str:
    """Return a prompt as its file has it: a role line before each message."""
    messages: Any = artifacts.get(tx, project, digest).body["messages"]
    return "\n".join(f"--- {one['role']} ---\n{one['template']}" for one in messages)


def _placements(tx: Connection, project: str, version: Version) -> list[Placement]:
    found = []
    for one in endpoints(tx, project):
        if one.system == version.name:
            serving = _release_version(tx, project, one.release)
            found.append(
                Placement(
                    environment=one.environment,
                    version=serving.version if serving else None,
                    digest=one.release,
                    since_ns=one.since_ns,
                    is_this=one.release == version.digest,
                )
            )
    return found


def _history(tx: Connection, project: str, system: str, people: Mapping[str, str]) -> list[AliasMove]:
    versions = {one.digest: one.version for one in names.versions(tx, project, "release", system)}
    moves = [
        move
        for present in names.aliases(tx, project, system)
        for move in names.alias_history(tx, project, system, present.alias)
    ]
    return [
        AliasMove(
            at_ns=one.at_ns,
            who=people.get(one.by, one.by),
            environment=one.alias,
            from_version=versions.get(one.previous) if one.previous else None,
            to_version=versions.get(one.digest),
            reason=one.why,
        )
        for one in sorted(moves, key=lambda move: move.at_ns, reverse=True)
    ]


def scorers_of(tx: Connection, project: str, scores: Sequence[Score]) -> dict[str, str]:
    """Return the names of the people and metrics that scored, by id or digest: those that the catalog knows."""
    found = dict[str, str]()
    people = people_by_id(tx) if any(one.scorer_kind == "person" for one in scores) else {}
    for kind, scorer in {(one.scorer_kind, one.scorer) for one in scores}:
        name = people.get(scorer) if kind == "person" else _measure(tx, project, scorer)
        found |= {scorer: name} if name else {}
    return found


def _measure(tx: Connection, project: str, scorer: str) -> str:
    """Return what a metric measures, such as ``recall k=4``. It has no name of its own: renamed, it is the same."""
    try:
        body = artifacts.get(tx, project, Digest(scorer)).body
    except NotFound:
        return ""  # a metric is in the catalog once a release has its evidence
    options = body.get("options")
    said = [f"{name}={value}" for name, value in options.items()] if isinstance(options, Mapping) else []
    return " ".join([str(body.get("metric", "")), *said]).strip()
