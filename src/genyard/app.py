"""``build(settings, home) -> App``: the only place that wires things together."""

import hmac
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from getpass import getuser
from pathlib import Path

from genyard.access.chain_key import ChainKey, open_key
from genyard.access.key_use import KeyUse
from genyard.access.known_keys import KnownKeys
from genyard.access.known_projects import KnownProjects
from genyard.access.principals import Actor, ensure_local
from genyard.core.clock import Clock, SystemClock
from genyard.core.ids import IdSource, RandomIds
from genyard.core.refs import check_name
from genyard.core.settings import Settings
from genyard.deploy.gateway import Serving
from genyard.develop.answer import Runtime
from genyard.develop.library import Library
from genyard.discover.providers import Providers
from genyard.govern import lake_limits
from genyard.govern.erased_datasets import ErasedDatasets
from genyard.govern.erasure import Erasures
from genyard.govern.erasure_requests import ErasureRequests
from genyard.jobs.dbos_jobs import DbosJobs
from genyard.jobs.on_demand import JobsOnDemand
from genyard.jobs.port import Jobs
from genyard.observe.at_once import AtOnce
from genyard.observe.explorer.past_days import PastDays
from genyard.observe.explorer.sql import SqlLimits, SqlQueries
from genyard.observe.exporters import Exporter, InThisProcess
from genyard.observe.intake import Intake
from genyard.observe.masking.keys import open_masking_key
from genyard.observe.masking.projects import ProjectMasking
from genyard.observe.meters import Meters
from genyard.observe.tracing import Tracing
from genyard.pipelines.handlers import handlers
from genyard.pipelines.workbench import Workbench
from genyard.store import runs
from genyard.store.blobs import Blobs
from genyard.store.compacting import Compactor
from genyard.store.engine import Database
from genyard.store.home import Home
from genyard.store.lake import Lake
from genyard.store.sqlite import SCHEME
from genyard.store.upkeep import Upkeep

