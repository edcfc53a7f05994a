"""A project folder and the server that it is worked on with: every verb of the life as a method."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

from genyard.client.api import Client, Reply
from genyard.client.dataset_rows import add_traces, pull_dataset
from genyard.client.trace_import import import_traces
from genyard.client.trace_media import save_media
from genyard.client.when import When, parameters
from genyard.client.workspace import check_out, open_workspace, project_of
from genyard.core.errors import Forbidden, GenyardError, InvalidInput, NotFound

OnProgress = Callable[[Reply], None]
OnText = Callable[[str], None]
OnCount = Callable[[int], None]

MOST_EXPORTED = 100_000
"""Traces of one export."""
HOME_KEY = "gy_local_"
"""How the key begins that a home gives to its owner."""
_PAGE = 500
"""Rows of a list that the server gives at once."""


def _ignore(_: object) -> None:
    pass


class Project:
    """What the command line does, for programs. Replies are those of the HTTP API; errors are GenyardErrors.

    The verbs that need the files of the folder (``run``, ``index``, ``evaluate``, ``release``) send those that the
    server does not have yet.
    """

    def __init__(self, client: Client, *, root: Path) -> None:
        self.client = client
        self.root = root

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; with the app in this process, stop the app."""
        self.client.close()

    def take_name(self) -> bool:
        """Work in the project that ``genyard.yaml`` names, where there is one. Returns whether there is."""
        try:
            self.client.project = project_of(open_workspace(self.root), self.client)
        except NotFound:
            return False
        return True

    def take_name_of_key(self) -> None:
        """Work in the one project that the key is for, where it is for one."""
        if self.client.key.startswith(HOME_KEY):
            return  # the owner of the home may act in all, and need not be asked
        with suppress(Forbidden):  # a key for one endpoint may not even ask who it is; what it may is asked elsewhere
            self.client.project = self.client.get("/api/me")["project"] or self.client.project

    def run(self, question: str, *, system: str = "", on_text: OnText = _ignore) -> Reply:
        """Answer one question with the system as it is in the folder. ``on_text`` is given the text as it comes."""
        checkout = self._check_out(system)
        path = self.client.of_project("systems", checkout["system"], "answers")
        answer: Reply = {}
        for event in self.client.stream_answer(
            path, {"checkout": checkout["checkout"], "inputs": {"question": question}}
        ):
            on_text(event.get("text", ""))
            answer = event.get("answer", answer)
        return answer

    def index(self, *, system: str = "", on_progress: OnProgress = _ignore) -> Reply:
        """Build what the system searches; an index of the same documents and settings is not built again."""
        return self._work("indexes", self._check_out(system), on_progress)

    def evaluate(
        self,
        *,
        system: str = "",
        dataset: str | None = None,
        repeats: int | None = None,
        on_progress: OnProgress = _ignore,
    ) -> Reply:
        """Evaluate the system and judge it by its gates. What was answered before is not asked again."""
        asked = {"dataset": dataset, "repeats": repeats}
        body = self._check_out(system) | {name: value for name, value in asked.items() if value is not None}
        return self._work("evaluations", body, on_progress)

    def release(self, *, system: str = "", on_progress: OnProgress = _ignore) -> Reply:
        """Cut a release of the system with its evidence; the reply says what the gate says."""
        return self._work("releases", self._check_out(system), on_progress)

    def releases(self, system: str = "") -> Reply:
        """List releases, newest first."""
        return self.client.get(self.client.of_project("releases"), system=system or None)

    def deploy(self, system: str, *, to: str, release: str = "", why: str = "") -> Reply:
        """Let a release, by version or digest, else the newest, answer in an environment. Raises GateNotPassed."""
        path = self.client.of_project("endpoints", system, to, "deploy")
        return self.client.post(path, {"release": release, "why": why})

    def rollback(self, system: str, *, environment: str = "prod", why: str = "") -> Reply:
        """Let the release before the present one answer again."""
        return self.client.post(self.client.of_project("endpoints", system, environment, "rollback"), {"why": why})

    def projects(self) -> Reply:
        """List the projects that the key may act in."""
        return self.client.get("/api/projects")

    def traces(
        self,
        query: str = "",
        *,
        sort: str = "start",
        limit: int = 20,
        after: str = "",
        endpoint: str = "",
        columns: str = "",
        **when: Unpack[When],
    ) -> Reply:
        """List the traces of the last ``hours`` that ``query`` chooses, newest first or by ``sort``.

        ``query`` is in the language of ``docs/traces.md``, such as ``status:error cost>0.01 "lost badge"``. In place of
        ``hours``, ``since`` and ``until`` say how long ago (``7d``), a date or a time. ``after`` is the ``next`` of the
        reply before; ``columns`` are those to have beside the usual ones, such as ``service``.
        """
        asked = {"q": query or None, "endpoint": endpoint or None, "columns": columns or None, "sort": sort}
        path = self.client.of_project("traces")
        return self._listed(path, "traces", asked | parameters(when), limit=limit, after=after)

    def _listed(self, path: str, rows: str, asked: Reply, *, limit: int, after: str = "") -> Reply:
        """Return up to ``limit`` rows, however many the server gives at once; ``next`` is where more would begin."""
        reply = self.client.get(path, limit=min(limit, _PAGE), after=after or None, **asked)
        while reply["next"] is not None and len(reply[rows]) < limit:
            left = min(limit - len(reply[rows]), _PAGE)
            more = self.client.get(path, limit=left, after=reply["next"], **asked)
            reply |= {"next": more["next"], rows: reply[rows] + more[rows]}
        return reply

    def trace_tree(self, trace: str, *, span: str = "", after: int = 0, limit: int = 500) -> Reply:
        """Show a trace with each span's children inside it, or what is below ``span``. Raises NotFound.

        Of ``limit`` spans those nearest to the top come first. A span says how many stand ``below`` it, and how many
        of its children are ``left_out``: they are had with ``span`` and with ``after``, the number that was given.
        """
        path = self.client.of_project("traces", trace, "tree")
        return self.client.get(path, span=span or None, after=after, limit=limit)

    def span(self, trace: str, span: str) -> Reply:
        """Show one span with its messages and payloads. Raises NotFound."""
        return self.client.get(self.client.of_project("traces", trace, "spans", span))

    def follow(self, query: str = "", *, poll_s: float = 1.0) -> Iterator[Reply]:
        """Yield the traces that arrive from now on, without end; the server is asked every ``poll_s``."""
        path = self.client.of_project("traces", "tail")
        return self._arriving(path, query, self.client.get(path, hours=1)["next"], poll_s)

    def _arriving(self, path: str, query: str, after: int, poll_s: float) -> Iterator[Reply]:
        while True:
            found = self.client.get(path, q=query or None, hours=24, after=after)
            after = found["next"]
            yield from reversed(found["traces"])
            if not found["traces"]:
                time.sleep(poll_s)

    def export(
        self,
        query: str = "",
        *,
        format: str = "jsonl",
        limit: int | None = None,
        on_count: OnCount = _ignore,
        **when: Unpack[When],
    ) -> Iterator[str]:
        """Yield whole traces as lines of JSON: a span each, or with ``otlp`` an OTLP/JSON request each.

        All that the query chooses, up to ``MOST_EXPORTED``, the newest first, unless ``limit`` says fewer. ``on_count``
        is told before the first line how many it chooses.
        """
        asked = self._exported(query, parameters(when), format, limit, on_count)
        return self.client.lines(self.client.of_project("traces", "export"), **asked)

    def export_parquet(
        self,
        file: str | Path,
        query: str = "",
        *,
        limit: int | None = None,
        on_count: OnCount = _ignore,
        **when: Unpack[When],
    ) -> None:
        """Write whole traces into ``file``, which is there once it is whole: a row a span, with the lake's columns."""
        asked = self._exported(query, parameters(when), "parquet", limit, on_count)
        unfinished = Path(f"{file}.unfinished")
        try:
            with unfinished.open("wb") as out:
                for piece in self.client.pieces(self.client.of_project("traces", "export"), **asked):
                    out.write(piece)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)

    def _exported(self, query: str, window: Reply, format: str, limit: int | None, on_count: OnCount) -> dict[str, Any]:
        counted = on_count is not _ignore
        return {
            "q": query or None,
            "format": format,
            "limit": limit or MOST_EXPORTED,
            "count": "true" if counted else None,  # it is a look of its own
            "on_headers": lambda headers: on_count(int(headers["X-Genyard-Traces"])) if counted else None,
            **window,
        }

    def save_media(
        self,
        folder: str | Path,
        query: str = "",
        *,
        limit: int | None = None,
        on_progress: OnProgress = _ignore,
        **when: Unpack[When],
    ) -> Reply:
        """Save the images, recordings and files that the spans of whole traces refer to into ``folder``.

        It is an export, and told in the audit as one. Replies with the counts of ``files``, ``bytes``, and ``gone``.
        """
        spans = self.export(query, limit=limit, **when)
        return save_media(self.client, spans, Path(folder), on_progress)

    def import_traces(self, file: str | Path, *, on_progress: OnProgress = _ignore) -> Reply:
        """Keep the traces of a file: conversations with tool calls as JSON Lines, or an export in ``otlp``.

        Replies with the counts of ``lines`` and ``spans``. The same file imported again is kept once.
        """
        return import_traces(self.client, Path(file), on_progress)

    def sessions(
        self,
        query: str = "",
        *,
        limit: int = 20,
        after: str = "",
        **when: Unpack[When],
    ) -> Reply:
        """List the sessions of the last ``hours``, the one that was last active first."""
        asked = {"q": query or None} | parameters(when)
        return self._listed(self.client.of_project("sessions"), "sessions", asked, limit=limit, after=after)

    def session(
        self,
        session: str,
        *,
        limit: int = 200,
        after: str = "",
        **when: Unpack[When],
    ) -> Reply:
        """Show the traces of one session in the order in which they were asked."""
        path = self.client.of_project("sessions", session)
        return self._listed(path, "traces", parameters(when, hours=24 * 30), limit=limit, after=after)

    def stats(
        self,
        query: str = "",
        *,
        every: str = "day",
        by: str = "",
        **when: Unpack[When],
    ) -> Reply:
        """Give traffic, errors, exact percentiles of latency, usage and scores by hour or day."""
        path = self.client.of_project("stats")
        return self.client.get(path, q=query or None, every=every, by=by or None, **parameters(when))

    def views(self) -> Reply:
        """List the saved views of the project."""
        return self.client.get(self.client.of_project("views"))

    def view(self, name: str) -> Reply:
        """Show one saved view. Raises NotFound."""
        return self.client.get(self.client.of_project("views", name))

    def save_view(
        self,
        name: str,
        query: str = "",
        *,
        since: str = "7d",
        sort: str = "start",
        page: str = "traces",
        columns: str = "",
    ) -> Reply:
        """Save a query under a name for everybody in the project, in the place of the one that has it.

        ``since`` is ``1h``, ``24h``, ``7d`` or ``30d``; ``page`` is ``traces`` or ``sessions``;
        ``columns``, such as ``user,tags``, are those that the page shows instead of the usual ones.
        """
        body = {"query": query, "since": since, "sort": sort, "page": page, "columns": columns}
        return self.client.put_json(self.client.of_project("views", name), body)

    def delete_view(self, name: str) -> Reply:
        """Delete a saved view; the reply has all of it. Raises NotFound."""
        return self.client.delete(self.client.of_project("views", name))

    def why(self, trace: str) -> Reply:
        """Say what made an answer: its release, the evidence that let it ship, its documents."""
        return self.client.get(self.client.of_project("why", trace))

    def affected(self, thing: str) -> Reply:
        """Say what used a document, a digest, or a reference such as ``prompt/answer:3``."""
        return self.client.get(self.client.of_project("affected"), of=thing)

    def datasets(self) -> Reply:
        """List the datasets with their newest version."""
        return self.client.get(self.client.of_project("datasets"))

    def dataset(self, name: str, *, version: int | None = None, limit: int = 20, after: str = "") -> Reply:
        """Show rows of a dataset in order of id; ``after`` is the ``next`` of the reply before."""
        return self.client.get(
            self.client.of_project("datasets", name), version=version, limit=limit, after=after or None
        )

    def add_to_dataset(
        self,
        name: str,
        traces: Sequence[str],
        *,
        expect: str = "",
        answer: bool = False,
        tags: Sequence[str] = (),
        session: bool = False,
        user: bool = False,
        preview: bool = False,
        on_progress: OnProgress = _ignore,
    ) -> Reply:
        """Add traces (``TRACE`` or ``TRACE:SPAN``) to a dataset as rows, also to its file where genyard.yaml names one.

        Expected is nothing yet, ``expect``, or with ``answer`` what was answered. The same trace again changes nothing
        but what is expected.
        """
        wish: Reply = {"answer": answer, "expect": expect, "session": session, "tags": list(tags), "user": user}
        return add_traces(self.client, self.root, name, traces, wish | {"preview": preview}, on_progress)

    def pull_dataset(self, name: str, *, file: str = "") -> Reply:
        """Write what was added, corrected and erased elsewhere, such as on a page, to the dataset's file."""
        return pull_dataset(self.client, self.root, name, file)

    def sql(self, select: str, *, limit: int = 1000, timeout_s: float | None = None) -> Reply:
        """Run one SELECT over ``spans``, ``scores`` and ``logs`` of this project, into ``columns`` and ``rows``.

        ``cut`` says which bound was met where there are more rows.
        """
        asked = {"sql": select, "limit": limit} | ({} if timeout_s is None else {"timeout_s": timeout_s})
        return self.client.post(self.client.of_project("sql"), asked)

    def sql_tables(self) -> Reply:
        """List the tables that ``sql`` may ask, with their columns."""
        return self.client.get(self.client.of_project("sql"))

    def _check_out(self, system: str) -> Reply:
        checkout = check_out(open_workspace(self.root), self.client)
        return {"checkout": checkout["checkout"], "system": system or _only(checkout["systems"])}

    def _work(self, kind: str, body: Reply, on_progress: OnProgress) -> Reply:
        """Enqueue and wait. Ctrl-C cancels the job: what it finished is kept."""
        job = self.client.post(self.client.of_project(kind), body)["job"]
        try:
            return self.client.wait(job, on_progress=on_progress)
        except KeyboardInterrupt:
            with suppress(GenyardError):
                self.client.post(self.client.of_project("jobs", job, "cancel"))
            raise


def _only(systems: list[str]) -> str:
    if len(systems) == 1:
        return systems[0]
    raise InvalidInput("genyard.yaml has several systems", hint=f"name one with --system: {', '.join(systems)}")
