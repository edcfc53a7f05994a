"""Lineage: from an answer back to all that made it, and from anything forward to what it touched."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.context import Context
from tests.homes import FILES, MANIFEST, PROJECT, opened, resolved

from genyard.app import App
from genyard.core.canonical import JsonObject
from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.records import Artifact
from genyard.deploy import endpoints
from genyard.deploy.releases import release_artifact
from genyard.develop.answer import answer, whole_answer
from genyard.develop.answer_spans import Stamps
from genyard.govern.affected import affected
from genyard.govern.lineage import downstream, upstream
from genyard.govern.why import why
from genyard.observe.tracing import context_from

OLD = FILES["pages/it/badges.md"]
CHANGED = {**FILES, "pages/it/badges.md": OLD.replace("15 euros", "16 euros")}


@dataclass(frozen=True)
class Past:
    """Two releases: the second replaced the first, and has another page on badges. Each made one answer."""

    app: App
    releases: tuple[Artifact, Artifact]
    traces: tuple[str, str]

    def why(self, trace: str) -> dict[str, Any]:
        return why(self.app.bench.library, self.app.bench.lake, PROJECT, trace)

    def affected(self, thing: str, *, project: str = PROJECT) -> dict[str, Any]:
        bench = self.app.bench
        return affected(bench.library, bench.lake, project, thing, now_ns=bench.clock.now_ns())


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    home: Path = tmp_path_factory.mktemp("home")
    with opened(home) as app:
        first = released(app, resolved(app), None)
        old = asked(app, first)
        second = released(app, resolved(app, files=CHANGED), first.digest)
        yield Past(app=app, releases=(first, second), traces=(old, asked(app, second)))


def released(app: App, system: Digest, replaces: Digest | None) -> Artifact:
    evidence: JsonObject = {
        "evaluated_at": "2026-11-23T00:00:00.000Z",
        "gate": {"conditions": [], "sentence": "it holds", "verdict": "pass"},
        "metrics": [],
        "runs": [],
    }
    made = release_artifact(
        name="desk", system=system, evidence=evidence, open_to_all=[], datasets={}, metrics={}, replaces=replaces
    )
    app.bench.library.publish(PROJECT, "desk", made, by=app.local.actor)
    with app.bench.database.write() as tx:
        endpoints.deploy(tx, PROJECT, "desk", "prod", made, why="", by=app.local.actor, at_ns=1)
    return made


def asked(app: App, release: Artifact, context: Context | None = None) -> str:
    """Answer a question about badges as the endpoint would, and return the trace."""
    stamps = Stamps(project=PROJECT, release=release.digest, endpoint="desk@prod")
    runnable = app.bench.library.runnable(PROJECT, release.part("system"))

    async def answered() -> str:
        inputs = {"question": "What does a lost badge cost?"}
        found = await whole_answer(answer(runnable, inputs, runtime=app.runtime, stamps=stamps, context=context))
        await app.bench.tracing.committed(found.span_id)
        return found.trace_id

    return asyncio.run(answered())


def test_an_answer_leads_to_its_release_its_evidence_and_its_documents(past: Past) -> None:
    for release, trace, text in zip(past.releases, past.traces, (OLD, CHANGED["pages/it/badges.md"]), strict=True):
        found = past.why(trace)
        assert found["release"]["digest"] == release.digest
        assert found["release"]["gate"] == {"sentence": "it holds", "verdict": "pass"}
        assert found["documents"][0]["document"] == "it/badges.md"
        assert found["documents"][0]["document_digest"] == digest_of_bytes(text.encode())
        assert {one["kind"] for one in found["made_of"]} == {"corpus", "index", "model", "prompt"}
        assert all(one["names"] for one in found["made_of"])


def test_a_trace_may_be_named_by_its_first_digits_and_is_of_one_project(past: Past) -> None:
    trace = past.traces[0]
    assert past.why(trace[:12]) == past.why(trace)
    for text, error in (("0" * 32, NotFound), ("12345", InvalidInput), ("nothex", InvalidInput)):
        with pytest.raises(error):
            past.why(text)
    with pytest.raises(NotFound):
        why(past.app.bench.library, past.app.bench.lake, "other", trace)


def test_of_several_answers_in_a_trace_of_the_caller_each_has_its_own_release(tmp_path: Path) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    context = context_from({"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    with opened(tmp_path) as app:
        first = released(app, resolved(app), None)
        asked(app, first, context)
        second = released(app, resolved(app, files=CHANGED), first.digest)
        asked(app, second, context)
        past = Past(app=app, releases=(first, second), traces=(trace, trace))
        with pytest.raises(InvalidInput, match="holds 2 answers") as caught:
            past.why(trace)
        named = caught.value.hint.removeprefix("name one by its span: ").split(", ")
        assert [past.why(one)["release"]["digest"] for one in named] == [first.digest, second.digest]
        with pytest.raises(NotFound, match="has no answer"):
            past.why(f"{trace}:{'0' * 16}")


def test_a_document_leads_to_every_version_of_it_and_to_the_answers_that_were_given_it(past: Past) -> None:
    found = past.affected("it/badges.md")
    assert set(found["of"]["digests"]) == {
        digest_of_bytes(one["pages/it/badges.md"].encode()) for one in (FILES, CHANGED)
    }
    assert kinds(found) == {"corpus": 2, "index": 2, "system": 2, "release": 2}
    assert [one["trace_id"] for one in found["answers"]["newest"]] == list(past.traces[::-1])
    assert found["endpoints"] == ["desk@prod"]


def kinds(found: dict[str, Any]) -> dict[str, int]:
    names = [one["kind"] for one in found["artifacts"]]
    return {name: names.count(name) for name in names}


def test_an_old_version_of_a_document_does_not_touch_the_release_that_replaced_it(past: Past) -> None:
    found = past.affected(digest_of_bytes(OLD.encode()))
    assert kinds(found) == {"corpus": 1, "index": 1, "system": 1, "release": 1}
    assert [one["trace_id"] for one in found["answers"]["newest"]] == [past.traces[0]]
    assert found["endpoints"] == []


def test_a_release_leads_to_the_answers_that_it_made(past: Past) -> None:
    for release, trace, serves in zip(past.releases, past.traces, ([], ["desk@prod"]), strict=True):
        found = past.affected(release.digest)
        assert [one["trace_id"] for one in found["answers"]["newest"]] == [trace]
        assert (found["answers"]["count"], found["endpoints"], found["artifacts"]) == (1, serves, [])


@pytest.mark.parametrize("thing", ["prompt/answer", "prompt/answer:1", "model/echo"])
def test_a_shared_part_leads_to_both(past: Past, thing: str) -> None:
    found = past.affected(thing)
    assert found["answers"]["count"] == 2
    assert kinds(found) == {"system": 2, "release": 2}


@pytest.mark.parametrize(
    "thing", ["it/badge.md", "abcdef0123", "prompt/other", "prompt/answer:9", "release/desk:x", "."]
)
def test_what_is_not_there_is_not_found(past: Past, thing: str) -> None:
    with pytest.raises(NotFound):
        past.affected(thing)
    with pytest.raises(NotFound):
        past.affected("it/badges.md", project="other")


def test_a_short_path_that_fits_several_documents_is_refused(tmp_path: Path) -> None:
    files = {**FILES, "pages/people/badges.md": "# Other badges\n\nword"}
    with opened(tmp_path) as app:
        resolved(app, files=files, manifest=MANIFEST)
        with pytest.raises(InvalidInput, match=r"fits it/badges\.md, people/badges\.md"):
            affected(app.bench.library, app.bench.lake, PROJECT, "badges.md", now_ns=app.bench.clock.now_ns())


def test_up_and_down_are_the_same_edges(past: Past) -> None:
    system = past.releases[0].part("system")
    with past.app.bench.database.read() as tx:
        for node in upstream(tx, PROJECT, system):
            assert system in {one.digest for one in downstream(tx, PROJECT, [node.digest])}
        with pytest.raises(NotFound):
            upstream(tx, PROJECT, Digest("sha256:" + "0" * 64))
