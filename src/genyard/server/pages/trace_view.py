"""The page of one trace: what did it do, and why this answer?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from genyard.core.canonical import Json
from genyard.core.digest import short
from genyard.core.errors import NotFound
from genyard.core.escape import one_line
from genyard.core.records import Score
from genyard.observe.explorer.span_forest import SpanForest, span_forest
from genyard.observe.explorer.span_row import SpanRow
from genyard.observe.tracing import OWN_SERVICE
from genyard.server.pages import figures
from genyard.server.pages.conversation import Turn, talk
from genyard.server.pages.documents import Documents, contents_of, documents_of, source_of, text_source_of
from genyard.server.pages.frame import Action, Crumb, Head, ProvenanceItem
from genyard.server.pages.json_view import JsonNode, json_view
from genyard.server.pages.links import Links, TraceState
from genyard.server.pages.shown import Allowance
from genyard.server.pages.span_panel import Fact, ScoreRow, SpanPanel, score_row, span_panel
from genyard.server.pages.status import Chip, chip
from genyard.server.pages.waterfall import Waterfall, waterfall

TAB_BYTES = 30_000
PANEL_BYTES = 9_000
_MOST_ROWS = 8
_MOST_SCORES = 100
_ARRIVING_NS = 60_000_000_000
_CALLS = ("model", "retrieval")
_SMALL = (
    ("Row", "row_id"),
    ("User", "user_id"),
    ("Service", "service_name"),
    ("Version", "service_version"),
    ("Environment", "environment"),
    ("Tags", "tags"),
)
"""Columns of the first span that say what a trace belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """The release that made an answer: what the page's provenance line tells of it."""

    system: str
    version: int
    digest: str
    evidence: str
    """In a few words, such as ``gate passed · answer_f1 0.731 [0.700, 0.761], n 412``; see ``evidence_line``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    key: str
    text: str
    count: int | None
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceView:
    head: Head
    trace_id: str
    tab: str
    tabs: tuple[Tab, ...]
    facts: tuple[Fact, ...]
    notice: str
    """Said above the tabs where the page shows less than there is or will be."""
    steps: Waterfall | None
    panel: SpanPanel | None
    turns: tuple[Turn, ...]
    documents: Documents
    documents_span: str
    scores: tuple[ScoreRow, ...]
    feedback_href: str
    """Where up or down is sent; empty for who may not score."""
    raw: JsonNode | None
    raw_href: str
    links: Links
    provenance: tuple[ProvenanceItem, ...]
    crumbs: tuple[Crumb, ...]
    cli: str


NOBODY: Mapping[str, str] = MappingProxyType({})


def trace_view(
    spans: Sequence[Mapping[str, Json]] | SpanForest,
    *,
    links: Links,
    state: TraceState,
    release: MadeBy | None = None,
    scores: Sequence[Score] = (),
    scorers: Mapping[str, str] = NOBODY,
    now_ns: int,
    may_score: bool = False,
    may_add: bool = False,
    in_datasets: Sequence[tuple[str, str]] = (),
) -> TraceView:
    """Return the page of the trace that ``spans`` are: rows of the lake's table in any order, at least one.

    ``scorers`` are the names of those who scored, ``in_datasets`` the rows made from it: dataset and row id. Any parent
    graph will do. Raises NotFound when there is no span.
    """
    if not isinstance(spans, SpanForest):
        if not spans:
            raise NotFound("there is no such trace in this project", hint="see the list of traces")
        spans = span_forest(spans)
    view = _Trace(spans, links, state, release, scores, scorers, now_ns).view()
    rows = [
        Fact(label="In dataset", text=name, href=links.dataset_row(name, row)) for name, row in in_datasets[:_MOST_ROWS]
    ]
    view = replace(view, facts=(*view.facts, *rows))
    if may_add and not spans.root.text("row_id"):
        add = Action(text="Add to dataset…", href=links.add_to_dataset(view.trace_id))
        view = replace(view, head=replace(view.head, actions=(add, *view.head.actions)))
    return replace(view, feedback_href=links.feedback(view.trace_id)) if may_score else view


class _Trace:
    def __init__(
        self,
        forest: SpanForest,
        links: Links,
        state: TraceState,
        release: MadeBy | None,
        scores: Sequence[Score],
        scorers: Mapping[str, str],
        now_ns: int,
    ) -> None:
        self.spans, self.tree, self.root = forest.spans, forest.tree, forest.root
        self.links, self.state, self.release, self.scores, self.now_ns = links, state, release, scores, now_ns
        self.scorers = scorers
        self.source = source_of(self.spans, self.root)
        self.id = self.root.text("trace_id")

    def view(self) -> TraceView:
        tab = self.state.tab
        allowance = Allowance(PANEL_BYTES if tab == "steps" else TAB_BYTES)
        selected = self._selected()
        texts = text_source_of(self.spans, self.source)
        contents = contents_of(texts) if tab == "documents" else None
        given = documents_of(self.source, allowance, answer=self.root.whole("output"), contents=contents)
        return TraceView(
            head=self._head(),
            trace_id=self.id,
            tab=tab,
            tabs=self._tabs(given.total),
            facts=self._facts(),
            notice=self._notice(),
            steps=self._steps(selected) if tab == "steps" else None,
            panel=self._panel(self.spans[selected], allowance) if tab == "steps" else None,
            turns=self._talk(allowance, given.total) if tab == "conversation" else (),
            documents=given,
            documents_span=texts.id,
            scores=tuple(score_row(one, self.scorers, self.links) for one in self.scores[:_MOST_SCORES])
            if tab == "scores"
            else (),
            feedback_href="",
            raw=json_view(_raw(self.spans[selected]), allowance) if tab == "raw" else None,
            raw_href=self.links.trace_json(self.id),
            links=self.links,
            provenance=self._provenance(given),
            crumbs=self._crumbs(),
            cli=f"genyard why {self.id[:16]}",
        )

    def _selected(self) -> int:
        found = (position for position, span in enumerate(self.spans) if span.id == self.state.span)
        return next(found, self.tree.roots[0])

    def _steps(self, selected: int) -> Waterfall:
        return waterfall(self.spans, self.tree, state=self.state, selected=selected)

    def _panel(self, span: SpanRow, allowance: Allowance) -> SpanPanel:
        start_ns = self.spans[0].start_ns
        return span_panel(
            span,
            source=self.source,
            start_ns=start_ns,
            scores=self.scores,
            scorers=self.scorers,
            links=self.links,
            allowance=allowance,
        )

    def _talk(self, allowance: Allowance, documents: int) -> tuple[Turn, ...]:
        models = [one for one in self.spans if one.kind == "model"]
        hrefs = {one.id: self.links.trace(self.id, span=one.id) for one in models}
        return talk(models, hrefs, allowance, documents=documents)

    def _asked(self) -> str:
        return one_line(self.root.question or self.root.whole("preview"), limit=90)

    def _head(self) -> Head:
        asked = self._asked()
        heading = f"“{asked}”" if asked else self.root.name
        title = f"{asked or self.root.name} · trace {self.id[:8]}"
        return Head(title=title, heading=heading, chips=self._chips(), actions=self._actions())

    def _actions(self) -> tuple[Action, ...]:
        return (
            Action(text="Compare", href=self.links.compare(self.id)),
            Action(text="Download JSON", href=self.links.trace_json(self.id)),
        )

    def _chips(self) -> tuple[Chip, ...]:
        chips: list[Chip] = []
        if self.tree.orphans:
            chips.append(chip("partial"))
        elif not self.root.failed:
            chips.append(chip("ok"))
        errors = sum(one.failed for one in self.spans)
        if self.root.failed:
            chips.append(chip("failed"))
        if errors > self.root.failed:
            chips.append(Chip(word=figures.plural(errors, "error"), icon="bad", tone="bad", filled=True))
        return tuple(chips)

    def _notice(self) -> str:
        orphans = len(self.tree.orphans)
        if not orphans:
            return ""
        quiet_ns = self.now_ns - max(one.end_ns for one in self.spans)
        text = f"{figures.plural(orphans, 'span')} of {len(self.spans):,} stand without a parent that is here."
        if 0 <= quiet_ns < _ARRIVING_NS:
            return f"{text} Spans may still be arriving, the last {figures.duration(quiet_ns)} ago. Reload to see more."
        return f"{text} Nothing came for {figures.duration(max(0, quiet_ns))}; the sender may have dropped the rest."

    def _tabs(self, documents: int) -> tuple[Tab, ...]:
        counts: dict[str, tuple[str, int | None]] = {
            "steps": ("Steps", len(self.spans)),
            "conversation": ("Conversation", None),
            "documents": ("Documents", documents),
            "scores": ("Scores", len(self.scores)),
            "raw": ("Raw", None),
        }
        return tuple(
            Tab(key=key, text=text, count=number, href=self.state.switch(key)) for key, (text, number) in counts.items()
        )

    def _facts(self) -> tuple[Fact, ...]:
        length = max(one.end_ns for one in self.spans) - self.spans[0].start_ns
        first, cost = self._first_token(), self._cost()
        run = self.root.text("run_id")
        found = [
            Fact(label="Trace", text=self.id[:16], digest=self.id),
            Fact(label="Started", text="", at_ns=self.spans[0].start_ns),
            Fact(label="Duration", text=figures.duration(length)),
            *([] if first is None else [Fact(label="First token", text=figures.duration(first))]),
            Fact(label="Tokens", text=figures.count(self._tokens())),
            Fact(label="Cost", text=figures.money(cost)),
            Fact(label="Spans", text=f"{len(self.spans):,}, {'partial' if self.tree.orphans else 'complete'}"),
        ]
        if run:
            found.append(Fact(label="Run", text=run[-8:], href=self.links.run(run), digest=run))
        session = self.root.text("conversation_id")
        if session:
            found.append(Fact(label="Session", text=one_line(session, limit=40), href=self.links.session(session)))
        for label, column in _SMALL:
            value = ", ".join(self.root.texts(column)) or self.root.text(column)
            if value and value != "[]":
                found.append(Fact(label=label, text=one_line(value, limit=80)))
        return tuple(found)

    def _first_token(self) -> int | None:
        """Return how long the first token took, counted from the root's start; where it has none, its first call's."""
        told = ((one, one.number("ttft_s")) for one in (self.root, *self.spans))
        first = next(((one, seconds) for one, seconds in told if seconds is not None), None)
        return None if first is None else first[0].start_ns - self.root.start_ns + int(first[1] * 1e9)

    def _tokens(self) -> int | None:
        """Return the tokens of all model calls. The root's own are a sum of the same and are not added."""
        calls = [tokens for one in self.spans if one.kind in _CALLS and (tokens := one.tokens) is not None]
        return sum(calls) if calls else self.root.tokens

    def _cost(self) -> float | None:
        calls = [cost for one in self.spans if one.kind in _CALLS and (cost := one.number("cost_usd")) is not None]
        return sum(calls) if calls else self.root.number("cost_usd")

    def _crumbs(self) -> tuple[Crumb, ...]:
        return (
            Crumb(text=self.links.project, href=self.links.home),
            Crumb(text="Traces", href=self.links.traces()),
            Crumb(text=self.id[:8], mono=True),
        )

    def _provenance(self, given: Documents) -> tuple[ProvenanceItem, ...]:
        endpoint = self.root.text("endpoint")
        run = self.root.text("run_id")
        service = self.root.text("service_name")
        data = self._data_item(given)
        if not endpoint and not run and not self.release and not self.root.text("system"):
            return (self._outside(service), *([data] if given.total else []))
        if run:
            asked_by = f"none: asked by run {run[-8:]}"
        elif service and service != OWN_SERVICE:
            asked_by = f"none: sent by {one_line(service, limit=40)}"
        else:
            asked_by = "none: asked by hand"
        return (
            ProvenanceItem(label="endpoint", text=endpoint, note="" if endpoint else asked_by),
            *self._release_items(),
            data,
        )

    def _outside(self, service: str) -> ProvenanceItem:
        """Return the one line for what no release of this project made."""
        stamped = self.root.text("release")
        by = f"sent by {one_line(service, limit=40)}" if service and service != OWN_SERVICE else "asked by hand"
        if not stamped:
            return ProvenanceItem(label="release", note=f"none: {by}")
        text = short(stamped) if stamped.startswith("sha256:") else one_line(stamped, limit=40)
        return ProvenanceItem(label="release", text=text, digest=stamped, note=f"not in this project's catalog: {by}")

    def _release_items(self) -> tuple[ProvenanceItem, ProvenanceItem]:
        stamped = self.root.text("release")
        if self.release:
            href = self.links.release(self.release.system, self.release.version)
            text = f"{self.release.version} · {short(self.release.digest)}"
            first = ProvenanceItem(label="release", text=text, href=href, digest=self.release.digest)
            return first, ProvenanceItem(label="evidence", text=self.release.evidence, href=href)
        if stamped:
            note = "not in this project's catalog"
            first = ProvenanceItem(label="release", text=short(stamped)[:40], digest=stamped, note=note)
            return first, ProvenanceItem(label="evidence", note="none: the release is not known here")
        system = self.root.text("system")
        text, href = (f"system {short(system)[:40]}", self.links.artifact(system)) if system else ("", "")
        first = ProvenanceItem(label="release", text=text, href=href, digest=system, note="not released")
        return first, ProvenanceItem(label="evidence", note="none: not released")

    def _data_item(self, given: Documents) -> ProvenanceItem:
        index = next((one.text("index_digest") for one in self.spans if one.columns.get("index_digest")), "")
        used = f"{figures.plural(given.total, 'passage')}, {given.used} used" if given.total else "no passages"
        if not index:
            return ProvenanceItem(label="data", note=used)
        text = f"index {short(index)[:40]}"
        return ProvenanceItem(label="data", text=text, href=self.links.artifact(index), digest=index, note=used)


def _raw(span: SpanRow) -> Json:
    return {name: span.json(name) for name, value in span.columns.items() if value is not None}
