"""Images and recordings through the doors: taken out on the way in, given back to who may read the trace."""

import errno
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.homes import client_of, opened
from tests.observe.otlp.requests import AT_NS, request, wire
from tests.observe.pictures import data_url, encoded, png, wav
from tests.server.test_lake_api import run

from genyard.access import projects
from genyard.app import App
from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.media import MediaReference, references_in
from genyard.observe.explorer.inlined import MOST_BYTES
from genyard.observe.masking.policies import set_policy
from genyard.observe.masking.policy import policy
from genyard.store import media_shelves

P = "/api/projects/acme"
PNG, WAV = png(), wav()
PROTOBUF = {"Content-Type": "application/x-protobuf"}
DAY = "2026-09-21"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(tmp_path / "home") as app:
        with app.bench.database.write() as tx:
            for name in ("acme", "other"):
                projects.ensure(tx, name, by=app.local.actor, at_ns=1)
        yield app


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def chat(*content: Any, **raw: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, *content]}]
    return {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(messages), **raw}


def image(content: bytes, media_type: str = "image/png") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": data_url(content, media_type)}}


def audio(content: bytes) -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": encoded(content), "format": "wav"}}


def send(client: TestClient, attributes: dict[str, Any], *, trace: int = 1, project: str = "acme") -> int:
    body = {
        "resourceSpans": [{"scopeSpans": [{"spans": [span_json(attributes, trace)]}]}],
    }
    return client.post(f"/api/projects/{project}/traces", json=body).status_code


def span_json(attributes: dict[str, Any], trace: int) -> dict[str, Any]:
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{trace:016x}",
        "name": "chat m",
        "startTimeUnixNano": str(AT_NS),
        "endTimeUnixNano": str(AT_NS + 1_000),
        "attributes": [{"key": name, "value": {"stringValue": value}} for name, value in attributes.items()],
    }


def kept(client: TestClient, trace: int = 1, project: str = "acme") -> dict[str, Any]:
    reply = client.get(f"/api/projects/{project}/traces/{trace:032x}")
    assert reply.status_code == 200, reply.text
    span: dict[str, Any] = reply.json()["spans"][0]
    return span


def address(content: bytes, trace: int = 1, project: str = "acme") -> str:
    return f"/api/projects/{project}/traces/{trace:032x}/media/{digest_of_bytes(content)}"


def objects(app: App) -> list[tuple[str, str, Digest]]:
    return [
        (one.project, one.day, one.digest) for name in ("acme", "other") for one in app.bench.lake.media.listing(name)
    ]


def test_pictures_and_recordings_are_kept_once_and_given_back(client: TestClient, app: App) -> None:
    body = request(wire(1, attributes=chat(image(PNG), audio(WAV), **{"raw.request": data_url(PNG, "image/png")})))
    assert client.post("/v1/traces", content=body, headers=PROTOBUF).status_code == 200
    row = kept(client, project="default")
    assert encoded(PNG)[:100] not in json.dumps(row)
    (picture,) = references_in(row["attributes"]["raw.request"])
    assert picture == MediaReference(digest=digest_of_bytes(PNG), media_type="image/png", size=len(PNG))
    said = [one.digest for one in references_in(json.dumps(row["input_messages"]))]
    assert said == [digest_of_bytes(PNG), digest_of_bytes(WAV)]
    for content, media_type in ((PNG, "image/png"), (WAV, "audio/wav")):
        reply = client.get(address(content, project="default"))
        assert (reply.status_code, reply.content) == (200, content), reply.text[:900]
        assert reply.headers["Content-Type"] == media_type
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert "immutable" in reply.headers["Cache-Control"]
    assert {(one.day, one.digest) for one in app.bench.lake.media.listing("default")} == {
        (DAY, digest_of_bytes(PNG)),
        (DAY, digest_of_bytes(WAV)),
    }


RANGES = [
    ("bytes=0-99", 206, 0, 100),
    ("bytes=100-", 206, 100, None),
    ("bytes=-50", 206, -50, None),
    ("bytes=0-999999999999", 206, 0, None),
    ("bytes=-999999", 206, 0, None),
    ("bytes=999999-", 416, 0, 0),
    ("bytes=9-3", 416, 0, 0),
    ("bytes=-0", 416, 0, 0),
    ("bytes=-", 200, 0, None),
    ("bytes=0-1,5-6", 200, 0, None),
    ("lines=1-2", 200, 0, None),
]


def test_a_player_may_ask_for_a_range(client: TestClient) -> None:
    assert send(client, chat(audio(WAV))) == 200
    for asked, status, first, end in RANGES:
        reply = client.get(address(WAV), headers={"Range": asked})
        assert (reply.status_code, reply.content) == (status, WAV[first:end]), asked
        if status == 206:
            start = WAV.index(reply.content)
            assert reply.headers["Content-Range"] == f"bytes {start}-{start + len(reply.content) - 1}/{len(WAV)}"


