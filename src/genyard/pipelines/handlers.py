"""The jobs of Genyard by name: what a queue may hold, and what a worker does with it."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from genyard.access.principals import Actor
from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import Digest
from genyard.deploy.releases import gate_of
from genyard.develop.checkouts import open_checkout
from genyard.develop.resolve import ResolvedSystem, Resolver
from genyard.develop.systems import RetrieveStep, System
from genyard.jobs.port import Handler, JobContext
from genyard.pipelines import lake_care
from genyard.pipelines.enqueue import ERASE
from genyard.pipelines.gating import Evidence, Wanted, gather
from genyard.pipelines.releasing import cut
from genyard.pipelines.workbench import Workbench, worker_actor

INDEX, EVALUATE, RELEASE = "index", "evaluate", "release"


def handlers(bench: Workbench) -> Mapping[str, Handler]:
    """Return the table of handlers over one workbench."""
    table: dict[str, Callable[[Workbench, JobContext], JsonObject]] = {
        INDEX: _index,
        EVALUATE: _evaluate,
        RELEASE: _release,
        ERASE: _erase,
        lake_care.COMPACT: lake_care.compact,
        lake_care.RETAIN: lake_care.retain,
    }
    return {name: _bound(bench, handle) for name, handle in table.items()}


def _bound(bench: Workbench, handle: Callable[[Workbench, JobContext], JsonObject]) -> Handler:
    # One durable step: a job that is taken up again finds what it finished by digest, so nothing is done twice.
    return lambda context: context.step("work", lambda: cast(dict[str, Json], handle(bench, context)))


def _index(bench: Workbench, context: JobContext) -> JsonObject:
    wanted = _wanted(bench, context)
    system = System.of(wanted.system.artifact)
    indexes: list[Json] = []
    for step in system.steps:
        if isinstance(step, RetrieveStep):
            index = bench.library.artifact(wanted.project, step.index)
            known = bench.library.names_of(wanted.project, step.index)
            indexes.append(
                {
                    "built": step.index in wanted.system.built,
                    "chunks": index.body["chunks"],
                    "digest": step.index,
                    "documents": index.body["documents"],
                    "name": str(known[0]) if known else step.name,
                }
            )
    return {"indexes": indexes, "system": _system_json(wanted.system)}


def _evaluate(bench: Workbench, context: JobContext) -> JsonObject:
    wanted = _wanted(bench, context)
    evidence = _gather(bench, context, wanted)
    return {
        "evaluations": [one.as_json() for one in evidence.evaluations],
        "gate": evidence.gate,
        "system": _system_json(wanted.system),
    }


def _release(bench: Workbench, context: JobContext) -> JsonObject:
    wanted = _wanted(bench, context)
    evidence = _gather(bench, context, wanted)
    made = cut(bench, wanted, evidence, by=_actor(context))
    return {
        "digest": made.artifact.digest,
        "evaluations": [one.as_json() for one in evidence.evaluations],
        "gate": dict(gate_of(made.artifact)),
        "name": wanted.system.name,
        "new": made.version.new,
        "system": _system_json(wanted.system),
        "version": made.version.version,
    }


def _erase(bench: Workbench, context: JobContext) -> JsonObject:
    # The payload names the request; what is to be erased stands in the request's file and in no table of jobs.
    asked = cast(dict[str, Any], context.payload)
    return bench.erasures.see_through(
        str(asked["request"]), check=context.check, tell=lambda note: context.progress(0, note=note)
    )


def _gather(bench: Workbench, context: JobContext, wanted: Wanted) -> Evidence:
    return gather(bench, wanted, by=_actor(context), on_progress=context.progress, check=context.check)


def _wanted(bench: Workbench, context: JobContext) -> Wanted:
    asked = cast(dict[str, Any], context.payload)
    checkout = open_checkout(bench.library, context.project, Digest(asked["checkout"]))
    resolver = Resolver(library=bench.library, project=context.project, checkout=checkout, by=_actor(context))

    def tell(done: int, total: int, note: str) -> None:
        context.check()
        context.progress(done, total, note)

    system = resolver.system(asked["system"], on_progress=tell)
    return Wanted(
        project=context.project,
        checkout=checkout,
        system=system,
        dataset=asked.get("dataset"),
        repeats=asked.get("repeats"),
    )


def _actor(context: JobContext) -> Actor:
    return worker_actor(context.principal, context.project)


def _system_json(system: ResolvedSystem) -> JsonObject:
    return {"digest": system.digest, "name": system.name, "version": system.version}
