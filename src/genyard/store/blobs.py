"""Blobs: bytes under their digest, in a local folder or a bucket."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from genyard.core.digest import Digest, digest_of_bytes, parse_digest
from genyard.core.errors import Corrupted, InvalidInput, NotFound
from genyard.store.shelves import BucketShelf, FolderShelf, Shelf


class Blobs:
    """Content-addressed bytes. Putting the same bytes again changes nothing; what is read is checked."""

    def __init__(self, shelf: Shelf, *, local: FolderShelf | None) -> None:
        self._shelf = shelf
        self._local = local

    @classmethod
    def open(cls, url_or_path: str | Path, *, cache: Path | None = None) -> Self:
        """Open a folder, or a bucket such as ``s3://bucket/blobs``.

        ``cache`` is the folder for local copies out of a bucket; ``local_path`` needs it there.
        Raises InvalidInput for an address of no known kind.
        """
        if isinstance(url_or_path, str) and "://" in url_or_path:
            return cls(BucketShelf(url_or_path), local=FolderShelf(cache) if cache else None)
        folder = FolderShelf(Path(url_or_path))
        return cls(folder, local=folder)

    def put(self, content: bytes) -> Digest:
        """Keep ``content`` and return its digest. It is durable on return. Raises StorageFull, Unreachable."""
        digest = digest_of_bytes(content)
        self._shelf.write(digest, content)
        return digest

    def get(self, digest: Digest) -> bytes:
        """Return the bytes. Raises NotFound, Corrupted, Unreachable."""
        content = self._shelf.read(parse_digest(digest))
        if content is None:
            raise NotFound(f"no blob {digest}")
        if digest_of_bytes(content) != digest:
            raise Corrupted(f"blob {digest} is not what was written", hint="put it again, or restore it from a backup")
        return content

    def has(self, digest: Digest) -> bool:
        """Return whether the blob is here."""
        return self._shelf.has(parse_digest(digest))

    def missing(self, digests: Iterable[Digest]) -> list[Digest]:
        """Return those of ``digests`` that are not here, each once, in their order."""
        return [one for one in dict.fromkeys(digests) if not self.has(one)]

    def local_path(self, digest: Digest) -> Path:
        """Return a read-only file with the bytes, to map into memory: the blob itself, or a copy out of the bucket.

        Its bytes are checked first. Raises NotFound, Corrupted, and InvalidInput for a bucket opened without a cache.
        """
        if self._local is None:
            raise InvalidInput(
                "blobs in a bucket were opened without a folder for copies", hint="open them with cache="
            )
        path = self._local.path(parse_digest(digest))
        if self._local is not self._shelf and not path.exists():
            self._local.write(digest, self.get(digest))
        _check(path, digest)
        return path

    def digests(self) -> Iterator[Digest]:
        """Iterate over every digest here."""
        return self._shelf.digests()

    def remove(self, digest: Digest) -> None:
        """Let go of a blob and of its local copy. For an erasure only: nothing may refer to it. Raises Unreachable."""
        self._shelf.remove(parse_digest(digest))
        if self._local:
            self._local.remove(digest)

    def sweep(self) -> int:
        """Remove unfinished local files of writers that were killed; return how many.

        Only for whoever holds the home's lock: another writer's unfinished file is still being written.
        """
        return self._local.sweep() if self._local else 0


def _check(path: Path, digest: Digest) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise NotFound(f"no blob {digest}") from error
    if f"sha256:{found}" != digest:
        raise Corrupted(f"blob {digest} is not what was written", hint=f"remove {path} and put it again")
