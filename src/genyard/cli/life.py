"""``genyard release``, ``deploy`` and ``rollback``: what may answer, and what does."""

from typing import Annotated

import typer

from genyard.cli.evaluate import gate_lines, metric_lines
from genyard.cli.output import Lines, table
from genyard.cli.session import JsonFlag, ProjectOption, WhyOption, session
from genyard.client.api import Reply
from genyard.core.errors import OUTCOMES
from genyard.core.figures import plural

EnvironmentOption = Annotated[str, typer.Option("--to", help="The environment, such as staging or prod.")]


def add_to(cli: typer.Typer) -> None:
    cli.command()(release)
    cli.command()(releases)
    cli.command()(deploy)
    cli.command()(rollback)


def release(
    system: Annotated[str, typer.Argument(help="The system; needed where there are several.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Cut a release of the system as it is in this folder: evaluate it, keep the evidence, say what the gate says.

    Leaves with 4 when the gate fails or is undecided; the release is kept all the same.
    """
    with session(as_json=as_json) as here:
        with here.output.progress("Evaluating") as on_progress:
            made = here.project.release(system=system, on_progress=on_progress)
        here.output.show(made, _release_lines)
    if made["gate"]["verdict"] != "pass":
        raise typer.Exit(OUTCOMES["gate_not_passed"].exit_code)


def releases(
    which: Annotated[str, typer.Argument(help="Only this system's; or one release, such as helpdesk:3.")] = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """List releases, newest first, with their verdicts and where they serve; or show one with its evidence."""
    system, _, version = which.partition(":")
    with session(as_json=as_json, project=project) as here:
        if version:
            here.output.show(here.client.get(here.client.of_project("releases", system, version)), _one_lines)
        else:
            here.output.show(here.project.releases(system), _list_lines)


def deploy(
    system: Annotated[str, typer.Argument(help="The system.")],
    to: EnvironmentOption,
    release: Annotated[str, typer.Option("--release", help="Its version or digest; else the newest.")] = "",
    why: WhyOption = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Let a release answer in an environment. A gated environment takes only what its gate passed."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.project.deploy(system, to=to, release=release, why=why), _move_lines)


def rollback(
    system: Annotated[str, typer.Argument(help="The system.")],
    environment: Annotated[str, typer.Option("--from", help="The environment.")] = "prod",
    why: WhyOption = "",
    project: ProjectOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Let the release before the present one answer again, at once."""
    with session(as_json=as_json, project=project) as here:
        here.output.show(here.project.rollback(system, environment=environment, why=why), _move_lines)


def _release_lines(reply: Reply) -> Lines:
    known = "" if reply["new"] else ", the same as before"
    yield f"release {reply['name']}:{reply['version']} {reply['digest']}{known}"
    yield from gate_lines(reply["gate"])
    if reply["gate"]["verdict"] == "pass":
        yield f"Deploy it:  genyard deploy {reply['name']} --to prod"
    else:
        yield "It is kept with its evidence. No gated environment takes it; an open one such as staging does."


def _one_lines(reply: Reply) -> Lines:
    evidence = reply["evidence"]
    yield f"release {reply['name']}:{reply['version']} {reply['digest']}"
    runs = ", ".join(evidence["runs"])
    yield f"evaluated {evidence['evaluated_at']}, {plural(evidence['failed_cases'], 'failed case')}, runs {runs}"
    yield from metric_lines(evidence["metrics"])
    yield from gate_lines(evidence["gate"])
    for one in evidence["checklist"]:
        yield f"  {'done' if one['state'] == 'done' else 'open':9} {one['item']}: {one['finding']}"


def _list_lines(reply: Reply) -> Lines:
    rows = [
        [f"{one['name']}:{one['version']}", one["digest"][7:15], one["verdict"], one["at"], ", ".join(one["serves"])]
        for one in reply["releases"]
    ]
    yield from (
        table(["release", "digest", "gate", "cut at", "serves"], rows)
        if rows
        else ["no release yet: genyard release cuts one"]
    )


def _move_lines(reply: Reply) -> Lines:
    before = f" (before: {reply['previous'][7:15]})" if reply["previous"] else ""
    yield f"{reply['endpoint']} answers with {reply['release']} {reply['digest'][7:15]}{before}"
