"""Blobs, in a folder and in a bucket."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import Corrupted, InvalidInput, NotFound, Unreachable
from genyard.store.blobs import Blobs
from genyard.store.shelves import FolderShelf

ABSENT = digest_of_bytes(b"never put")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2000))
def test_what_is_put_is_got_under_its_digest(blobs: Blobs, content: bytes) -> None:
    digest = blobs.put(content)
    assert digest == digest_of_bytes(content)
    assert blobs.get(digest) == content
    assert blobs.local_path(digest).read_bytes() == content


def test_it_is_there_for_who_opens_later(open_blobs: Callable[[], Blobs]) -> None:
    digest = open_blobs().put(b"bytes")
    assert open_blobs().get(digest) == b"bytes"


def test_the_same_bytes_again_change_nothing(blobs: Blobs) -> None:
    assert blobs.put(b"bytes") == blobs.put(b"bytes")
    assert list(blobs.digests()) == [digest_of_bytes(b"bytes")]


def test_what_was_never_put_is_not_found(blobs: Blobs) -> None:
    assert not blobs.has(ABSENT)
    with pytest.raises(NotFound):
        blobs.get(ABSENT)
    with pytest.raises(NotFound):
        blobs.local_path(ABSENT)


def test_missing_keeps_the_order_and_names_each_once(blobs: Blobs) -> None:
    here = blobs.put(b"here")
    other = digest_of_bytes(b"other")
    assert blobs.missing([other, here, ABSENT, other]) == [other, ABSENT]


def test_digests_lists_everything(blobs: Blobs) -> None:
    put = {blobs.put(bytes([number])) for number in range(20)}
    assert set(blobs.digests()) == put


def test_a_text_that_is_no_digest_reaches_no_file(blobs: Blobs) -> None:
    with pytest.raises(InvalidInput, match="is not a digest"):
        blobs.get(Digest("sha256:../../etc/passwd"))


def damage(blobs: Blobs, digest: Digest) -> None:
    shelf = blobs._shelf
    if isinstance(shelf, FolderShelf):
        path = shelf.path(digest)
        path.chmod(0o600)
        path.write_bytes(b"bytez")
    else:
        shelf.write(digest, b"bytez")


def test_damage_is_found_when_it_is_read_and_mended_by_putting_again(blobs: Blobs) -> None:
    digest = blobs.put(b"bytes")
    damage(blobs, digest)
    with pytest.raises(Corrupted):
        blobs.get(digest)
    with pytest.raises(Corrupted):
        blobs.local_path(digest)
    blobs.put(b"bytes")
    assert blobs.get(digest) == b"bytes"


def test_local_files_are_read_only(blobs: Blobs) -> None:
    assert blobs.local_path(blobs.put(b"bytes")).stat().st_mode & 0o777 == 0o444


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    blobs = Blobs.open(tmp_path)
    digest = blobs.put(b"whole")
    (tmp_path / ".incoming" / ".unfinished-1").write_bytes(b"hal")
    assert list(blobs.digests()) == [digest]
    assert blobs.sweep() == 1
    assert blobs.sweep() == 0
    assert blobs.get(digest) == b"whole"


def test_a_folder_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unreachable, match="Not a directory"):
        Blobs.open(tmp_path / "file")


def test_an_address_of_no_known_kind_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no place for blobs"):
        Blobs.open("ftp://host/blobs")


def test_a_bucket_opened_without_a_cache_has_no_local_files() -> None:
    with pytest.raises(InvalidInput, match="without a folder for copies"):
        Blobs.open("s3://bucket/blobs").local_path(ABSENT)


def test_a_bucket_that_does_not_exist_says_so(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with pytest.raises(Unreachable, match="does not exist"):
        Blobs.open("s3://no-such-bucket/blobs").put(b"bytes")