_EXPORTS_AT_ONCE = 4
"""Each reads the lake for as long as it lasts, and one in Parquet has a thread and some thousand rows of its own."""
_EXPORT_RETRY_S = 10.0
_MEDIA_AT_ONCE = 32
"""Each has an object in memory, of up to a request's size, until its reader has taken it."""
_MEDIA_RETRY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPerson:
    """The person at this computer: whoever may read the home's files acts as its owner."""

    token: str
    actor: Actor

    def matches(self, presented: str) -> bool:
        """Return whether ``presented`` is the token, in constant time."""
        return hmac.compare_digest(presented.encode(), self.token.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One home, opened, with everything that works on it."""

    home: Home
    bench: Workbench
    jobs: Jobs
    providers: Providers
    sql: SqlQueries
    exports: AtOnce
    media_reads: AtOnce
    runtime: Runtime
    """What answers are made with on the server's own loop."""
    serving: Serving
    local: LocalPerson
    intake: Intake
    meters: Meters
    chain_key: ChainKey
    known_keys: KnownKeys
    known_projects: KnownProjects
    key_use: KeyUse
    past_days: PastDays


@contextmanager
def build(
    settings: Settings,
    home_path: Path,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    exporter: Exporter | None = None,
    compactor: Compactor | None = None,
) -> Iterator[App]:
    """Open a home as its one writer and wire everything over it; closing flushes the lake and gives the lock back.

    ``exporter`` works on the spans that others send and is closed with the home, ``compactor`` on the
    files of the lake; without one this process does it.
    Jobs that an earlier process left unfinished go on once ``app.jobs.start()`` is called. Raises HomeLocked,
    HomeTooNew, StorageFull, Unreachable.
    """
    clock = clock or SystemClock()
    with ExitStack() as closing:
        on = _Ground(
            settings=settings, home=Home.at(home_path), clock=clock, ids=ids or RandomIds(clock), closing=closing
        )
        closing.enter_context(on.home.lock())
        store = _store(on, compactor)
        bench = _workbench(on, store)
        meters = Meters(store.lake)
        exporter = exporter or InThisProcess()
        closing.callback(exporter.close)
        jobs = _jobs(on, bench)
        local = _local_person(store.database, clock=on.clock, ids=on.ids)
        take_limits(bench, local.actor)
        store.lake.look_also(lambda: take_limits(bench, local.actor))
        providers = bench.providers()
        yield App(
            home=on.home,
            bench=bench,
            jobs=jobs,
            providers=providers,
            sql=SqlQueries(store.lake, limits=_sql_limits(settings)),
            exports=AtOnce(_EXPORTS_AT_ONCE, what="exports", retry_s=_EXPORT_RETRY_S),
            media_reads=AtOnce(_MEDIA_AT_ONCE, what="reads of media", retry_s=_MEDIA_RETRY_S),
            runtime=bench.runtime_with(providers),
            serving=Serving(bench.library),
            local=local,
            intake=Intake(store.lake, exporter, masking=bench.masking, clock=clock, meters=meters),
            meters=meters,
            chain_key=open_key(on.home.keys),
            known_keys=KnownKeys(store.database, clock=clock),
            known_projects=KnownProjects(store.database, with_rows=lambda: store.lake.projects),
            key_use=KeyUse(store.database),
            past_days=PastDays(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What every room is built on. What is opened is given to ``closing``, which closes the last first."""

    settings: Settings
    home: Home
    clock: Clock
    ids: IdSource
    closing: ExitStack


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    database: Database
    lake: Lake
    upkeep: Upkeep
    blobs: Callable[[str], Blobs]


def _store(on: _Ground, compactor: Compactor | None) -> _Store:
    """Open the catalog and the lake, and end what an earlier process left."""
    settings, home = on.settings, on.home
    database = Database.open(home.catalog_url(settings), backups=home.backups, clock=on.clock)
    on.closing.callback(database.close)
    if not settings.catalog_url:
        # Whoever holds the lock is alone in the home. A catalog elsewhere may have other servers, whose runs go on.
        with database.write() as tx:
            runs.end_interrupted(tx, at_ns=on.clock.now_ns())
    url = settings.lake_url or home.lake
    lake = Lake.open(
        url,
        home.wal,
        clock=on.clock,
        ids=on.ids,
        flush_rows=settings.flush_rows,
        flush_age_s=settings.flush_age_s,
        quota_bytes=int(settings.quota_gb * 1e9),
    )
    on.closing.callback(lake.close)
    _sweep(home)
    upkeep = Upkeep.over(lake, url, home.wal, clock=on.clock, ids=on.ids, compactor=compactor)
    return _Store(database=database, lake=lake, upkeep=upkeep, blobs=_project_blobs(settings, home))


def _workbench(on: _Ground, store: _Store) -> Workbench:
    masking = ProjectMasking(store.database, key=_masking_keys(on.home, on.ids), clock=on.clock)
    tracing = Tracing(store.lake, masking=masking, clock=on.clock, ids=on.ids)
    on.closing.callback(tracing.close)
    return Workbench(
        settings=on.settings,
        database=store.database,
        lake=store.lake,
        masking=masking,
        upkeep=store.upkeep,
        erasures=_erasures(on, store),
        tracing=tracing,
        library=Library(store.database, store.blobs, clock=on.clock),
        clock=on.clock,
        ids=on.ids,
    )


def _erasures(on: _Ground, store: _Store) -> Erasures:
    return Erasures(
        requests=ErasureRequests(on.home.path / "erasures", keys=on.home.keys, ids=on.ids),
        lake=store.lake,
        upkeep=store.upkeep,
        database=store.database,
        blobs=store.blobs,
        datasets=ErasedDatasets(database=store.database, blobs=store.blobs, clock=on.clock, ids=on.ids),
        clock=on.clock,
    )


def _jobs(on: _Ground, bench: Workbench) -> Jobs:
    url = _jobs_url(on.settings, on.home)
    worker = _worker_name(on.settings, bench.lake)
    jobs = JobsOnDemand(DbosJobs(url, handlers=handlers(bench), clock=on.clock, ids=on.ids, executor=worker))
    on.closing.callback(jobs.stop)
    return jobs


def take_limits(bench: Workbench, by: Actor) -> None:
    """Let the lake hold the quotas that the catalog says."""
    with bench.database.read() as tx:
        wanted = lake_limits.all_limits(tx, by)
    own = {name: one.quota_bytes for name, one in wanted.items() if one.quota_bytes is not None}
    bench.lake.quotas.limit(own)


def _sweep(home: Home) -> None:
    """Remove what writers that were killed left unfinished. Only the holder of the lock may."""
    for folder in home.blobs.iterdir():
        Blobs.open(folder).sweep()


def _project_blobs(settings: Settings, home: Home) -> Callable[[str], Blobs]:
    place = settings.blobs_url.rstrip("/")

    @cache
    def blobs(project: str) -> Blobs:
        check_name(project, "project")
        if place:
            return Blobs.open(f"{place}/{project}", cache=home.cache / project)
        return Blobs.open(home.blobs / project)

    return blobs


def _sql_limits(settings: Settings) -> SqlLimits:
    return SqlLimits(timeout_s=settings.sql_timeout_s, memory_mb=settings.sql_memory_mb, at_once=settings.sql_at_once)


def _masking_keys(home: Home, ids: IdSource) -> Callable[[str], bytes]:
    return lambda project: open_masking_key(home.keys / "masking", project, ids=ids)


def _worker_name(settings: Settings, lake: Lake) -> str:
    """Return the name under which the jobs that this home leaves unfinished are taken up again.

    A catalog elsewhere may have other servers: one of the same name would begin the jobs that run here once more.
    """
    return f"worker-{lake.writer_id}" if settings.catalog_url else "worker"


def _jobs_url(settings: Settings, home: Home) -> str:
    return settings.catalog_url or f"{SCHEME}{home.path / 'jobs.sqlite3'}"


def _local_person(database: Database, *, clock: Clock, ids: IdSource) -> LocalPerson:
    with database.write() as tx:
        actor = ensure_local(tx, getuser(), at_ns=clock.now_ns(), ids=ids)
    return LocalPerson(token=f"gy_local_{ids.secret()}", actor=actor)
