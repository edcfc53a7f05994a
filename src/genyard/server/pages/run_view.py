"""The page of one run: what was done, when, by whom, how it ended, what went in and what came out."""

from collections.abc import Iterator, Mapping

from genyard.core.canonical import Json
from genyard.core.digest import short
from genyard.core.records import Reference, Run, RunEnd
from genyard.server.pages import figures
from genyard.server.pages.evidence import MetricRow, metrics_of
from genyard.server.pages.frame import Action, Crumb
from genyard.server.pages.links import Links
from genyard.server.pages.lists import Cell, Column, Table, identity, number, text
from genyard.server.pages.plain_views import ThingView, thing_view
from genyard.server.pages.span_panel import Fact
from genyard.server.pages.status import chip


def subject(run: Run) -> str:
    """Return what a run was about, such as ``helpdesk on golden``."""
    return " on ".join(str(run.parameters[name]) for name in ("system", "dataset") if run.parameters.get(name))


def run_view(
    run: Run,
    end: RunEnd | None,
    *,
    links: Links,
    by: str,
    named: Mapping[str, str],
    body: Json,
    raw_href: str,
    erased_rows: int = 0,
) -> ThingView:
    """Return the page. ``by`` is the name of who started it, ``named`` has the names of artifacts by digest.

    ``erased_rows`` are those of its datasets that were erased since.
    """
    metrics = metrics_of(end.result) if end else ()
    tables = (_figures(metrics), _artifacts(run, end, links=links, named=named))
    return thing_view(
        f"{run.activity.capitalize()} {subject(run)}".rstrip(),
        links=links,
        body=body,
        chips=[chip(end.status if end else "running")],
        facts=[*_facts(run, end, by=by), *_erased(erased_rows)],
        tables=[one for one in tables if one.rows],
        actions=[Action(text="Its answers", href=links.traces(q=f"run:{run.id}"))],
        raw_href=raw_href,
        trail=(Crumb(text="Runs", href=links.runs()),),
        cli=f"genyard runs {run.id}",
    )


def _facts(run: Run, end: RunEnd | None, *, by: str) -> Iterator[Fact]:
    yield Fact(label="Started", text="", at_ns=run.started_ns)
    yield Fact(label="Took", text=figures.duration(end.ended_ns - run.started_ns) if end else "not ended")
    yield Fact(label="By", text=by)
    if end and end.error:
        yield Fact(label="Ended with", text=end.error[:300])
    cases = end.result.get("cases") if end else None
    if isinstance(cases, Mapping):
        yield Fact(label="Answers", text=_cases(cases))
    code = run.code
    if code:
        changed = ", with changes that were not committed" if code.diff else ""
        yield Fact(label="Code", text=f"commit {code.commit[:8]}{changed}")
    yield Fact(label="Run", text=run.id[-8:], digest=run.id)


def _erased(rows: int) -> Iterator[Fact]:
    if rows:
        text = f"{figures.plural(rows, 'row')} of its dataset; the figures are of all as they were"
        yield Fact(label="Erased since", text=text)


def _cases(cases: Mapping[str, Json]) -> str:
    counts = {name: value for name in ("total", "failed", "reused") if isinstance(value := cases.get(name), int)}
    told = [f"{figures.count(counts.get('total'))}"]
    told += [f"{figures.count(counts['failed'])} failed"] if counts.get("failed") else []
    told += [f"{figures.count(counts['reused'])} from before"] if counts.get("reused") else []
    return ", ".join(told)


def _figures(metrics: tuple[MetricRow, ...]) -> Table:
    columns = (
        Column(text="Metric"),
        Column(text="Mean", number=True),
        Column(text="95 % interval", number=True),
        Column(text="n", number=True),
        Column(text="Dataset", optional=True, main=True),
        Column(text="Method", wide=True),
    )
    return Table(label="Figures", columns=columns, rows=tuple(_metric(one) for one in metrics))


def _metric(one: MetricRow) -> tuple[Cell, ...]:
    return (
        text(one.metric),
        number(one.result),
        number(one.interval),
        number(one.n),
        text(one.dataset),
        text(one.method),
    )


def _artifacts(run: Run, end: RunEnd | None, *, links: Links, named: Mapping[str, str]) -> Table:
    columns = (Column(text="What", main=True), Column(text="As"), Column(text="Kind"), Column(text="Digest"))
    outputs = end.outputs if end else ()
    sides = [*(("in", one) for one in run.inputs), *(("out", one) for one in outputs)]
    rows = tuple(_artifact(side, one, links=links, named=named) for side, one in sides)
    return Table(label="What went in and came out", columns=columns, rows=rows)


def _artifact(side: str, one: Reference, *, links: Links, named: Mapping[str, str]) -> tuple[Cell, ...]:
    href = links.artifact(one.digest)
    return (
        text(named.get(one.digest) or short(one.digest), href=href),
        text(f"{side}: {one.role}"),
        text(one.kind),
        identity(one.digest, what="digest", shown=short(one.digest)),
    )
