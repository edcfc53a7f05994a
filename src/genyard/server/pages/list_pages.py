"""The lists of this project: systems, releases, runs, jobs, audit. One record a row, one function a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from genyard.core.digest import short
from genyard.core.escape import one_line
from genyard.server.pages import figures
from genyard.server.pages.links import Links
from genyard.server.pages.lists import (
    Cell,
    Column,
    Empty,
    Filter,
    ListView,
    Page,
    identity,
    list_view,
    number,
    status,
    text,
    time,
)
from genyard.server.pages.status import Chip, chip, gate_chip


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRow:
    name: str
    live: int | None
    """The version of the release on ``prod``."""
    live_since_ns: int | None = None
    newest: int | None = None
    newest_verdict: str = "none"
    evidence: str = ""
    """See ``evidence.measured_line``: the verdict stands beside it."""
    answers: int | None = None
    """Answers in the last 24 hours; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    system: str
    version: int
    digest: str
    verdict: str
    evidence: str
    environments: Sequence[str]
    registered_ns: int
    registered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    id: str
    activity: str
    status: str
    """running, done, failed, cancelled or interrupted."""
    subject: str
    """What it was about, such as ``helpdesk on golden:14``."""
    started_ns: int
    duration_ns: int | None
    by: str
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    id: str
    name: str
    status: str
    """queued, running, waiting, done, failed or cancelled."""
    queued_ns: int
    duration_ns: int | None
    attempts: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    sequence: int
    at_ns: int
    actor: str
    verb: str
    object: str
    detail: str
    hash: str
    object_href: str = ""


def systems_page(rows: Sequence[SystemRow], *, links: Links) -> ListView:
    """Home: which systems are there, what is live, how good is it."""
    columns = (
        Column(text="System"),
        Column(text="Live on prod"),
        Column(text="Newest release"),
        Column(text="Evidence", optional=True, main=True),
        Column(text="Answers in 24 h", number=True, optional=True),
    )
    return list_view(
        "Systems",
        links=links,
        columns=columns,
        rows=[_system(one, links) for one in rows],
        empty=Empty(
            sentence="No system yet. This makes one from a folder of documents. Applications that you watch need none:"
            " see Dashboard, Traces and Sessions.",
            command="genyard init",
        ),
        cli="genyard releases",
        home=True,
    )


def _system(row: SystemRow, links: Links) -> tuple[Cell, ...]:
    live = _live(row.live) if row.live is not None else Chip(word="Not deployed", icon="none", tone="off")
    newest = "not released" if row.newest is None else f"release {row.newest}"
    href = "" if row.newest is None else links.release(row.name, row.newest)
    verdict = "" if row.newest is None else gate_chip(row.newest_verdict).word.lower()
    return (
        text(row.name, href=links.releases(system=row.name)),
        status(live),
        text(newest, href=href, note=verdict),
        text(row.evidence or "not evaluated"),
        number(figures.count(row.answers)),
    )


def _live(version: int) -> Chip:
    return Chip(word=f"Release {version}", icon="live", tone="ok")


def releases_page(rows: Sequence[ReleaseRow], *, links: Links, page: Page, filters: Sequence[Filter] = ()) -> ListView:
    """All releases, newest first: verdict, evidence, where each runs."""
    columns = (
        Column(text="Release"),
        Column(text="Gate"),
        Column(text="Runs on"),
        Column(text="Evidence", optional=True, main=True),
        Column(text="Registered"),
        Column(text="By", wide=True),
        Column(text="Digest"),
    )
    return list_view(
        "Releases",
        links=links,
        columns=columns,
        rows=[_release(one, links) for one in rows],
        empty=Empty(
            sentence="Nothing was released yet. Evaluate, then cut a release.",
            command="genyard eval && genyard release",
        ),
        cli="genyard releases",
        older=links.releases(after=page.older) if page.older else "",
        newest="" if page.first else links.releases(),
        notice=page.notice,
        filters=filters,
    )


