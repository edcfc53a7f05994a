"""Where the lake and its tables are: in a folder, or in a bucket with local copies. Only here that is asked."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from genyard.store.copies import Copies, FromBucket, InPlace
from genyard.store.places import BucketPlace, FolderPlace, Place


class TablePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where one table is, and who writes there. Plain data, for it goes to other processes."""

    table: str
    url: str
    """A path, or ``s3://…``, whose settings come from the environment."""
    folder: str
    """The folder of the lake's local files."""
    writer_id: str

    @property
    def in_bucket(self) -> bool:
        return is_bucket(self.url)

    @property
    def local(self) -> Path:
        """The folder of the table's local files: its own, or that of the copies of a bucket's."""
        return Path(self.folder) / self.table

    def scratch(self, purpose: str) -> Path:
        """Return a folder for files that are not in their place yet, on the file system of the local ones."""
        return Path(self.folder) / f"_{purpose}" / self.table

    def copies(self) -> Copies:
        return FromBucket(self.url, self.local) if self.in_bucket else InPlace(self.local)

    def files(self) -> Place:
        return BucketPlace(self.url, self.local) if self.in_bucket else FolderPlace(self.local)


@dataclass(frozen=True, slots=True, kw_only=True)
class LakePlace:
    """Where the lake is. Use ``LakePlace.at``."""

    url: str
    folder: Path
    """What DuckDB reads: the lake's own folder, or one beside the log for copies of a bucket's files."""

    @classmethod
    def at(cls, url: str | Path, wal_folder: Path) -> "LakePlace":
        """Return the place of a lake whose log is in ``wal_folder``; ``url`` is a path or ``s3://…``."""
        place = f"{url}".rstrip("/")
        return cls(url=place, folder=wal_folder.parent / "lake-copies" if is_bucket(place) else Path(place).absolute())

    @property
    def in_bucket(self) -> bool:
        return is_bucket(self.url)

    def files(self) -> Place:
        """Return the place of what belongs to no table."""
        return BucketPlace(self.url, self.folder) if self.in_bucket else FolderPlace(self.folder)

    def scratch(self, purpose: str) -> Path:
        """Return the folder of the tables' scratch folders."""
        return self.folder / f"_{purpose}"

    def table(self, name: str, *, writer_id: str) -> TablePlace:
        return TablePlace(table=name, url=f"{self.url}/{name}", folder=str(self.folder), writer_id=writer_id)


def is_bucket(url: str) -> bool:
    """Return whether an address is that of a bucket, and not a path."""
    return "://" in url
