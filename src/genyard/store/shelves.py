"""Where blobs lie: a local folder, or a bucket. Both know bytes by digest and judge nothing."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from genyard.core.digest import Digest
from genyard.core.errors import InvalidInput, Unreachable
from genyard.store.files import disk_errors, make_folder, write_durably

_INCOMING = ".incoming"


class Shelf(Protocol):
    """Bytes under digests. A write that returned is durable; a reader sees all of a blob or nothing."""

    def write(self, digest: Digest, content: bytes) -> None: ...

    def read(self, digest: Digest) -> bytes | None: ...

    def has(self, digest: Digest) -> bool: ...

    def digests(self) -> Iterator[Digest]: ...

    def remove(self, digest: Digest) -> None: ...


class FolderShelf:
    """A folder. obstore's LocalStore does not flush what it writes, so the files are written here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with disk_errors(str(folder)):
            make_folder(folder / _INCOMING)

    def path(self, digest: Digest) -> Path:
        hexadecimal = digest.removeprefix("sha256:")
        return self._folder / "sha256" / hexadecimal[:2] / hexadecimal[2:]

    def write(self, digest: Digest, content: bytes) -> None:
        # Compared, not only looked for: a damaged blob is mended by putting it again.
        if self.read(digest) == content:
            return
        target = self.path(digest)
        with disk_errors(f"blob {digest} in {self._folder}"):
            make_folder(target.parent)
            write_durably(target, content, mode=0o444, incoming=self._folder / _INCOMING)

    def read(self, digest: Digest) -> bytes | None:
        with disk_errors(f"blob {digest} in {self._folder}"):
            try:
                return self.path(digest).read_bytes()
            except FileNotFoundError:
                return None

    def has(self, digest: Digest) -> bool:
        return self.path(digest).is_file()

    def digests(self) -> Iterator[Digest]:
        for path in sorted(self._folder.glob("sha256/??/*")):
            yield Digest(f"sha256:{path.parent.name}{path.name}")

    def remove(self, digest: Digest) -> None:
        with disk_errors(f"blob {digest} in {self._folder}"):
            self.path(digest).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what writers that were killed left unfinished. Only for whoever holds the home's lock."""
        leftovers = list((self._folder / _INCOMING).iterdir())
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)


class BucketShelf:
    """A bucket and prefix of S3, Google Cloud Storage or Azure. Credentials come from their usual variables."""

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            self._store: ObjectStore = from_url(
                url,
                retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=60)},
            )
        except BaseError as error:
            raise InvalidInput(
                f"{url!r} is no place for blobs", hint="write s3://, gs:// or az://, or a path"
            ) from error

    def write(self, digest: Digest, content: bytes) -> None:
        with self._bucket_errors():
            try:
                self._store.put(_key(digest), content)
            except FileNotFoundError as error:
                raise Unreachable(f"the bucket of {self._url} does not exist", hint="make it first") from error

    def read(self, digest: Digest) -> bytes | None:
        with self._bucket_errors():
            try:
                return bytes(self._store.get(_key(digest)).bytes())
            except FileNotFoundError:
                return None

    def has(self, digest: Digest) -> bool:
        with self._bucket_errors():
            try:
                self._store.head(_key(digest))
            except FileNotFoundError:
                return False
            return True

    def digests(self) -> Iterator[Digest]:
        with self._bucket_errors():
            for page in self._store.list("sha256"):
                for one in page:
                    yield Digest(one["path"].replace("/", ":"))

    def remove(self, digest: Digest) -> None:
        with self._bucket_errors(), suppress(FileNotFoundError):
            self._store.delete(_key(digest))

    @contextmanager
    def _bucket_errors(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            # What obstore says after the first line is for its own debugging, and long.
            reason = str(error).partition("\n")[0]
            raise Unreachable(f"the bucket {self._url} does not answer: {reason}", hint="check its address") from error


def _key(digest: Digest) -> str:
    return digest.replace(":", "/")
