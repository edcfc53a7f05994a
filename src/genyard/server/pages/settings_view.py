"""What a project keeps, for how long, what is masked and who has keys; and the commands that change it."""

from collections.abc import Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json
from genyard.server.pages import figures
from genyard.server.pages.figures import MISSING, plural
from genyard.server.pages.links import Links
from genyard.server.pages.lists import Cell, Column, Table, command, number, text, time
from genyard.server.pages.plain_views import ThingView, thing_view
from genyard.server.pages.span_panel import Fact
from genyard.server.pages.status import Chip

MOST_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a table, or a day of all, takes. ``cost_usd`` is None where it is not known."""

    name: str
    rows: int
    files: int
    size: int
    media: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Where a project stands. ``limit`` 0 is no limit; ``state`` is ok, near or full."""

    used: int
    limit: int
    state: str

    @property
    def words(self) -> str:
        if not self.limit:
            return f"{figures.size(self.used)}, without a limit"
        return f"{figures.size(self.used)} of {figures.size(self.limit)} ({self.used / self.limit:.0%})"

    @property
    def warning(self) -> str:
        """What everybody should know, or nothing."""
        if self.state == "ok":
            return ""
        when = "New traces and scores are refused" if self.state == "full" else "At the limit new rows are refused"
        return f"The lake of this project holds {self.words} of its quota. {when}. Keep fewer days, or raise the quota."


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    mode: str
    rules: Sequence[str]
    custom: Sequence[str]
    media: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    name: str
    role: str
    scopes: Sequence[str]
    state: str
    last_used_ns: int | None
    expires_ns: int


def settings_view(
    *,
    links: Links,
    quota: Quota,
    keep_days: int | None,
    tables: Sequence[Taken],
    days: Sequence[Taken],
    masked: Masked | None,
    keys: Sequence[KeyRow] | None,
    body: Json,
) -> ThingView:
    """Return the page. ``masked`` and ``keys`` are None for who may not see them."""
    return thing_view(
        "Settings",
        links=links,
        body=body,
        chips=[_CHIPS[quota.state]] if quota.state in _CHIPS else [],
        facts=_facts(quota, keep_days, tables, masked),
        tables=[
            _taken("What the tables take", "Table", tables),
            _taken("By day", "Day", days[:MOST_DAYS], by_day=True),
            *([_keys(keys)] if keys else []),
            _commands(),
        ],
        raw_href=f"/api/projects/{links.project}/lake",
        cli="genyard lake",
    )


_CHIPS = {
    "near": Chip(word="Nearly full", icon="und", tone="warn", filled=True),
    "full": Chip(word="Full", icon="bad", tone="bad", filled=True),
}


def _facts(quota: Quota, keep_days: int | None, tables: Sequence[Taken], masked: Masked | None) -> list[Fact]:
    found = [
        Fact(label="Quota", text=quota.words),
        Fact(label="Rows", text=figures.count(sum(one.rows for one in tables))),
        Fact(label="Files", text=figures.count(sum(one.files for one in tables))),
        Fact(label="Kept for", text=plural(keep_days, "day") if keep_days else "ever"),
    ]
    if masked:
        rules = ", ".join([*masked.rules, *masked.custom]) or "no rule"
        found += [
            Fact(label="Masking", text=masked.mode if masked.mode == "off" else f"{masked.mode}: {rules}"),
            Fact(label="Images and files", text={"keep": "kept", "drop": "dropped"}.get(masked.media, masked.media)),
        ]
    return found


def _taken(label: str, first: str, rows: Sequence[Taken], *, by_day: bool = False) -> Table:
    columns = [
        Column(text=first, main=True),
        Column(text="Rows", number=True),
        Column(text="Files", number=True, optional=True),
        Column(text="Size", number=True),
    ]
    columns += [Column(text="Media", number=True, optional=True), Column(text="Cost", number=True)] if by_day else []
    return Table(label=label, columns=tuple(columns), rows=tuple(_row(one, by_day) for one in rows))


def _row(one: Taken, by_day: bool) -> tuple[Cell, ...]:
    cells = (
        text(one.name),
        number(figures.count(one.rows)),
        number(figures.count(one.files)),
        number(figures.size(one.size)),
    )
    return (*cells, number(figures.size(one.media)), number(figures.money(one.cost_usd))) if by_day else cells


def _keys(keys: Sequence[KeyRow]) -> Table:
    columns = (
        Column(text="Key", main=True),
        Column(text="Role"),
        Column(text="Only for", optional=True),
        Column(text="State"),
        Column(text="Last used", optional=True),
        Column(text="Expires", wide=True),
    )
    rows = tuple(
        (
            text(one.name, limit=60),
            text(one.role),
            text(", ".join(one.scopes) or MISSING, limit=60),
            text(one.state),
            time(one.last_used_ns),
            time(one.expires_ns),
        )
        for one in keys
    )
    return Table(label="Keys", columns=columns, rows=rows)


def _commands() -> Table:
    said = {
        "Keep fewer days, or all (0)": "genyard lake limits --keep-days 90",
        "Another quota, or none (0)": "genyard lake limits --quota-gb 20",
        "Merge small files now": "genyard lake compact",
        "What is masked": "genyard masking set --rules secrets,personal",
        "Every rule of masking": "genyard masking show",
        "A new key": "genyard keys create NAME",
        "The keys that there are": "genyard keys",
    }
    rows = tuple((text(what), command(line)) for what, line in said.items())
    return Table(label="To change it", columns=(Column(text="To"), Column(text="Command", main=True)), rows=rows)
