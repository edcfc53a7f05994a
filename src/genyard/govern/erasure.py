"""Erasure by user, session or trace: rows taken out of the lake, and every file removed that held them.

``docs/design/erasure.md`` has the invariant, what is covered, and where a crash may fall.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import String, cast, or_, select

from genyard.access import audit
from genyard.core.canonical import Json, JsonObject
from genyard.core.clock import Clock
from genyard.core.digest import Digest
from genyard.core.errors import Conflict, StorageFull, Unreachable
from genyard.core.ids import PrincipalId
from genyard.govern.erased_datasets import ErasedDatasets, Traced, row_ids
from genyard.govern.erased_media import ErasedMedia
from genyard.govern.erasure_requests import ErasureRequest, ErasureRequests, Found, SubjectKind, check_subject
from genyard.govern.other_writers import SILENT_S, OtherWriters
from genyard.observe.explorer import exports, views
from genyard.observe.explorer.log_search import named_in_logs
from genyard.store.blobs import Blobs
from genyard.store.columns import SPANS
from genyard.store.engine import Database
from genyard.store.lake import EVER_NS, Lake
from genyard.store.merging import Where
from genyard.store.reads import QueryEngine
from genyard.store.schema import artifact_references, artifacts, run_ends, run_references, runs
from genyard.store.upkeep import Upkeep
from genyard.store.writers import Beat

_COLUMN: Mapping[SubjectKind, str] = {"user": "user_id", "session": "conversation_id", "trace": "trace_id"}
_IN_LOGS: Mapping[SubjectKind, str] = {
    "user": f"list_contains({named_in_logs('user_id')}, $value)",
    "session": f"list_contains({named_in_logs('conversation_id')}, $value)",
    "trace": "trace_id = $value",
}
_MOST_LOOKS = 50
_MOST_LISTED = 100
"""How many exports an event names, the newest; it counts all."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PAYLOADS = SPANS.of_group("payload", "rest")

Check = Callable[[], None]
Tell = Callable[[str], None]
PATIENCE_S = 10.0
_PAUSE_S = 0.5
_PAUSES_BEFORE_AGAIN = 10
_AGAIN_FOR_S = 600.0


