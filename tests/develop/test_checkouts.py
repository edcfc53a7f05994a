"""Checkouts: kept as a blob, read back as they were, refused when they are not whole."""

import pytest
from tests.homes import FILES, MANIFEST, PROJECT, checked_out

from genyard.app import App
from genyard.core.canonical import canonical_json
from genyard.core.digest import digest_of_bytes
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.records import Code
from genyard.develop.checkouts import keep_checkout, open_checkout


def test_a_checkout_is_read_back_as_it_was_kept(app: App) -> None:
    library = app.bench.library
    digests = {path: library.blobs(PROJECT).put(text.encode()) for path, text in FILES.items()}
    code = Code(commit="abc", diff=digest_of_bytes(b"changes"))
    digest = keep_checkout(library, PROJECT, MANIFEST, digests, code)
    found = open_checkout(library, PROJECT, digest)
    assert (found.files, found.code, found.manifest.project) == (digests, code, "acme")
    assert keep_checkout(library, PROJECT, MANIFEST, digests, code) == digest
    assert keep_checkout(library, PROJECT, MANIFEST, digests, None) != digest


def test_a_file_that_was_not_sent_is_named(app: App) -> None:
    with pytest.raises(NotFound, match=r"the bytes of pages/lost\.md are not here"):
        keep_checkout(app.bench.library, PROJECT, MANIFEST, {"pages/lost.md": digest_of_bytes(b"lost")}, None)
    with pytest.raises(NotFound, match=r"names prompts/other\.md"):
        checked_out(app).file("prompts/other.md")


def test_what_does_not_fit_is_not_kept(app: App) -> None:
    with pytest.raises(InvalidInput, match=r"genyard\.yaml"):
        keep_checkout(app.bench.library, PROJECT, "systems: []", {}, None)
    with pytest.raises(InvalidInput, match="is not a digest"):
        keep_checkout(app.bench.library, PROJECT, MANIFEST, {"a.md": "sha256:12"}, None)


@pytest.mark.parametrize("content", [b"# A page", b"{}", b'{"code": {}, "files": {}}', b'["x"]', b"\xff"])
def test_another_blob_is_no_checkout(app: App, content: bytes) -> None:
    digest = app.bench.library.blobs(PROJECT).put(content)
    with pytest.raises(InvalidInput, match="is not a checkout"):
        open_checkout(app.bench.library, PROJECT, digest)


def test_a_blob_that_only_looks_like_a_checkout_is_none(app: App) -> None:
    content = canonical_json({"code": {"diff": "x"}, "files": {}, "manifest": MANIFEST})
    with pytest.raises(InvalidInput, match="is not a checkout"):
        open_checkout(app.bench.library, PROJECT, app.bench.library.blobs(PROJECT).put(content))


def test_a_checkout_of_another_project_is_not_there(app: App) -> None:
    with pytest.raises(NotFound):
        open_checkout(app.bench.library, "other", checked_out(app).digest)
