"""A home whose lake and blobs lie in a bucket: the same life through the same commands."""

import json
import time
from pathlib import Path
from urllib.request import Request, urlopen

from tests.observe.pictures import data_url, png
from tests.projects import ROWS, Project, make_project


def test_the_life_is_the_same_with_a_bucket(s3: str, tmp_path: Path) -> None:
    urlopen(Request(f"{s3}/team", method="PUT")).close()
    access = {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    places = {"GENYARD_LAKE_URL": "s3://team/lake", "GENYARD_BLOBS_URL": "s3://team/blobs"}
    project = make_project(tmp_path, environment=access | places)
    answer = project.ok("run", ROWS[0][1])
    assert project.ok("release")["gate"]["verdict"] == "pass"
    # Each command closes the home, so what the next one reads came back out of the bucket.
    assert project.ok("why", answer["trace_id"])["documents"][0]["document"] == "it/badges.md"
    assert len(project.ok("traces", "--limit", "50")["traces"]) == 1 + len(ROWS)
    assert not any((tmp_path / ".genyard" / "blobs").iterdir())
    assert pictures_kept(project) == [png()]
    assert not list((tmp_path / ".genyard").rglob("media"))


def pictures_kept(project: Project) -> list[bytes]:
    """Send a picture in a span, and return what is saved of it."""
    now_ns = str(time.time_ns())
    span = {"traceId": f"{7:032x}", "spanId": f"{7:016x}", "name": "look", "startTimeUnixNano": now_ns}
    attribute = {"key": "picture", "value": {"stringValue": data_url(png(), "image/png")}}
    spans = [span | {"endTimeUnixNano": now_ns, "attributes": [attribute]}]
    (project.root / "sent.json").write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}) + "\n")
    assert project.ok("traces", "--import", "sent.json")["spans"] == 1
    assert project.ok("traces", "name:look", "--media", "pictures")["files"] == 1
    return [path.read_bytes() for path in (project.root / "pictures").iterdir()]
