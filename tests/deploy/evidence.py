"""Releases made by hand, for tests that need no evaluation."""

from genyard.app import App
from genyard.core.canonical import JsonObject
from genyard.core.digest import Digest, digest_of_json
from genyard.core.records import Artifact
from genyard.deploy.releases import release_artifact

PROJECT = "acme"


def release(
    name: str,
    number: int,
    *,
    verdict: str = "pass",
    open_to_all: tuple[str, ...] = ("staging",),
    system: Digest | None = None,
) -> Artifact:
    """Return release ``number`` of ``name``, whose gate says ``verdict``."""
    evidence: JsonObject = {
        "gate": {"conditions": [], "sentence": f"it is {verdict}", "verdict": verdict},
        "number": number,
    }
    return release_artifact(
        name=name,
        system=system or digest_of_json({"system": number}),
        evidence=evidence,
        open_to_all=open_to_all,
        datasets={},
        metrics={},
        replaces=None,
    )


def published(app: App, name: str, number: int, **given: object) -> Artifact:
    """Make a release and put it under its name."""
    made = release(name, number, **given)  # type: ignore[arg-type]  # the options of release, passed on
    app.bench.library.publish(PROJECT, name, made, by=app.local.actor)
    return made
