"""A home whose lake and blobs lie in a bucket: the same life through the same commands."""

from pathlib import Path
from urllib.request import Request, urlopen

from tests.projects import ROWS, make_project


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
