"""What every command starts with: settings, an output, and a client for the right server."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from genyard.cli.output import Output, output
from genyard.client.api import Client, Reply
from genyard.client.connect import connect
from genyard.client.workspace import check_out, open_workspace, project_of
from genyard.core.errors import GenyardError, InvalidInput, NotFound
from genyard.core.settings import read_settings

JsonFlag = Annotated[bool, typer.Option("--json", help="Answer with one JSON value.")]
ProjectOption = Annotated[str, typer.Option("--project", help="The project; else the one of genyard.yaml.")]
SystemOption = Annotated[str, typer.Option("--system", help="The system; needed where there are several.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept in the history.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's dealings with the server."""

    client: Client
    output: Output

    def wait(self, job: Reply, title: str) -> Reply:
        """Wait for a job that was just enqueued, showing how far it is. Ctrl-C cancels it: what it finished is kept."""
        with self.output.progress(title) as update:
            try:
                return self.client.wait(job["job"], on_progress=update)
            except KeyboardInterrupt:
                with suppress(GenyardError):
                    self.client.post(self.client.of_project("jobs", job["job"], "cancel"))
                raise

    def check_out(self) -> Reply:
        """Send the project folder as it is now."""
        return check_out(open_workspace(Path.cwd()), self.client)


@contextmanager
def session(*, as_json: bool = False, project: str = "") -> Iterator[Session]:
    """Open a session: the project is the one given, else the setting, else the one that genyard.yaml names."""
    given = {"project": project} if project else {}
    settings = read_settings(given)
    with connect(settings, start=Path.cwd()) as client:
        if not settings.project:
            _take_project(client)
        shown = output(as_json=as_json)
        try:
            yield Session(client=client, output=shown)
        finally:
            shown.end()


def one_system(checkout: Reply, asked: str) -> str:
    """Return the system to work on. Raises InvalidInput when there are several and none was named."""
    systems: list[str] = checkout["systems"]
    if asked:
        return asked
    if len(systems) == 1:
        return systems[0]
    raise InvalidInput("genyard.yaml has several systems", hint=f"name one with --system: {', '.join(systems)}")


def _take_project(client: Client) -> None:
    try:
        workspace = open_workspace(Path.cwd())
    except NotFound:
        return  # outside of a project folder the default project is meant
    client.project = project_of(workspace, client)
