"""The page of one release: may it ship, and why?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from genyard.core.canonical import Json
from genyard.core.digest import short
from genyard.server.pages import figures
from genyard.server.pages.diff import Diff, diff
from genyard.server.pages.evidence import Evidence, evidence
from genyard.server.pages.frame import Action, Crumb, Head, ProvenanceItem, nanoseconds
from genyard.server.pages.links import Links
from genyard.server.pages.status import Chip, gate_chip

PartState = Literal["changed", "same", "added", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the release beside the same part of the release it replaces."""

    kind: str
    name: str
    state: PartState
    digest: str = ""
    version: int | None = None
    old_version: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """A prompt, or other text, in both releases."""

    title: str
    old: str
    new: str
    note: str = ""
    """Who changed it and why, such as ``by Jon Park, “shorter answers”``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What runs in an environment now. A version of None means nothing does."""

    environment: str
    version: int | None
    digest: str
    since_ns: int
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMove:
    """One line of an environment's history."""

    at_ns: int
    who: str
    environment: str
    from_version: int | None
    to_version: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """What the catalog says of a release besides its body."""

    system: str
    version: int
    digest: str
    system_digest: str
    registered_ns: int
    registered_by: str
    replaces: int | None = None
    """The version that ``parts`` and ``texts`` compare with; None for a first release."""
    parts: Sequence[Part] = ()
    texts: Sequence[TextChange] = ()
    placements: Sequence[Placement] = ()
    history: Sequence[AliasMove] = ()
    actions: Sequence[Action] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    part: Part
    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDiff:
    title: str
    note: str
    diff: Diff
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLink:
    id: str
    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    head: Head
    facts: ReleaseFacts
    evidence: Evidence
    evaluated_ns: int | None
    replaced: str
    """What ``What changed`` compares with, such as ``release 7``."""
    parts: tuple[PartRow, ...]
    texts: tuple[TextDiff, ...]
    unfold_href: str
    """Shows the unchanged lines of the texts too; empty where all are shown."""
    runs: tuple[RunLink, ...]
    links: Links
    traces_href: str
    json_href: str
    provenance: tuple[ProvenanceItem, ...]
    crumbs: tuple[Crumb, ...]
    cli: str
    now_ns: int


def release_view(
    body: Json, facts: ReleaseFacts, *, links: Links, now_ns: int, whole_diff: bool = False
) -> ReleaseView:
    """Return the page of a release from the body of its artifact and what the catalog says of it."""
    found = evidence(body)
    texts = tuple(_text(one, whole=whole_diff) for one in facts.texts)
    folded = any(one.diff.folded for one in texts)
    return ReleaseView(
        head=_head(facts, found),
        facts=facts,
        evidence=found,
        evaluated_ns=nanoseconds(found.evaluated_at),
        replaced="" if facts.replaces is None else f"release {facts.replaces}",
        parts=tuple(_part(one, links) for one in facts.parts),
        texts=texts,
        unfold_href=links.release(facts.system, facts.version, diff="whole") + "#texts" if folded else "",
        runs=tuple(RunLink(id=one, text=one[-8:], href=links.run(one)) for one in found.runs),
        links=links,
        traces_href=links.traces(q=f"release:{facts.digest}"),
        json_href=links.release(facts.system, facts.version) + ".json",
        provenance=_provenance(facts, found, links),
        crumbs=_crumbs(facts, links),
        cli=f"genyard releases {facts.system}:{facts.version}",
        now_ns=now_ns,
    )


def _head(facts: ReleaseFacts, found: Evidence) -> Head:
    name = f"{facts.system} release {facts.version}"
    chips = [gate_chip(found.verdict.state)]
    on = [one.environment for one in facts.placements if one.is_this]
    chips += [Chip(word=f"On {one}", icon="live", tone="ok" if one == "prod" else "info") for one in on]
    return Head(title=name, heading=name, chips=tuple(chips), actions=tuple(facts.actions))


def _part(part: Part, links: Links) -> PartRow:
    versions = [one for one in (part.old_version, part.version) if one is not None]
    numbers = " → ".join(str(one) for one in dict.fromkeys(versions))
    text = f"{part.name} {numbers}".strip()
    return PartRow(part=part, text=text, href=links.artifact(part.digest) if part.digest else "")


def _text(change: TextChange, *, whole: bool) -> TextDiff:
    found = diff(change.old, change.new, whole=whole)
    changed = f"{found.changed:,} of {figures.plural(found.lines, 'line')} changed"
    compared = "" if found.by_word else ", compared by line alone: over 200 kB"
    return TextDiff(title=change.title, note=change.note, diff=found, summary=changed + compared)


def _provenance(facts: ReleaseFacts, found: Evidence, links: Links) -> tuple[ProvenanceItem, ...]:
    on = [f"{facts.system}@{one.environment}" for one in facts.placements if one.is_this]
    here = links.release(facts.system, facts.version)
    measured = figures.plural(len(found.conditions), "check") if found.conditions else "no gate"
    runs = figures.plural(len(found.runs), "run")
    return (
        ProvenanceItem(label="endpoint", text=", ".join(on), note="" if on else "none: deployed nowhere now"),
        ProvenanceItem(
            label="release", text=f"{facts.version} · {short(facts.digest)}", href=here, digest=facts.digest
        ),
        ProvenanceItem(label="evidence", text=f"{measured} · {runs}" if found.runs else "", href=f"{here}#evidence")
        if found.runs
        else ProvenanceItem(label="evidence", note="none: nothing was evaluated"),
        ProvenanceItem(
            label="data", text=", ".join(found.datasets), note="" if found.datasets else "none: nothing was measured"
        ),
    )


def _crumbs(facts: ReleaseFacts, links: Links) -> tuple[Crumb, ...]:
    return (
        Crumb(text=links.project, href=links.home),
        Crumb(text="Releases", href=links.releases()),
        Crumb(text=facts.system, href=links.releases(system=facts.system)),
        Crumb(text=str(facts.version)),
    )
