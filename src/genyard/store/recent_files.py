"""The keys of the files that this process wrote last.

Rows come in about the order of their time, so that what is in their time is mostly in the newest files. Whether they
were sent before is then known without reading these.
"""

from collections.abc import Iterable

from genyard.store.key_hashes import Hashes, Mask, SeenKeys

MOST_ROWS = 1 << 19
"""Rows whose hashes are kept, at 8 bytes each."""


class RecentFiles:
    """Hashes of keys by file. Of several files of one flush, which are of several days, each has the hashes of all."""

    def __init__(self, *, most_rows: int = MOST_ROWS) -> None:
        self._most_rows = most_rows
        self._seen: SeenKeys[str] = SeenKeys()

    def wrote(self, hashes: Hashes, paths: Iterable[str]) -> None:
        """Note that these rows are in new files, and let go of the oldest where there are too many."""
        for path in paths:
            self._seen.add(path, hashes)
        for path in self._seen.places():
            if self._seen.count <= self._most_rows:
                return
            self._seen.taken(path)

    def among(self, path: str, hashes: Hashes) -> Mask | None:
        """Return which of ``hashes`` may be in a file; None where that is not known."""
        return self._seen.among(path, hashes)
