"""Files that a table no longer names, removed when nobody can still be reading them."""

import json
from collections.abc import Iterable, Iterator

from genyard.store.places import Stored
from genyard.store.rewrite import RETIRED, Rewriter

GRACE_NS = 3_600_000_000_000
"""How long a file that left the table stays for queries that began before: an hour."""
UNNAMED_NS = 24 * 3_600_000_000_000
"""How long a file stays that no version names: a writer may be about to commit it. A day."""


def vacuum(rewriter: Rewriter, *, now_ns: int, grace_ns: int = GRACE_NS, unnamed_ns: int = UNNAMED_NS) -> list[str]:
    """Remove files that left the table ``grace_ns`` ago, and files of no version that are ``unnamed_ns`` old.

    Those that the rewriter itself has left go in any case: it must not be at work. Returns their paths. Raises
    Unreachable.
    """
    lists = list(rewriter.place.listing(RETIRED))
    # The files after the lists: a file that is in a list and still in the table is one of a commit to come.
    named = {one.path for one in rewriter.files()}
    # How old a file is, is asked of one clock: by another's a file that is just being written might seem a day old.
    by_its_clock_ns = rewriter.place.clock_ns() or now_ns
    due = [one for one in lists if _since_ns(one) + grace_ns <= now_ns]
    retired = _paths(rewriter, due)
    waiting = named | (_paths(rewriter, [one for one in lists if one not in due]) - retired)
    unnamed = {one.path for one in _data_files(rewriter) if _is_old(rewriter, one, by_its_clock_ns, unnamed_ns)}
    gone = sorted((retired - named) | (unnamed - waiting))
    rewriter.place.remove(gone)
    rewriter.place.remove([one.path for one in due])
    return gone


def _is_old(rewriter: Rewriter, file: Stored, now_ns: int, unnamed_ns: int) -> bool:
    own = file.path.rpartition("/")[2].startswith(rewriter.prefix)
    return own or not unnamed_ns or file.changed_ns + unnamed_ns <= now_ns


def _since_ns(entry: Stored) -> int:
    return int(entry.path.rpartition("/")[2].partition("-")[0])


def _paths(rewriter: Rewriter, lists: Iterable[Stored]) -> set[str]:
    return {path for one in lists for path in json.loads(rewriter.place.read(one.path))}


def _data_files(rewriter: Rewriter) -> Iterator[Stored]:
    return (one for one in rewriter.place.listing("") if one.path.startswith("project="))
