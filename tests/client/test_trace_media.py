"""Media of traces, saved: after the export was read, each once, and never under a name that a server makes up."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import msgspec

from genyard.client.api import Client
from genyard.client.trace_media import save_media
from genyard.core.digest import digest_of_bytes
from genyard.core.media import MediaReference

PICTURES = {str(digest_of_bytes(content)): content for content in (b"first", b"second")}


def test_the_export_is_read_to_its_end_before_the_first_is_fetched(tmp_path: Path) -> None:
    done, told = list[str](), list[tuple[int, int]]()
    texts = [
        str(MediaReference(digest=digest_of_bytes(one), media_type="image/png", size=len(one)))
        for one in PICTURES.values()
    ]

    def spans() -> Iterator[str]:
        for trace in (f"{1:032x}", f"{2:032x}", "../" + "0" * 29):
            yield msgspec.json.encode({"trace_id": trace, "input": [*texts, *texts]}).decode()
            yield msgspec.json.encode({"trace_id": trace, "output": texts[0]}).decode()
        done.append("export")

    def answer(request: httpx2.Request) -> httpx2.Response:
        *_, trace, _, digest = request.url.path.split("/")
        done.append(f"{trace[-1]} {PICTURES[digest].decode()}")
        return httpx2.Response(200, content=PICTURES[digest])

    with Client("http://127.0.0.1:1", key="k", transport=httpx2.MockTransport(answer)) as client:
        saved = save_media(
            client, spans(), tmp_path, lambda one: told.append((one["progress"]["done"], one["progress"]["total"]))
        )
    assert saved == {"files": 4, "bytes": 2 * len(b"firstsecond"), "gone": 0}
    assert done == ["export", "1 first", "1 second", "2 first", "2 second"]
    assert told == [(number, 4) for number in range(1, 5)]
    assert sorted(one.read_bytes() for one in tmp_path.iterdir()) == [b"first", b"first", b"second", b"second"]
