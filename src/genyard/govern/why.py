"""``why``: from one answer, in one step, to its release, the evidence that let it ship, and its data."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from genyard.core.canonical import Json
from genyard.core.clock import rfc3339
from genyard.core.digest import Digest
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.escape import one_line
from genyard.core.records import Artifact
from genyard.deploy.releases import evidence_of, gate_of
from genyard.develop.dataset_versions import dataset_version, erased_since, read_dataset, rows_of_trace
from genyard.develop.library import Library
from genyard.govern.lineage import upstream
from genyard.observe.explorer.one_trace import LIGHT_COLUMNS, OneTrace
from genyard.store import artifacts, names
from genyard.store.lake import Lake

Row = Mapping[str, Any]
_MOST_NAMED = 4
_READ = (*LIGHT_COLUMNS, "retrieval_documents")


def why(library: Library, lake: Lake, project: str, trace: str) -> dict[str, Any]:
    """Return what made an answer, and the rows of datasets that it made. ``trace`` is its id or 6 or more digits.

    A caller that hands on its own trace may ask several times in it: ``trace:span`` names the answer by its span.
    ``dataset#row`` means the answer that the row was made from.
    Raises NotFound for a trace that is not in the project, InvalidInput where it holds several answers and none is
    named. A stamp counts only where it is attested: made by our own gateway or runner.
    """
    trace = _of_row(library, project, trace) if "#" in trace else trace
    digits, _, span = trace.partition(":")
    # Of payloads only the documents: a trace may have more of them than can be held.
    spans: list[Row] = [dict(one) for one in OneTrace.found(lake, project, digits).rows(columns=_READ)]
    root = _answer(spans, span)
    with library.database.read() as tx:
        release = _release(tx, project, root)
        made_of = _made_of(tx, project, root)
    return {
        "datasets": _rows(library, project, root["trace_id"]),
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


def _of_row(library: Library, project: str, text: str) -> str:
    """Return the trace that a row of a dataset was made from."""
    name, _, row_id = text.partition("#")
    version = dataset_version(library, project, name.removeprefix("dataset/"))
    rows = read_dataset(library, project, version.digest).rows
    found = next((row for row in rows if row.id == row_id), None)
    if found is None:
        raise NotFound(
            f"{version} has no row {one_line(row_id, limit=80)}", hint=f"genyard dataset show {version.name}"
        )
    if not found.origin:
        what = "was erased" if found.erased else "was not made from a trace"
        raise NotFound(f"the row {one_line(row_id, limit=80)} of {version} {what}")
    return str(found.origin["trace"])


def _rows(library: Library, project: str, trace: str) -> list[dict[str, Any]]:
    return [
        {"dataset": version.name, "row": row.id, "to_fill": not row.expected, "version": version.version}
        for version, row in rows_of_trace(library, project, trace)
    ]


def _answer(spans: Sequence[Row], span: str) -> Row:
    """Return the root span of the one answer that is meant. Another's release would be a wrong reason."""
    answers = [one for one in spans if one["is_root"]] or spans[:1]
    meant = [one for one in answers if one["span_id"].startswith(span)]
    if len(meant) == 1:
        return meant[0]
    known = ", ".join(f"{one['trace_id'][:12]}:{one['span_id']}" for one in answers[-_MOST_NAMED:])
    trace = spans[0]["trace_id"]
    if not meant:
        raise NotFound(f"the trace {trace} has no answer {one_line(span)}", hint=f"there are: {known}")
    raise InvalidInput(f"the trace {trace} holds {len(meant)} answers", hint=f"name one by its span: {known}")


def _release(tx: Connection, project: str, root: Row) -> dict[str, Any] | None:
    digest = root["release"] if root["release_attested"] else None
    if not digest:
        return None
    artifact = artifacts.get(tx, project, Digest(digest))
    version = next((one for one in names.names_of(tx, project, artifact.digest) if one.kind == "release"), None)
    evidence = evidence_of(artifact)
    datasets = [one.digest for one in artifact.references if one.kind == "dataset"]
    return {
        "cut_at": rfc3339(version.at_ns) if version else None,
        "cut_by": version.by if version else None,
        "digest": artifact.digest,
        "erased_rows": sum(erased_since(tx, project, one) for one in datasets),
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