def test_so_many_are_given_at_once_and_another_is_told_when_to_come_back(client: TestClient, app: App) -> None:
    large = png(side=900)
    assert send(client, chat(image(large))) == 200
    with ExitStack() as places:
        for _ in range(16):
            places.enter_context(app.media_reads.place("acme"))
        refused = client.get(address(large))
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    # Whatever becomes of it, its place is given back.
    asked: list[tuple[str, dict[str, str], int]] = [
        (address(large), {}, 200),
        (address(large), {"Range": "bytes=300000-1400000"}, 206),
        (address(large), {"Range": "bytes=9-3"}, 416),
        (address(WAV), {}, 404),
    ]
    for where, headers, status in asked * 17:
        reply = client.get(where, headers=headers)
        assert reply.status_code == status
        assert int(reply.headers["Content-Length"]) == len(reply.content)
        if status < 300:
            assert reply.content == (large if status == 200 else large[300_000:1_400_001])


def test_what_a_browser_could_run_is_only_saved(client: TestClient) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" + b" " * 4_000
    page = b"<!doctype html><script>alert(1)</script>" + b" " * 4_000
    for content, media_type in ((svg, "image/svg+xml"), (page, "text/html"), (page, "image/png"), (page, "audio/mpeg")):
        assert send(client, chat(image(content, media_type))) == 200
        reply = client.get(address(content))
        assert (reply.content, reply.headers["Content-Type"]) == (content, "application/octet-stream")
        assert reply.headers["Content-Disposition"].startswith("attachment")


def test_only_what_the_trace_refers_to_is_given_and_never_another_projects(client: TestClient, app: App) -> None:
    assert send(client, chat(image(PNG)), trace=1) == 200
    assert send(client, chat(audio(WAV)), trace=2) == 200
    assert client.get(address(WAV, trace=1)).status_code == 404
    assert client.get(f"{P}/traces/{1:032x}/media/sha256:..").status_code == 422
    # A reference that is sent by hand, or imported, finds nothing in the project that it comes to.
    reference = MediaReference(digest=digest_of_bytes(PNG), media_type="image/png", size=len(PNG))
    assert send(client, chat({"type": "image_url", "image_url": {"url": str(reference)}}), project="other") == 200
    assert client.get(address(PNG, project="other")).status_code == 404
    assert [name for name, _, _ in objects(app)] == ["acme", "acme"]


def test_log_records_are_read_with_their_media(client: TestClient, app: App) -> None:
    assert send(client, {"gen_ai.operation.name": "chat"}) == 200
    record = {
        "traceId": f"{1:032x}",
        "spanId": f"{1:016x}",
        "timeUnixNano": str(AT_NS),
        "eventName": "gen_ai.user.message",
        "body": {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": json.dumps([image(PNG)])}}]}},
    }
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    key = {"Authorization": f"Bearer {app.local.token}"}
    assert client.post("/v1/logs", json=logs, headers=key).json() == {}
    assert client.get(address(PNG, project="default")).status_code == 404  # its span is in another project
    assert (
        client.post("/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": [span_json({}, 1)]}]}]}).json()
        == {}
    )
    assert client.get(address(PNG, project="default")).content == PNG


@pytest.mark.parametrize(("mode", "there"), [("off", 1), ("mask", 1), ("hash", 1), ("drop", 0)])
def test_masking_that_drops_payloads_keeps_no_media(client: TestClient, app: App, mode: Any, there: int) -> None:
    with app.bench.database.write() as tx:
        set_policy(tx, "acme", policy(mode, ["all"], []), by=app.local.actor, at_ns=1)
    app.bench.masking.forget("acme")
    assert send(client, chat(image(PNG), raw=data_url(PNG, "image/png"))) == 200
    assert len(objects(app)) == there
    assert client.get(address(PNG)).status_code == (200 if there else 404)


def test_a_project_may_keep_no_media_and_all_else(client: TestClient, app: App) -> None:
    body = {"mode": "off", "rules": [], "media": "drop"}
    assert client.put(f"{P}/masking", json=body).json()["media"] == "drop"
    assert client.put(f"{P}/masking", json=body | {"media": "hide"}).status_code == 422
    assert send(client, chat(image(PNG), audio(WAV))) == 200
    assert objects(app) == []
    row = kept(client)
    assert row["intake_flags"] == ["dropped:media"]
    page = client.get(f"/p/acme/traces/{1:032x}?tab=conversation").text
    assert all(word in page for word in ("What is this?", "[image/png]", "[audio/wav]"))


def test_no_room_for_media_is_503_and_nothing_is_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(media_shelves, "write_durably", full)
        reply = client.post("/v1/traces", content=request(wire(1, attributes=chat(image(PNG)))), headers=PROTOBUF)
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
        assert client.get(f"/api/projects/default/traces/{1:032x}").status_code == 404
    reply = client.post("/v1/traces", content=request(wire(1, attributes=chat(image(PNG)))), headers=PROTOBUF)
    assert reply.status_code == 200
    assert client.get(address(PNG, project="default")).content == PNG


