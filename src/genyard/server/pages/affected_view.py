"""What used a document, a prompt, any artifact: forwards from it to releases, endpoints and answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from genyard.core.digest import short
from genyard.core.refs import ARTIFACT_KINDS
from genyard.server.pages import figures
from genyard.server.pages.frame import Crumb
from genyard.server.pages.links import Links
from genyard.server.pages.lists import Cell, Column, Table, identity, text, time
from genyard.server.pages.plain_views import ThingView, thing_view
from genyard.server.pages.span_panel import Fact


def affected_view(found: Mapping[str, Any], *, asked: str, links: Links) -> ThingView:
    """Return the page of what ``govern.affected`` found for ``asked``."""
    of, answers = found["of"], found["answers"]
    name = ", ".join(of["names"])
    serving = ", ".join(found["endpoints"])
    return thing_view(
        f"What used {name}",
        links=links,
        body=dict(found),
        facts=[
            Fact(label=of["kind"].capitalize(), text=name, digest=of["digests"][0], href=_thing(of, links)),
            Fact(label="Serves at", text=serving or "no endpoint"),
            Fact(label="Answers", text=figures.count(answers["count"])),
        ],
        tables=[one for one in (_things(found["artifacts"], links), _answers(answers, links)) if one.rows],
        raw_href=links.affected_json(asked),
        trail=(Crumb(text="Traces", href=links.traces()),),
        cli=f"genyard affected {asked}",
    )


def _thing(of: Mapping[str, Any], links: Links) -> str:
    """A document has no page of its own: it is part of a corpus."""
    return links.artifact(of["digests"][0]) if of["kind"] in ARTIFACT_KINDS else ""


def _things(artifacts: Sequence[Mapping[str, Any]], links: Links) -> Table:
    columns = (Column(text="Used by", main=True), Column(text="Kind"), Column(text="Digest"))
    return Table(label="Built with it", columns=columns, rows=tuple(_artifact(one, links) for one in artifacts))


def _artifact(one: Mapping[str, Any], links: Links) -> tuple[Cell, ...]:
    name = ", ".join(one["names"]) or short(one["digest"])
    return (
        text(name, href=links.artifact(one["digest"])),
        text(one["kind"]),
        identity(one["digest"], what="digest", shown=short(one["digest"])),
    )


def _answers(answers: Mapping[str, Any], links: Links) -> Table:
    columns = (
        Column(text="Time"),
        Column(text="Question", main=True),
        Column(text="Endpoint", optional=True),
        Column(text="Trace"),
    )
    return Table(label="Newest answers", columns=columns, rows=tuple(_answer(one, links) for one in answers["newest"]))


def _answer(one: Mapping[str, Any], links: Links) -> tuple[Cell, ...]:
    href = links.trace(one["trace_id"])
    at_ns = int(datetime.fromisoformat(one["at"]).timestamp() * 1_000) * 1_000_000
    return (
        time(at_ns, href=href),
        text(one["preview"] or "", href=href),
        text(one["endpoint"] or "none"),
        identity(one["trace_id"], what="trace id", shown=one["trace_id"][:8]),
    )