def _tell_nobody(_: str) -> None:
    """Stand in where nobody looks on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasures:
    """Everything that an erasure reaches, in one home."""

    requests: ErasureRequests
    lake: Lake
    upkeep: Upkeep
    database: Database
    blobs: Callable[[str], Blobs]
    datasets: ErasedDatasets
    clock: Clock
    pause: Callable[[float], None] = time.sleep
    silent_s: float = SILENT_S
    """So long another server of the lake may be silent before it is no longer waited for."""
    engine: QueryEngine | None = None
    """Who answers its questions; None is who answers everybody's."""
    gate: threading.Lock = field(default_factory=threading.Lock)
    """Held while an erasure works, and by who makes something of traces: it would bring back what is taken out."""

    def look(self, project: str, kind: SubjectKind, value: str) -> JsonObject:
        """Say what an erasure would take, changing nothing. Raises InvalidInput."""
        check_subject(kind, value)
        found = self._find(project, kind, value, Found())
        with self.database.read() as tx:
            named = views.naming(tx, project, _named(value, found))
        return {"dry_run": True, "kind": kind, "views": len(named), **_counts(found)}

    def see_through(self, request_id: str, *, check: Check, tell: Tell = _tell_nobody) -> JsonObject:
        """Carry out, and begin again for ten minutes where the disk, the bucket or the catalog does not answer.

        Raises as ``carry_out``.
        """
        until_s = self.clock.monotonic_s() + _AGAIN_FOR_S
        while True:
            try:
                return self.carry_out(request_id, check=check, tell=tell)
            except (StorageFull, Unreachable) as error:
                if self.clock.monotonic_s() > until_s:
                    raise
                tell(f"begins again: {error}")
                for _ in range(_PAUSES_BEFORE_AGAIN):
                    check()
                    self.pause(_PAUSE_S)

    def carry_out(self, request_id: str, *, check: Check, tell: Tell = _tell_nobody) -> JsonObject:
        """Do what was asked, from the start or from where it was left, and return what the event says.

        ``tell`` is told what it waits for.
        Raises NotFound when nothing of that id is under way, Unreachable, StorageFull; then it may be begun again.
        """
        request = self.requests.get(request_id)
        told = self._event(request)
        if told is None:
            others = self.lake.others()
            if others:
                # What can be taken out at once need not wait for them.
                with self.gate:
                    request = self._take_out(request, check)
            unheard = self._hear(others, check, tell, "what other servers of the bucket have in their logs")
            with self.gate:
                request = self._take_out(request, check)
                removed = self.upkeep.purge()
                self.database.forget_deleted("saved_views")
                with self._reading() as reading:
                    blobs = reading._remove_blobs(request)
            unheard |= self._sweep_media(request, check, tell)
            told = self._tell(request, files=removed, blobs=blobs, unheard=unheard)
        self.requests.done(request)
        return told

    def _sweep_media(self, request: ErasureRequest, check: Check, tell: Tell) -> set[str]:
        """Remove media that nothing mentions; return the hosts of other servers that fell silent meanwhile."""
        unheard: set[str] = set()

        def wait() -> bool:
            silent = self._hear(self.lake.others(), check, tell, "pictures that other servers of the bucket may need")
            unheard.update(silent)
            self.lake.flush()
            self.lake.refresh()
            return not silent

        # Not under the gate: nothing is made of media, and this may wait.
        with self._reading() as reading:
            # Also where there is no other server yet: one may join, and keep what no row here mentions.
            twice = wait if self.upkeep.shared else None
            reading._media.sweep(request.project, request.found.media, check=check, wait=twice)
        return unheard

    def _hear(self, others: Mapping[str, Beat], check: Check, tell: Tell, what: str) -> set[str]:
        """Wait until ``others`` have flushed what they acknowledged before now; return the hosts that fell silent."""
        if not others:
            return set()
        tell(f"waits for {what}: {', '.join(sorted({one.host for one in others.values()}))}")
        writers = OtherWriters(beats=self.lake.others, clock=self.clock, pause=self.pause, silent_s=self.silent_s)
        return set(writers.wait(others, check=check))

    @contextmanager
    def _reading(self) -> Iterator["Erasures"]:
        """Ask with an engine of its own: what others ask must not keep an erasure from being done."""
        with self.upkeep.reader() as engine:
            yield replace(self, engine=engine)

    @property
    def _media(self) -> ErasedMedia:
        return ErasedMedia(lake=self.lake, engine=self.engine)

    @contextmanager
    def kept_away(self) -> Iterator[None]:
        """Keep erasures of this home away while something is made of what the lake holds.

        Raises Conflict where one is under way and stays so for ``PATIENCE_S``.
        """
        if not self.gate.acquire(timeout=PATIENCE_S):
            raise Conflict("an erasure is under way", hint="try again when it is done: genyard jobs")
        try:
            yield
        finally:
            self.gate.release()

    def _take_out(self, request: ErasureRequest, check: Check) -> ErasureRequest:
        """Take rows out until a look finds none: some may come while it works."""
        for _ in range(_MOST_LOOKS):
            check()
            # First the log: what it holds goes to the tables, and its segments are removed.
            self.lake.flush()
            # Other servers of a bucket wrote files that this one has not seen yet.
            self.lake.refresh()
            with self._reading() as reading:
                found = reading._find(request.project, request.kind, request.value, request.found)
            found = request.found.plus(found)
            request = self.requests.note(request, found)
            taken = self.upkeep.take_out("scores", request.project, rows=_scores(found), check=check)
            taken += self.upkeep.take_out("logs", request.project, rows=_of_traces(found), check=check)
            taken += self.upkeep.take_out("spans", request.project, rows=_of_traces(found), check=check)
            taken += self._delete_views(request)
            taken += self.datasets.take_out(request)
            if not taken:
                return request
        raise Unreachable("new rows of what is erased come all the time", hint="stop what sends them, then resume")

    def _delete_views(self, request: ErasureRequest) -> int:
        """Delete the saved views that ask for what is erased, and return how many those were."""
        values = _named(request.value, request.found)
        with self.database.read() as tx:
            named = views.naming(tx, request.project, values)
        if named:
            with self.database.write() as tx:
                for name in views.naming(tx, request.project, values):
                    by, at_ns = PrincipalId(request.by), self.clock.now_ns()
                    views.delete(tx, request.project, name, by=by, at_ns=at_ns)
        return len(named)

    def _find(self, project: str, kind: SubjectKind, value: str, known: Found) -> Found:
        """Return the traces that hold what was asked for, and what hangs on them."""
        asked = f"SELECT DISTINCT trace_id AS id FROM spans WHERE {_COLUMN[kind]} = $value"
        # Some senders name the user in log records only.
        in_logs = f"SELECT DISTINCT trace_id AS id FROM logs WHERE {_IN_LOGS[kind]}"
        both = [
            *self._ids(project, "spans", asked, {"value": value}),
            *self._ids(project, "logs", in_logs, {"value": value}),
        ]
        traces, rows = self._with_rows(project, kind, value, {*known.traces, *both})
        in_traces = "FROM spans WHERE trace_id IN (SELECT unnest($traces))"
        wanted = {"traces": traces}
        spans = self._ids(project, "spans", f"SELECT span_id AS id {in_traces}", wanted)
        sessions = self._ids(project, "spans", f"SELECT DISTINCT conversation_id AS id {in_traces}", wanted)
        found = known.plus(
            Found(
                traces=tuple(traces),
                spans=tuple(spans),
                sessions=(*sessions, *([value] if kind == "session" else [])),
                blobs=tuple(self._mentioned(project, in_traces, wanted)),
                media=tuple(self._media.mentioned(project, traces)),
                rows=tuple(rows),
            )
        )
        where, values = _scores(found)
        scores = self._ids(project, "scores", f"SELECT score_id AS id FROM scores WHERE {where}", values)
        sql = f"SELECT min(start_ns)::VARCHAR || '-' || max(start_ns)::VARCHAR AS id {in_traces} GROUP BY trace_id"
        found = found.plus(Found(scores=tuple(scores), times=tuple(self._ids(project, "spans", sql, wanted))))
        return found.plus(Found(exports=tuple(self._exports(project, found))))

    def _exports(self, project: str, found: Found) -> list[str]:
        """Return the exports that may hold the traces."""
        times = [one.split("-") for one in found.times]
        with self.database.read() as tx:
            return exports.holding(tx, project, [(int(first), int(last)) for first, last in times])

    def _with_rows(self, project: str, kind: SubjectKind, value: str, traces: set[str]) -> tuple[list[str], list[str]]:
        """Return ``traces`` with those in which rows made of them were answered, and the rows.

        An answer to such a row repeats what was asked in it. It may be a row itself, so this goes on to the end.
        """
        while True:
            traced = self.datasets.traced(project, kind, value, traces)
            more = {trace for one in traced for trace in self._answers(project, one)} - traces
            if not more:
                return sorted(traces), [key for one in traced for key in one.keyed()]
            traces |= more

    def _answers(self, project: str, traced: Traced) -> list[str]:
        sql = (
            "SELECT DISTINCT trace_id AS id FROM spans"
            " WHERE run_id IN (SELECT unnest($runs)) AND row_id IN (SELECT unnest($rows))"
        )
        return self._ids(project, "spans", sql, {"runs": _texts(traced.runs), "rows": _texts(traced.rows)})

    def _ids(self, project: str, table: str, sql: str, values: Mapping[str, object]) -> list[str]:
        rows = self.lake.query(
            sql, table=table, project=project, since_ns=0, until_ns=EVER_NS, parameters=values, engine=self.engine
        )
        return [str(row["id"]) for row in rows if row["id"] is not None]

    def _mentioned(self, project: str, in_traces: str, wanted: Mapping[str, object]) -> list[str]:
        """Return the digests in payloads that are blobs of the project."""
        blobs = self.blobs(project)
        return sorted(one for one in self._digests(project, f"{in_traces} AND", wanted) if blobs.has(Digest(one)))

    def _digests(self, project: str, rows: str, values: Mapping[str, object]) -> set[str]:
        """Return the digests in payloads of ``rows``. A column at a time: together they may be gigabytes of text."""
        found = set[str]()
        for name in _PAYLOADS:
            text = f"{name}::VARCHAR"
            listed = f"unnest(regexp_extract_all({text}, 'sha256:[0-9a-f]{{64}}'))"
            sql = f"SELECT DISTINCT {listed} AS id {rows} contains({text}, 'sha256:')"
            found.update(self._ids(project, "spans", sql, values))
        return found

    def _remove_blobs(self, request: ErasureRequest) -> int:
        """Remove the blobs that only the erased spans mentioned."""
        blobs, removed = self.blobs(request.project), 0
        mentioned = self._digests(request.project, "FROM spans WHERE", {}) if request.found.blobs else set()
        for digest in request.found.blobs:
            used = digest in mentioned or self._in_catalog(request.project, digest)
            if _DIGEST.fullmatch(digest) and not used:
                blobs.remove(Digest(digest))
                removed += 1
        for digest in self.datasets.files(request):
            blobs.remove(digest)
            removed += 1
        return removed

    def _in_catalog(self, project: str, digest: str) -> bool:
        inside = f"%{digest}%"
        queries = [
            select(table.c.digest).where(table.c.project == project, table.c.digest == digest)
            for table in (artifact_references, run_references)
        ]
        manifests = select(artifacts.c.digest).where(artifacts.c.project == project)
        queries.append(manifests.where(artifacts.c.manifest.like(inside)))
        bodies = or_(cast(runs.c.body, String).like(inside), cast(run_ends.c.body, String).like(inside))
        joined = runs.outerjoin(run_ends, run_ends.c.run == runs.c.id)
        queries.append(select(runs.c.id).select_from(joined).where(runs.c.project == project, bodies))
        with self.database.read() as tx:
            return any(tx.execute(query.limit(1)).first() is not None for query in queries)

    def _event(self, request: ErasureRequest) -> JsonObject | None:
        with self.database.read() as tx:
            told = audit.events(tx, request.project, object=_object(request), limit=1)
        return told[0].detail if told else None

    def _tell(self, request: ErasureRequest, *, files: int, blobs: int, unheard: Iterable[str]) -> JsonObject:
        # Again: one that began while this went on may have read what was still there.
        begun = Found(exports=tuple(self._exports(request.project, request.found)))
        request = replace(request, found=request.found.plus(begun))
        detail: dict[str, Json] = {
            "asked": request.hash,
            "datasets": dict(self.datasets.left(request)),
            "files": files,
            "kind": request.kind,
            "versions": {table: self.upkeep.version(table) for table in ("logs", "scores", "spans")},
            **_counts(request.found),
            "blobs": blobs,
            "media": self._media.gone(request.project, request.found.media),
            "exports": list(request.found.exports[-_MOST_LISTED:]),
            "unheard": sorted(unheard),
        }
        with self.database.write() as tx:
            audit.append(
                tx,
                project=request.project,
                actor=PrincipalId(request.by),
                verb="erased",
                object=_object(request),
                detail=detail,
                at_ns=self.clock.now_ns(),
            )
        return detail


