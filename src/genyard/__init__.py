"""Genyard: the whole life of a generative-AI system.

::

    import genyard

    with genyard.connect() as project:
        print(project.run("How do I reset my badge?")["text"])
        print(project.release()["gate"]["verdict"])
"""

from typing import TYPE_CHECKING

from genyard.core.errors import GenyardError

if TYPE_CHECKING:
    from genyard.client.project import Project

__all__ = ["GenyardError", "__version__", "connect"]

__version__ = "0.1.0"


def connect(folder: str = ".", **settings: str) -> "Project":
    """Open the project folder and connect to its server, or to the app in this process where none runs.

    ``settings`` are those of ``genyard settings`` by name, such as ``url``, ``key``, ``project``, ``home``; each one
    left out is read from the environment. Raises InvalidInput, Unreachable, HomeLocked.
    """
    # Here, so that importing the package stays free of the HTTP client.
    from genyard.client.connect import open_project

    return open_project(folder, settings)
