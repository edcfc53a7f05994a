"""``genyard eval``: every metric on a dataset, with intervals, and what the gate says of them."""

from typing import Annotated

import typer

from genyard.cli.output import Lines, more_lines, table
from genyard.cli.session import AfterOption, JsonFlag, ProjectOption, SystemOption, session
from genyard.client.api import Reply
from genyard.core.errors import OUTCOMES
from genyard.core.figures import MISSING, interval, plural, too_few


def add_to(cli: typer.Typer) -> None:
    cli.command(name="eval")(evaluate)
    cli.command()(runs)


def evaluate(
    system: SystemOption = "",
    dataset: Annotated[str, typer.Option("--dataset", help="Only this dataset; else all that the gates name.")] = "",
    repeats: Annotated[
        int | None,
        typer.Option("--repeats", min=1, max=1000, help="Answers drawn for each case; else as the gates say."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Evaluate the system as it is in this folder. What was answered before is not asked again.

    Leaves with 4 when the gate fails or is undecided, so that a pipeline stops there. The evaluation itself is done
    and kept then.
    """
    with session(as_json=as_json) as here:
        with here.output.progress("Evaluating") as on_progress:
            report = here.project.evaluate(
                system=system, dataset=dataset or None, repeats=repeats, on_progress=on_progress
            )
        here.output.show(report, report_lines)
    if report["gate"]["verdict"] not in ("pass", "none"):
        raise typer.Exit(OUTCOMES["gate_not_passed"].exit_code)


def runs(
    run: Annotated[str, typer.Argument(help="One run's id; else the newest are listed.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=200)] = 20,
    after: AfterOption = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """List what ran, newest first; or show one run with its figures."""
    with session(as_json=as_json, project=project) as here:
        if run:
            here.output.show(here.client.get(here.client.of_project("runs", run)), _run_lines)
        else:
            here.output.show(
                here.client.get(here.client.of_project("runs"), limit=limit, after=after or None), _runs_lines
            )


def _runs_lines(reply: Reply) -> Lines:
    rows = [
        [one["id"], one["started"], one["status"], one["activity"], _about(one["parameters"])] for one in reply["runs"]
    ]
    yield from (
        table(["run", "started", "state", "did", "about"], rows)
        if rows
        else ["nothing ran yet: genyard eval makes a run"]
    )
    yield from more_lines(reply)


def _run_lines(reply: Reply) -> Lines:
    yield f"{reply['id']}  {reply['activity']}  {reply['status']}  {reply['started']}  {reply['error']}"
    if reply["erased_rows"]:
        yield f"{plural(reply['erased_rows'], 'row')} of its dataset erased since; the figures are of all as they were"
    if reply["result"] and "metrics" in reply["result"]:
        yield from metric_lines(reply["result"]["metrics"])


def _about(parameters: Reply) -> str:
    return " on ".join(str(parameters[name]) for name in ("system", "dataset") if parameters.get(name))


def report_lines(reply: Reply) -> Lines:
    """Yield the text of an evaluation: the metrics with interval and n, then the gate."""
    for one in reply["evaluations"]:
        cases = one["cases"]
        failed = f", {cases['failed']} failed" if cases["failed"] else ""
        reused = f", {cases['reused']} answered before" if cases["reused"] else ""
        yield (
            f"{reply['system']['name']} {reply['system']['digest'][7:15]} on {one['dataset']}:{one['dataset_version']}"
            f" · {plural(one['rows'], 'case')} × {one['repeats']}{failed}{reused} · run {one['run']}"
        )
        for error in cases["errors"]:
            yield f"  {error['count']} failed with {error['message']}"
        yield from metric_lines(one["metrics"])
    yield from gate_lines(reply["gate"])
    if reply["gate"]["verdict"] == "undecided":
        yield f"next: {_missing(reply['gate'])}"
        yield "The evaluation is done and kept. It leaves with 4, because only a gate that passed opens prod."


def _missing(gate: Reply) -> str:
    """Return what an undecided gate is in want of."""
    wanted = {
        one["dataset"]: one["more_cases"]
        for one in sorted(gate["conditions"], key=lambda one: one["more_cases"] or 0)
        if one["verdict"] == "undecided" and one["more_cases"]
    }
    added = [f"add {plural(more, 'case')} or more to {dataset}" for dataset, more in wanted.items()]
    return (
        f"{' and '.join(added)}, then: genyard eval" if added else "more cases alone would not do: see the reason above"
    )


def metric_lines(metrics: list[Reply]) -> Lines:
    """Yield the metrics with their intervals; the last column is the loss that this n sees 4 times in 5."""
    heads = ["metric", "mean", "95 % interval", "n", "can see"]
    yield from table(heads, [_metric_row(metric) for metric in metrics])


def gate_lines(gate: Reply) -> Lines:
    """Yield the verdict and the reason of each condition."""
    yield f"gate: {gate['verdict'].upper()}  {gate['sentence']}"
    for one in gate["conditions"]:
        yield f"  {one['verdict']:9} {one['metric']} on {one['dataset']} {one['rule']}: {one['reason']}"


def _metric_row(metric: Reply) -> list[str]:
    few = too_few(metric["n"])
    if few:
        return [metric["metric"], few, MISSING, str(metric["n"]), MISSING]
    bounds = interval(metric["lower"], metric["upper"], figure=figure)
    seen = MISSING if metric["detectable"] is None else f"±{figure(metric['detectable'])}"
    return [metric["metric"], figure(metric["mean"]), bounds, str(metric["n"]), seen]


def figure(value: float | None) -> str:
    """Return a mean or an end of its interval for people."""
    if value is None:
        return MISSING
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"
