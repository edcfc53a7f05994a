"""Cut a release: gather the evidence, put it with the system digest, keep both under the system's name."""

from collections.abc import Mapping
from dataclasses import dataclass

from genyard.access.principals import Actor
from genyard.core.canonical import Json, JsonObject
from genyard.core.clock import rfc3339
from genyard.core.records import Artifact
from genyard.deploy.releases import checklist, evidence_of, gate_of, release_artifact
from genyard.pipelines.gating import Evidence, Wanted
from genyard.pipelines.workbench import Workbench
from genyard.store.names import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A release that was just cut, or the same one that was cut before."""

    artifact: Artifact
    version: Version


def cut(bench: Workbench, wanted: Wanted, evidence: Evidence, *, by: Actor) -> Cut:
    """Register the metrics and the release of a system with its evidence.

    What serves already from this evidence is not cut again.
    """
    scorers = {scorer.name: scorer.artifact() for one in evidence.evaluations for scorer in one.plan.scorers}
    for name, metric in scorers.items():
        bench.library.publish(wanted.project, name, metric, by=by)
    artifact = _serving(bench, wanted, evidence) or release_artifact(
        name=wanted.system.name,
        system=wanted.system.digest,
        evidence=_manifest(wanted, evidence),
        open_to_all=[name for name, one in wanted.checkout.manifest.environments.items() if not one.gated],
        datasets={one.plan.dataset.name: one.plan.dataset.artifact().digest for one in evidence.evaluations},
        metrics={name: metric.digest for name, metric in scorers.items()},
        replaces=evidence.replaces,
    )
    version = bench.library.publish(wanted.project, wanted.system.name, artifact, by=by)
    return Cut(artifact=artifact, version=version)


def _serving(bench: Workbench, wanted: Wanted, evidence: Evidence) -> Artifact | None:
    """Return the release that would be replaced, where it is this system by these very runs and conditions."""
    if evidence.replaces is None:
        return None
    serving = bench.library.artifact(wanted.project, evidence.replaces)
    before = evidence_of(serving)
    same = (serving.part("system"), before["runs"], _conditions(gate_of(serving))) == (
        wanted.system.digest,
        [one.run for one in evidence.evaluations],
        _conditions(evidence.gate),
    )
    return serving if same else None


def _conditions(gate: Mapping[str, Json]) -> list[Json]:
    conditions = gate["conditions"]
    assert isinstance(conditions, list)
    return [one["digest"] for one in conditions]


def _manifest(wanted: Wanted, evidence: Evidence) -> JsonObject:
    code = wanted.checkout.code
    return {
        "checklist": _checklist(wanted, evidence),
        "code": code.as_json() if code else {},
        "evaluated_at": rfc3339(max(one.ended_ns for one in evidence.evaluations)),
        "failed_cases": sum(one.failed for one in evidence.evaluations),
        "gate": evidence.gate,
        "metrics": [metric for one in evidence.evaluations for metric in one.metrics_json],
        "runs": [one.run for one in evidence.evaluations],
    }


_NOT_PASSED = {"fail": "failed", "undecided": "undecided", "none": "not set"}


def _checklist(wanted: Wanted, evidence: Evidence) -> list[Json]:
    """The deployment check list of the reference practice. What code cannot know is open for a person."""
    code = wanted.checkout.code
    clean = "clean tree" if code and not code.diff else "with changes that are not committed"
    verdict = str(evidence.gate["verdict"])
    return checklist(
        checks=[
            ("Version control and rollback", f"commit {code.commit[:8]}, {clean}" if code else None),
            ("Evaluated and gated", "gate passed" if verdict == "pass" else None),
            ("Packaged", "everything that runs is pinned by digest"),
            ("Endpoint defined", "OpenAI chat completions, plain and streaming"),
            ("Access control", "keys with a role and a scope, such as serve:" + wanted.system.name),
            ("Monitoring and logging", "a span for every step, stamped with the release"),
            ("Optimised before packaging", None),
            ("Hardware stated", None),
            ("Resources for expected traffic", None),
            ("Custom integrations", None),
            ("Hardware available", None),
        ],
        unmet={} if verdict == "pass" else {"Evaluated and gated": f"gate {_NOT_PASSED[verdict]}"},
    )
