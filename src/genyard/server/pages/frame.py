"""What stands around every page: menu, crumbs, provenance, the same in the CLI, the reader's zone and theme."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Literal
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from genyard.core.clock import rfc3339, utc
from genyard.core.refs import DEFAULT_PROJECT
from genyard.server.pages.links import Links
from genyard.server.pages.status import Chip

Theme = Literal["system", "light", "dark"]
_OF_PROJECT = re.compile("genyard (?!init|eval|release |run |index|up|login)")
"""Commands that take a project by name. Those of a folder have theirs from its genyard.yaml."""
NavKey = Literal[
    "systems", "runs", "releases", "traces", "sessions", "dashboard", "audit", "jobs", "datasets", "settings", ""
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    text: str
    href: str = ""
    """Empty for the page itself."""
    mono: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceItem:
    """One station of endpoint → release → evidence → data. What does not exist is said in ``note``."""

    label: str
    text: str = ""
    href: str = ""
    digest: str = ""
    """The whole digest, for the copy button; empty shows none."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to do next: a link, or with ``post`` a form. ``disabled`` says why it cannot be done now."""

    text: str
    href: str
    post: bool = False
    primary: bool = False
    disabled: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """Hidden fields of the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A page's beginning: title of the window, heading, status, actions."""

    title: str
    heading: str
    chips: tuple[Chip, ...] = ()
    actions: tuple[Action, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Around a page. An empty ``project`` gives the bare frame of the sign-in page: no menu."""

    project: str
    projects: tuple[str, ...] = ()
    """Those that the reader may open, this one among them."""
    person: str = ""
    current: NavKey = ""
    crumbs: tuple[Crumb, ...] = ()
    provenance: tuple[ProvenanceItem, ...] = ()
    cli: str = ""
    """The command that gives the same, such as ``genyard why 4bf9…``."""
    warning: str = ""
    """What everybody in the project should know: that its lake is full, or nearly."""
    zone: str = "UTC"
    """IANA name, from the reader's cookie. One that is not known is UTC."""
    theme: Theme = "system"

    @property
    def links(self) -> Links:
        return Links(self.project)

    @property
    def menu(self) -> tuple["MenuGroup", ...]:
        return menu(self.links)

    @property
    def others(self) -> tuple["MenuItem", ...]:
        """The other projects, each at the page of the menu that this one shows."""
        return tuple(self._there(one) for one in self.projects if one != self.project)

    def _there(self, project: str) -> "MenuItem":
        items = [item for group in menu(Links(project)) for item in group.items]
        same = next((item for item in items if item.key == self.current), items[0])
        return replace(same, text=project)

    def command(self, text: str) -> str:
        """Return a command as it is typed for this project: where none is said, ``default`` is asked."""
        here = self.project not in ("", DEFAULT_PROJECT)
        return f"{text} --project {self.project}" if here and _OF_PROJECT.match(text) else text


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    key: NavKey
    text: str
    href: str
    go: str
    """The letter that opens it after ``g``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuGroup:
    """A phase and its pages; the first and last group have no name."""

    name: str
    items: tuple[MenuItem, ...]


def menu(links: Links) -> tuple[MenuGroup, ...]:
    """Return the menu by phase. Only pages that exist are in it."""
    return (
        _group("", MenuItem(key="systems", text="Systems", href=links.home, go="h")),
        _group("Develop", MenuItem(key="datasets", text="Datasets", href=links.datasets(), go="o")),
        _group("Evaluate", MenuItem(key="runs", text="Runs", href=links.runs(), go="e")),
        _group("Deploy", MenuItem(key="releases", text="Releases", href=links.releases(), go="r")),
        _group(
            "Govern",
            MenuItem(key="dashboard", text="Dashboard", href=links.dashboard, go="d"),
            MenuItem(key="traces", text="Traces", href=links.traces(), go="t"),
            MenuItem(key="sessions", text="Sessions", href=links.sessions(), go="s"),
            MenuItem(key="audit", text="Audit", href=links.audit(), go="a"),
        ),
        _group(
            "",
            MenuItem(key="jobs", text="Jobs", href=links.jobs(), go="j"),
            MenuItem(key="settings", text="Settings", href=links.settings, go="l"),
        ),
    )


def _group(name: str, *items: MenuItem) -> MenuGroup:
    return MenuGroup(name=name, items=items)


def preferences(cookies: Mapping[str, str]) -> tuple[str, Theme]:
    """Return the reader's zone and theme from the cookies that the page's script sets."""
    zone = unquote(cookies.get("genyard_zone", "UTC"))
    theme: Theme = (
        "light" if (said := cookies.get("genyard_theme")) == "light" else "dark" if said == "dark" else "system"
    )
    return ("UTC" if zone_of(zone) is UTC else zone), theme


def zone_of(name: str) -> tzinfo:
    """Return the time zone, or UTC where this machine does not know the name."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time in two forms: for machines in UTC, for the reader in their zone."""

    machine: str
    date: str
    clock: str


def moment(at_ns: int, zone: str) -> Moment | None:
    """Return Unix nanoseconds in ``zone``; None where no calendar holds them."""
    try:
        local = utc(at_ns).astimezone(zone_of(zone))
        machine = rfc3339(at_ns)
    except (ValueError, OverflowError, OSError):
        return None
    return Moment(machine=machine, date=f"{local:%Y-%m-%d}", clock=f"{local:%H:%M:%S}.{at_ns // 1_000_000 % 1000:03d}")


def nanoseconds(text: str) -> int | None:
    """Return RFC 3339 text as Unix nanoseconds, or None when it is not a time with a zone."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if parsed.tzinfo is None else round(parsed.timestamp() * 1000) * 1_000_000
