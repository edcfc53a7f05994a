"""``affected``: from a document, prompt, dataset or any digest forward to the releases and answers that used it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from genyard.core.canonical import Json
from genyard.core.clock import rfc3339
from genyard.core.digest import Digest, digest_prefix
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.records import Artifact
from genyard.core.refs import ARTIFACT_KINDS, parse_ref
from genyard.deploy.endpoints import endpoints
from genyard.develop.dataset_versions import rows_of_trace
from genyard.develop.datasets import Row
from genyard.develop.library import Library
from genyard.govern.lineage import Node, downstream, node
from genyard.observe.explorer import traces
from genyard.observe.explorer.filters import Filter
from genyard.observe.explorer.one_trace import OneTrace
from genyard.observe.explorer.trace_query import TraceQuery
from genyard.observe.explorer.window import Window
from genyard.store import artifacts, names
from genyard.store.lake import Lake
from genyard.store.names import Version

NEWEST = 10
_TRACE = re.compile(r"[0-9a-f]{32}")
_SERVED = Filter(column="endpoint", operator="not", value=None)
_STAMPS = {"document": "document_digests", "release": "release"}
"""The column that finds the answers, where it is not their system: of a document only the answers that were given one
of its passages count, of a release only those that it made."""


def affected(library: Library, lake: Lake, project: str, thing: str, *, now_ns: int) -> dict[str, Any]:
    """Return the artifacts, endpoints and answers that used ``thing``.

    ``thing`` is a document's path in a corpus, a digest or its first 6 or more digits, or a reference such as
    ``prompt/answer:3``. Of a trace (its whole id) it is the datasets with rows made from it, and what was evaluated
    on them. Raises NotFound.
    """
    made = rows_of_trace(library, project, thing) if _TRACE.fullmatch(thing) else []
    with library.database.read() as tx:
        start = _trace(lake, project, thing, made) or _find(tx, project, thing)
        touched = downstream(tx, project, start.digests)
        if start.kind == "trace":
            touched = [*(node(tx, project, "dataset", one) for one in start.digests), *touched]
        systems = {one.digest for one in touched if one.kind == "system"} | set(start.digests)
        releases = {one.digest for one in touched if one.kind == "release"} | set(start.digests)
        serving = [str(one) for one in endpoints(tx, project) if one.release in releases]
    column = _STAMPS.get(start.kind, "system")
    digests = sorted(systems) if column == "system" else start.digests
    return {
        "answers": _answers(lake, project, column, digests, until_ns=now_ns + 1),
        "artifacts": [_node(one) for one in touched],
        "rows": [{"dataset": version.name, "row": row.id, "version": version.version} for version, row in made],
        "endpoints": serving,
        "of": {"digests": list(start.digests), "kind": start.kind, "names": list(start.names)},
    }


class _Start(NamedTuple):
    """What was asked about. A document is known by its path and has one digest for each of its versions."""

    kind: str
    digests: tuple[Digest, ...]
    names: tuple[str, ...]


def _trace(lake: Lake, project: str, thing: str, made: Sequence[tuple[Version, Row]]) -> _Start | None:
    """Return the datasets that a trace is in; None where ``thing`` is no trace."""
    if not made:
        try:
            OneTrace.found(lake, project, thing if _TRACE.fullmatch(thing) else "")
        except (InvalidInput, NotFound):
            return None  # as many digits may begin a digest
    return _Start("trace", tuple(dict.fromkeys(version.digest for version, _ in made)), (thing,))


def _find(tx: Connection, project: str, thing: str) -> _Start:
    if thing.partition("/")[0] in ARTIFACT_KINDS:
        try:
            version = names.resolve(tx, project, parse_ref(thing))
        except (InvalidInput, NotFound):
            pass  # a document's path may begin like a reference
        else:
            return _Start(version.kind, (version.digest,), (thing,))
    if digest_prefix(thing):
        return _by_digest(tx, project, thing)
    return _document(tx, project, thing)


def _by_digest(tx: Connection, project: str, thing: str) -> _Start:
    found = artifacts.find(tx, project, thing)
    if len(found) > 1:
        raise InvalidInput(f"{thing} is the start of {len(found)} digests", hint="write more of it")
    if found:
        artifact = artifacts.get(tx, project, found[0])
        one = node(tx, project, artifact.kind, artifact.digest)
        return _Start(one.kind, (one.digest,), one.names or (one.digest,))
    prefix = digest_prefix(thing) or thing
    documents = {
        one.digest for corpus in _corpora(tx, project) for one in corpus.references if one.digest.startswith(prefix)
    }
    if len(documents) > 1:
        raise InvalidInput(f"{thing} is the start of {len(documents)} digests", hint="write more of it")
    if not documents:
        raise NotFound(f"nothing in project {project} has or uses {thing}")
    return _Start("document", tuple(documents), tuple(documents))


def _document(tx: Connection, project: str, path: str) -> _Start:
    digests: dict[Digest, None] = {}
    paths: set[str] = set()
    for corpus in _corpora(tx, project):
        for found, digest in _documents_at(corpus, path):
            digests[digest] = None
            paths.add(found)
    if not digests:
        raise NotFound(
            f"no document {path} in the corpora of project {project}",
            hint="write its path below the folder of genyard.yaml, a digest, or a reference such as prompt/answer:3",
        )
    if len(paths) > 1:
        raise InvalidInput(f"{path} fits {', '.join(sorted(paths)[:3])}", hint="write the whole path")
    return _Start("document", tuple(digests), tuple(paths))


def _corpora(tx: Connection, project: str) -> list[Artifact]:
    versions = [
        one for name in names.named(tx, project, "corpus") for one in names.versions(tx, project, "corpus", name.name)
    ]
    return [artifacts.get(tx, project, digest) for digest in dict.fromkeys(one.digest for one in versions)]


def _answers(lake: Lake, project: str, column: str, digests: Sequence[str], *, until_ns: int) -> dict[str, Any]:
    """Return how many answers there are, and the newest: those that were served before those of evaluations."""
    used = Filter(column=column, operator="one_of", value=tuple(digests))
    ever = Window(lake=lake, project=project, since_ns=0, until_ns=until_ns)
    total = traces.count(ever, TraceQuery(root=(used,)))
    found: dict[Json, traces.Row] = {}
    for root in ((used,), (used, _SERVED)):
        page = traces.listing(ever, TraceQuery(root=root), limit=NEWEST, columns=traces.LIST_COLUMNS)
        found |= {row["trace_id"]: row for row in page.rows}
    newest = sorted(found.values(), key=_importance, reverse=True)
    return {"count": total, "newest": [_answer(row) for row in newest[:NEWEST]]}


def _importance(row: traces.Row) -> tuple[bool, int]:
    return row["endpoint"] is not None, int(str(row["start_ns"]))


def _documents_at(corpus: Artifact, path: str) -> Iterator[tuple[str, Digest]]:
    """Yield the documents that ``path`` names: as the corpus has them, as the folder has them, or by their end."""
    for one in corpus.references:
        if one.role == path or path.endswith(f"/{one.role}") or one.role.endswith(f"/{path}"):
            yield one.role, one.digest


def _node(one: Node) -> dict[str, Any]:
    return {"digest": one.digest, "kind": one.kind, "names": list(one.names)}


def _answer(row: traces.Row) -> dict[str, Any]:
    return {
        "at": rfc3339(int(str(row["start_ns"]))),
        "endpoint": row["endpoint"],
        "preview": row["preview"],
        "trace_id": row["trace_id"],
    }