def _release(row: ReleaseRow, links: Links) -> tuple[Cell, ...]:
    href = links.release(row.system, row.version)
    on = Chip(word=", ".join(row.environments), icon="live", tone="ok" if "prod" in row.environments else "info")
    return (
        text(f"{row.system} {row.version}", href=href),
        status(gate_chip(row.verdict)),
        status(on) if row.environments else text("nowhere"),
        text(row.evidence),
        time(row.registered_ns),
        text(row.registered_by, limit=40),
        identity(row.digest, what="release digest", shown=short(row.digest), href=href),
    )


def runs_page(rows: Sequence[RunRow], *, links: Links, page: Page) -> ListView:
    """What was evaluated, indexed, released: newest first."""
    columns = (
        Column(text="Started"),
        Column(text="State"),
        Column(text="Activity"),
        Column(text="About", main=True),
        Column(text="Result", optional=True),
        Column(text="Duration", number=True),
        Column(text="By", optional=True),
        Column(text="Run"),
    )
    return list_view(
        "Runs",
        links=links,
        columns=columns,
        rows=[_run(one, links) for one in rows],
        empty=Empty(sentence="Nothing ran yet. This evaluates every metric on every dataset.", command="genyard eval"),
        cli="genyard runs",
        older=links.runs(after=page.older) if page.older else "",
        newest="" if page.first else links.runs(),
        notice=page.notice,
    )


def _run(row: RunRow, links: Links) -> tuple[Cell, ...]:
    href = links.run(row.id)
    return (
        time(row.started_ns, href=href),
        status(chip(row.status)),
        text(row.activity, href=href),
        text(row.subject),
        text(row.result),
        number(figures.duration(row.duration_ns)),
        text(row.by, limit=40),
        # The end of a UUIDv7 tells runs of one minute apart; its beginning is the time.
        identity(row.id, what="run id", shown=row.id[-8:], href=href),
    )


def jobs_page(rows: Sequence[JobRow], *, links: Links, page: Page) -> ListView:
    """Work in the background: what waits, runs, failed."""
    columns = (
        Column(text="Queued"),
        Column(text="State"),
        Column(text="Job"),
        Column(text="Note", optional=True, main=True),
        Column(text="Duration", number=True),
        Column(text="Attempts", number=True),
        Column(text="Id"),
    )
    return list_view(
        "Jobs",
        links=links,
        columns=columns,
        rows=[_job(one) for one in rows],
        empty=Empty(sentence="No job was started. An evaluation starts one.", command="genyard eval"),
        cli="genyard jobs",
        older=links.jobs(after=page.older) if page.older else "",
        newest="" if page.first else links.jobs(),
        notice=page.notice,
    )


def _job(row: JobRow) -> tuple[Cell, ...]:
    return (
        time(row.queued_ns),
        status(chip(row.status)),
        text(row.name),
        text(row.note),
        number(figures.duration(row.duration_ns)),
        number(figures.count(row.attempts)),
        identity(row.id, what="job id", shown=row.id[-8:]),
    )


def audit_page(rows: Sequence[AuditRow], *, links: Links, page: Page, verified: str) -> ListView:
    """Who did what. ``verified`` says how far the chain was checked, such as ``chain verified to 48,211 at 09:00``."""
    columns = (
        Column(text="Time"),
        Column(text="Who"),
        Column(text="Did"),
        Column(text="To what"),
        Column(text="Detail", optional=True, main=True),
        Column(text="Event", number=True),
        Column(text="Hash", optional=True),
    )
    return list_view(
        "Audit",
        links=links,
        columns=columns,
        rows=[_event(one) for one in rows],
        empty=Empty(sentence="No event yet. Every change to this project will stand here."),
        cli="genyard audit",
        older=links.audit(after=page.older) if page.older else "",
        newest="" if page.first else links.audit(),
        notice=page.notice,
        note=verified,
    )


def _event(row: AuditRow) -> tuple[Cell, ...]:
    return (
        time(row.at_ns),
        text(row.actor, limit=60),
        text(row.verb, limit=40),
        text(row.object, href=row.object_href, limit=80),
        text(one_line(row.detail)),
        number(figures.count(row.sequence)),
        identity(row.hash, what="event hash", shown=short(row.hash)),
    )