def test_a_project_at_its_quota_keeps_no_media_either(client: TestClient, app: App) -> None:
    assert send(client, chat(image(PNG))) == 200
    app.bench.lake.quotas.limit({"acme": 1_000})
    app.bench.lake.measure()
    assert app.bench.lake.quotas.state("acme").used >= len(PNG)
    assert send(client, chat(audio(WAV)), trace=2) == 507
    assert len(objects(app)) == 1
    shown = client.get(f"{P}/lake").json()
    assert shown["media"] == {"bytes": len(PNG), "files": 1}
    assert [(one["day"], one["media_bytes"]) for one in shown["days"]] == [(DAY, len(PNG))]


def test_days_that_are_dropped_take_media_along_and_are_told(client: TestClient, app: App) -> None:
    assert send(client, chat(image(PNG))) == 200
    assert send(client, chat(image(PNG)), project="other") == 200
    client.post(f"{P}/lake/limits", json={"keep_days": 1})
    app.bench.lake.flush()
    assert run(app, "retain")["acme"]["media"] == {"bytes": len(PNG), "files": 1}
    assert [name for name, _, _ in objects(app)] == ["other"]
    assert client.get(address(PNG)).status_code == 404
    event = client.get(f"{P}/events", params={"limit": 1}).json()["events"][0]
    assert (event["verb"], event["detail"]["media"]["files"]) == ("dropped", 1)
    assert run(app, "retain") == {}


def test_the_page_of_a_trace_shows_them(client: TestClient) -> None:
    document = data_url(b"%PDF-1.7" + b" " * 4_000, "application/pdf")
    attributes = chat(image(PNG), audio(WAV), {"type": "file", "file": {"file_data": document}})
    assert send(client, attributes) == 200
    for tab in ("conversation", "steps"):
        page = client.get(f"/p/acme/traces/{1:032x}?tab={tab}").text
        assert f'<img class="med" loading="lazy" src="{address(PNG)}" alt="image/png, 5 kB">' in page
        assert f'<audio class="med" controls preload="none" src="{address(WAV)}" aria-label="audio/wav, 8 kB">' in page
        assert "download>Save the file</a>, application/pdf, 4 kB." in page
        assert "What is this?\n[image/png, 5 kB]" in page
    assert "genyard:media" not in client.get(f"/p/acme/traces/{1:032x}?tab=conversation").text


def test_the_payloads_of_a_step_show_them_too(client: TestClient) -> None:
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": json.dumps([image(PNG)])}
    assert send(client, tool) == 200
    assert f'src="{address(PNG)}"' in client.get(f"/p/acme/traces/{1:032x}").text


def test_otlp_takes_them_along_and_other_exports_the_reference(client: TestClient, app: App) -> None:
    attributes = chat(image(PNG), audio(WAV), raw=data_url(PNG, "image/png"))
    assert send(client, attributes) == 200
    assert send(client, chat(), trace=2) == 200
    lines = exported(client, "jsonl")
    assert len(lines) == 2
    assert not any(encoded(PNG)[:100] in line for line in lines)
    for line in exported(client, "otlp"):
        assert client.post("/api/projects/other/traces", json=json.loads(line)).json()["refused"] == 0
    for content in (PNG, WAV):
        assert client.get(address(content, project="other")).content == content
    again, first = kept(client, project="other"), kept(client)
    assert (again["input_messages"], again["attributes"]) == (first["input_messages"], first["attributes"])
    assert len(objects(app)) == 4


def test_a_span_that_names_a_picture_very_often_does_not_become_a_flood(client: TestClient) -> None:
    large = png(side=900)
    assert send(client, chat(image(large))) == 200
    reference = MediaReference(digest=digest_of_bytes(large), media_type="image/png", size=len(large))
    assert send(client, {"many": f"{reference} " * 1_000}, trace=2) == 200
    requests = exported(client, "otlp")
    assert [len(line) < MOST_BYTES + 1_000_000 for line in requests] == [True, True]
    assert sum(line.count(str(reference)) for line in requests) > 900


def exported(client: TestClient, format: str) -> list[str]:
    within = f"since={DAY}T00:00:00Z&until={DAY}T23:59:59Z"
    return client.get(f"{P}/traces/export?{within}&format={format}").text.splitlines()


def test_the_same_words_with_another_picture_are_another_message(client: TestClient) -> None:
    both = [{"role": "user", "content": [{"type": "text", "text": "And this?"}, image(png(one))]} for one in (1, 2)]
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(both)}
    assert send(client, attributes) == 200
    page = client.get(f"/p/acme/traces/{1:032x}?tab=conversation").text
    assert [page.count(f'src="{address(png(one))}"') for one in (1, 2)] == [1, 1]
