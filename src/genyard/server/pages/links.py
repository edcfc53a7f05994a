"""Every address of the pages, in one place. Views make links only through this; routes answer these paths."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

_TRACE = re.compile(r"[0-9a-f]{32}")
_RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_RELEASE = re.compile(r"(?:release/)?([a-z0-9][a-z0-9._-]{0,63}):(\d{1,9})")
MOST_OPENED = 8


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses within one project."""

    project: str

    @property
    def home(self) -> str:
        return f"/p/{_part(self.project)}"

    def _at(self, path: str, **query: str) -> str:
        given = {name: value for name, value in query.items() if value}
        return f"{self.home}/{path}" + (f"?{urlencode(given)}" if given else "")

    def traces(self, *, q: str = "") -> str:
        return self._at("traces", q=q)

    def sessions(self) -> str:
        return self._at("sessions")

    @property
    def views(self) -> str:
        return self._at("views")

    def delete_view(self, name: str) -> str:
        return self._at(f"views/{_part(name)}/delete")

    def session(self, session: str, *, after: str = "") -> str:
        return self._at("session", id=session, after=after)

    def compare(self, one: str, other: str = "") -> str:
        return self._at("compare", a=one, b=other)

    @property
    def dashboard(self) -> str:
        return self._at("dashboard")

    @property
    def settings(self) -> str:
        return self._at("settings")

    def trace(self, trace_id: str, *, tab: str = "", span: str = "") -> str:
        return self._at(f"traces/{_part(trace_id)}", tab=tab, span=span)

    def feedback(self, trace_id: str) -> str:
        return self._at(f"traces/{_part(trace_id)}/feedback")

    def trace_json(self, trace_id: str) -> str:
        return self._at(f"traces/{_part(trace_id)}.json")

    def span_column(self, trace_id: str, span_id: str, column: str) -> str:
        """The whole of one column of one span as plain text: the door behind every cut."""
        return self._at(f"traces/{_part(trace_id)}/spans/{_part(span_id)}/{_part(column)}.txt")

    def media(self, trace_id: str, digest: str) -> str:
        """An image, a recording or a file of a trace: the API's own address, for pages only show it."""
        return f"/api/projects/{_part(self.project)}/traces/{_part(trace_id)}/media/{_part(digest)}"

    def datasets(self) -> str:
        return self._at("datasets")

    def dataset(self, name: str, *, after: str = "") -> str:
        return self._at(f"datasets/{_part(name)}", after=after)

    def dataset_row(self, name: str, row: str) -> str:
        return self._at(f"datasets/{_part(name)}/row", id=row)

    def add_to_dataset(self, trace: str = "", *, dataset: str = "") -> str:
        """The form that makes rows of traces; also where it is sent. ``trace`` may be ``TRACE:SPAN``."""
        return self._at("add-to-dataset", trace=trace, dataset=dataset)

    def releases(self, *, system: str = "", after: str = "") -> str:
        return self._at("releases", system=system, after=after)

    def release(self, system: str, version: int, *, diff: str = "") -> str:
        return self._at(f"s/{_part(system)}/releases/{version}", diff=diff)

    def runs(self, *, after: str = "") -> str:
        return self._at("runs", after=after)

    def run(self, run_id: str) -> str:
        return self._at(f"runs/{_part(run_id)}")

    def jobs(self, *, after: str = "") -> str:
        return self._at("jobs", after=after)

    def audit(self, *, after: str = "") -> str:
        return self._at("audit", after=after)

    def artifact(self, digest: str) -> str:
        return self._at(f"artifacts/{_part(digest)}")

    def affected(self, thing: str) -> str:
        """What used a document's path, a digest or a reference."""
        return self._at("affected", of=thing)

    def affected_json(self, thing: str) -> str:
        return f"/api/projects/{_part(self.project)}/affected?{urlencode({'of': thing})}"

    @property
    def go(self) -> str:
        return self._at("go")

    def find(self, text: str) -> str | None:
        """Return the page of a pasted trace id, run id, digest or ``name:version`` of a release, else None."""
        asked = text.strip().lower()
        if _TRACE.fullmatch(asked):
            return self.trace(asked)
        if _RUN.fullmatch(asked):
            return self.run(asked)
        if _DIGEST.fullmatch(asked):
            return self.artifact(asked)
        named = _RELEASE.fullmatch(asked)
        return self.release(named[1], int(named[2])) if named else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceState:
    """What the query of a trace's address says: tab, span, opened rows, first row, filter. Defaults are left out."""

    tab: str = "steps"
    span: str = ""
    show: str = "all"
    opened: tuple[str, ...] = field(default=())
    after: int = 0

    def query(self) -> str:
        """Return ``?tab=…&span=…`` for a link relative to the trace's page."""
        pairs: list[tuple[str, str]] = []
        if self.tab != "steps":
            pairs.append(("tab", self.tab))
        if self.show != "all":
            pairs.append(("show", self.show))
        pairs += [("open", one) for one in self.opened[-MOST_OPENED:]]
        if self.after:
            pairs.append(("after", str(self.after)))
        if self.span:
            pairs.append(("span", self.span))
        return "?" + urlencode(pairs)

    def select(self, span_id: str) -> str:
        return replace(self, span=span_id).query()

    def switch(self, tab: str) -> str:
        return replace(self, tab=tab).query()

    def filter(self, show: str) -> str:
        return replace(self, show=show, after=0).query()

    def page(self, after: int) -> str:
        return replace(self, after=after).query()

    def open(self, span_id: str, *, after: int) -> str:
        return replace(self, opened=(*self.opened, span_id), after=after).query()


def trace_state(*, tab: str, span: str, show: str, opened: Sequence[str], after: str) -> TraceState:
    """Read the query of a trace's address. What it does not know falls back to the default."""
    return TraceState(
        tab=tab if tab in ("conversation", "documents", "scores", "raw") else "steps",
        span=span[:64],
        show=show if show in ("models", "problems") else "all",
        opened=tuple(one[:64] for one in opened[-MOST_OPENED:]),
        after=int(after) if after.isascii() and after.isdecimal() and len(after) < 8 else 0,
    )


def _part(text: str) -> str:
    # A lone surrogate cannot be encoded; such an id names nothing, so any stand-in will do. "." and ".." would be
    # resolved away by the browser.
    quoted = quote(text, safe=":@", errors="replace")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")