def _object(request: ErasureRequest) -> str:
    return f"erasure/{request.id}"


def _named(value: str, found: Found) -> set[str]:
    """Return what a query of somebody may name."""
    return {value, *found.traces, *found.sessions}


def _counts(found: Found) -> dict[str, Json]:
    return {
        "blobs": len(found.blobs),
        "export_count": len(found.exports),
        "media": len(found.media),
        "rows": len(row_ids(found.rows)),
        "scores": len(found.scores),
        "spans": len(found.spans),
        "traces": len(found.traces),
    }


def _of_traces(found: Found) -> Where:
    """Return what all of the traces is found by.

    Not by user or session: a span that came after the look would go before anybody noted whose its trace is.
    """
    return "trace_id IN (SELECT unnest($traces))", {"traces": _texts(found.traces)}


def _scores(found: Found) -> Where:
    condition = (
        "trace_id IN (SELECT unnest($traces)) "
        "OR subject_kind = 'trace' AND subject_id IN (SELECT unnest($traces)) "
        "OR subject_kind = 'span' AND subject_id IN (SELECT unnest($spans)) "
        "OR subject_kind = 'session' AND subject_id IN (SELECT unnest($sessions))"
    )
    return condition, {
        "traces": _texts(found.traces),
        "spans": _texts(found.spans),
        "sessions": _texts(found.sessions),
    }


def _texts(values: Iterable[str]) -> list[str]:
    # An empty list has no type that the engine could compare with text.
    return list(values) or [""]
