"""``why``: from one answer, in one step, to its release, the evidence that let it ship, and its data."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from genyard.core.canonical import Json
from genyard.core.clock import rfc3339
from genyard.core.digest import Digest
from genyard.core.records import Artifact
from genyard.deploy.releases import evidence_of, gate_of
from genyard.govern.lineage import upstream
from genyard.observe import queries
from genyard.store import artifacts, names
from genyard.store.engine import Database
from genyard.store.lake import Lake

Row = Mapping[str, Any]


def why(database: Database, lake: Lake, project: str, trace: str) -> dict[str, Any]:
    """Return what made an answer. ``trace`` is a trace id or its first 6 or more digits.

    Raises NotFound for a trace that is not in the project. A stamp counts only where it is attested: made by our own
    gateway or runner.
    """
    spans: list[Row] = [dict(span) for span in queries.trace(lake, project, trace)]
    root = next((span for span in spans if span["is_root"]), spans[0])
    with database.read() as tx:
        release = _release(tx, project, root)
        made_of = _made_of(tx, project, root)
    return {
        "documents": _documents(root),
        "endpoint": root["endpoint"],
        "made_of": made_of,
        "release": release,
        "row_id": root["row_id"],
        "run_id": root["run_id"],
        "trace": {
            "at": rfc3339(root["start_ns"]),
            "preview": root["preview"],
            "spans": len(spans),
            "status": "error" if root["status"] == "error" else "answered",
            "trace_id": root["trace_id"],
        },
    }


def _release(tx: Connection, project: str, root: Row) -> dict[str, Any] | None:
    digest = root["release"] if root["release_attested"] else None
    if not digest:
        return None
    artifact = artifacts.get(tx, project, Digest(digest))
    version = next((one for one in names.names_of(tx, project, artifact.digest) if one.kind == "release"), None)
    evidence = evidence_of(artifact)
    return {
        "cut_at": rfc3339(version.at_ns) if version else None,
        "cut_by": version.by if version else None,
        "digest": artifact.digest,
        "evaluated_at": evidence["evaluated_at"],
        "gate": _gate(artifact),
        "metrics": evidence["metrics"],
        "name": artifact.body["name"],
        "runs": evidence["runs"],
        "version": version.version if version else None,
    }


def _gate(release: Artifact) -> dict[str, Json]:
    gate = gate_of(release)
    return {"sentence": gate["sentence"], "verdict": gate["verdict"]}


def _made_of(tx: Connection, project: str, root: Row) -> list[dict[str, Any]]:
    if not root["system"]:
        return []
    return [
        {"digest": one.digest, "kind": one.kind, "names": list(one.names), "role": one.role}
        for one in upstream(tx, project, Digest(root["system"]))
    ]


def _documents(root: Row) -> list[dict[str, Any]]:
    """Return the passages that the answer was given, in rank order, with the documents they are of."""
    found: list[dict[str, Any]] = root.get("retrieval_documents") or []
    return [
        {
            "chunk_digest": passage["id"],
            "document": passage["metadata"]["document"],
            "document_digest": digest,
            "label": passage["metadata"]["label"],
            "used": passage["metadata"]["used"],
        }
        for passage, digest in zip(found, root.get("document_digests") or [], strict=False)
    ]
