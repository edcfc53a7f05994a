"""Releases: a system digest and the evidence manifest that goes with it. ``docs/releases.md`` shows one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import Digest
from genyard.core.records import Artifact, Reference

ALWAYS_GATED = "prod"
REPLACES = "replaces"
"""The role of the release that another was compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseVerdict:
    """What a release's gate says of it. ``mend`` is the next step where it did not pass."""

    word: str
    sentence: str
    mend: str


def release_artifact(
    *,
    name: str,
    system: Digest,
    evidence: JsonObject,
    open_to_all: Sequence[str],
    datasets: Mapping[str, Digest],
    metrics: Mapping[str, Digest],
    replaces: Digest | None,
) -> Artifact:
    """Return the release of ``system`` under ``name`` with its evidence.

    ``open_to_all`` are the environments that take it whatever its gate says; ``replaces`` is what it was compared with.
    """
    references = [Reference(role="system", kind="system", digest=system)]
    references += [Reference(role=f"dataset.{key}", kind="dataset", digest=one) for key, one in datasets.items()]
    references += [Reference(role=f"metric.{key}", kind="metric", digest=one) for key, one in metrics.items()]
    if replaces:
        references.append(Reference(role=REPLACES, kind="release", digest=replaces))
    body: JsonObject = {"evidence": evidence, "name": name, "open": sorted({*open_to_all} - {ALWAYS_GATED})}
    return Artifact(kind="release", body=body, references=tuple(references))


def is_gated(release: Artifact, environment: str) -> bool:
    """Return whether ``environment`` takes only what passed: all that the release does not name as open.

    It is fixed in the release, with the evidence. A name that nobody declared, such as a mistyped one, is gated.
    """
    open_to_all = release.body.get("open", ())
    assert isinstance(open_to_all, Sequence)
    return environment not in open_to_all


def evidence_of(release: Artifact) -> Mapping[str, Json]:
    """Return the evidence manifest of a release."""
    evidence = release.body["evidence"]
    assert isinstance(evidence, Mapping)
    return evidence


def gate_of(release: Artifact) -> Mapping[str, Json]:
    """Return the gate's part of the evidence."""
    gate = evidence_of(release)["gate"]
    assert isinstance(gate, Mapping)
    return gate


def verdict_of(release: Artifact) -> ReleaseVerdict:
    """Return the verdict in words for people. A system without gates has the verdict ``none``, which passes nowhere."""
    gate = gate_of(release)
    word = str(gate["verdict"])
    mend = {
        "none": "write gates in genyard.yaml, then: genyard release",
        "fail": "change the system, then: genyard release",
        "undecided": "add cases to the dataset and a look to the gate, or change the system, then: genyard release",
    }.get(word, "")
    return ReleaseVerdict(word=word, sentence=str(gate["sentence"]), mend=mend)


def checklist(*, checks: Sequence[tuple[str, str | None]], unmet: Mapping[str, str] = {}) -> list[Json]:
    """Return the deployment check list from what code found: an item with no finding is open for a person.

    ``unmet`` says of items what code found against them: no person confirms those.
    """
    return [
        {
            "by": "code" if finding or item in unmet else "a person",
            "finding": finding or unmet.get(item) or "not confirmed yet",
            "item": item,
            "state": "done" if finding else "open",
        }
        for item, finding in checks
    ]
