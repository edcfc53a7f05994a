"""What every command starts with: settings, an output, and a client for the right server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from genyard.cli.output import Output, output
from genyard.client.api import Client
from genyard.client.connect import open_project
from genyard.client.project import Project

AfterOption = Annotated[str, typer.Option("--after", help="Go on at the place that a list named under its last row.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Answer with one JSON value.")]
ProjectOption = Annotated[str, typer.Option("--project", help="The project; else the one of genyard.yaml.")]
SystemOption = Annotated[str, typer.Option("--system", help="The system; needed where there are several.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason, kept in the history.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's dealings with the server."""

    project: Project
    output: Output

    @property
    def client(self) -> Client:
        return self.project.client


@contextmanager
def session(*, as_json: bool = False, project: str = "", makes_home: bool = False) -> Iterator[Session]:
    """Open a session: the project is the one given, else the setting, else that of genyard.yaml, else the key's.

    Only with ``makes_home`` a home comes into being where none is and no genyard.yaml says that one belongs there:
    an empty home in a wrong folder would look like a project without anything in it. Raises NotFound.
    """
    given = {"project": project} if project else {}
    with open_project(".", given, makes_home=makes_home) as opened:
        shown = output(as_json=as_json)
        try:
            yield Session(project=opened, output=shown)
        finally:
            shown.end()
