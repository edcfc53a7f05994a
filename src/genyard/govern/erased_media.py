"""Erasure of images, recordings and files: those that no span or log record of the project mentions any more go.

That is asked of all that a project has, and not only of what the erased spans mentioned: an object whose span was never
acknowledged is mentioned by nobody, and may show whom the erasure is about.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from genyard.core.clock import day_start_ns
from genyard.core.media import SCHEME
from genyard.observe.explorer.window import DAY_NS
from genyard.observe.media import COLUMNS
from genyard.store.lake import EVER_NS, Lake
from genyard.store.media import KeptMedia, Watch
from genyard.store.reads import QueryEngine

Wait = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedMedia:
    """What an erasure does to the media of a home."""

    lake: Lake
    engine: QueryEngine | None = None
    """Who answers its questions; None is who answers everybody's."""

    def mentioned(self, project: str, traces: Sequence[str]) -> list[str]:
        """Return what the traces mention and is there, as ``day/digest``."""
        said = set(self._said(project, 0, EVER_NS, where="trace_id IN (SELECT unnest($traces))", traces=traces))
        return sorted(said & {_key(one) for one in self.lake.media.listing(project)}) if said else []

    def sweep(
        self, project: str, erased: Collection[str], *, check: Callable[[], None], wait: Wait | None = None
    ) -> None:
        """Remove what nothing mentions; ``erased`` is what erased rows mentioned. Raises Unreachable.

        ``wait`` is given where other servers keep media too: it returns when their logs of now can be read here, and
        whether all of them can.
        """
        media = self.lake.media
        # What is kept meanwhile, for a span that a look came too early for, is left alone.
        with media.watched() as watch:
            if wait is None:
                for unmentioned in self._unmentioned(project, check):
                    media.remove(unmentioned, watch)
            else:
                self._sweep_beside_others(project, erased, watch, check=check, wait=wait)
        self.lake.measure()

    def _sweep_beside_others(
        self, project: str, erased: Collection[str], watch: Watch, *, check: Callable[[], None], wait: Wait
    ) -> None:
        """Remove what nothing mentioned twice, and nobody put anew in between.

        The holds of other servers are not known here. But what they held at the first look is in the tables at the
        second, and what they have kept since was put anew. Of a server that is silent neither is known: then only
        what erased rows mentioned goes.
        """
        before = {one for unmentioned in self._unmentioned(project, check) for one in unmentioned}
        if before:
            all_heard = wait()
            days = self._unmentioned(project, check, days={one.day for one in before})
            twice = before.intersection(one for unmentioned in days for one in unmentioned)
            going = {one for one in twice if all_heard or _key(one) in erased}
            # To ask for mentions may take long: who put one anew meanwhile needs it.
            unchanged = [one for one in self.lake.media.listing(project) if one in going]
            self.lake.media.remove(unchanged, watch)

    def _unmentioned(
        self, project: str, check: Callable[[], None], *, days: Collection[str] | None = None
    ) -> Iterator[list[KeptMedia]]:
        """Yield what no row mentions, a day after the other; ``days`` are those to look at."""
        for day, listed in groupby(self.lake.media.listing(project), key=lambda one: one.day):
            check()
            objects = list(listed)
            if days is None or day in days:
                start_ns = day_start_ns(day)
                said = set(self._said(project, start_ns, start_ns + DAY_NS))
                yield [one for one in objects if _key(one) not in said]

    def gone(self, project: str, keys: Sequence[str]) -> int:
        """Return how many of ``keys`` are not there any more."""
        return len(set(keys) - {_key(one) for one in self.lake.media.listing(project)}) if keys else 0

    def _said(
        self, project: str, since_ns: int, until_ns: int, *, where: str = "true", **values: object
    ) -> Iterator[str]:
        for table in ("spans", "logs"):
            # A column at a time: together they may be gigabytes of text.
            for name in COLUMNS[table]:
                sql = _SQL.format(table=table, text=f"{name}::VARCHAR", where=where)
                rows = self._ask(sql, table, project, since_ns, until_ns, values)
                yield from (str(row["id"]) for row in rows)

    def _ask(
        self, sql: str, table: str, project: str, since_ns: int, until_ns: int, values: Mapping[str, object]
    ) -> list[dict[str, object]]:
        return self.lake.query(
            sql,
            table=table,
            project=project,
            since_ns=since_ns,
            until_ns=until_ns,
            parameters=values,
            engine=self.engine,
        )


def _key(one: KeptMedia) -> str:
    return f"{one.day}/{one.digest}"


_SQL = f"""
SELECT DISTINCT day || '/' || digest AS id FROM (
  SELECT day, unnest(regexp_extract_all({{text}}, '{SCHEME}(sha256:[0-9a-f]{{{{64}}}})', 1)) AS digest
  FROM {{table}} WHERE ({{where}}) AND contains({{text}}, '{SCHEME}')
)
"""
