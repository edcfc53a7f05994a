"""Genyard: the whole life of a generative-AI system.

The verbs of the life, over a project folder::

    import genyard

    with genyard.connect() as project:
        print(project.run("How do I reset my badge?")["text"])
        print(project.release()["gate"]["verdict"])

An application that is to be seen, which needs the extra ``tracing``::

    genyard.init("shop")

    @genyard.observe
    def answer(question: str) -> str: ...
"""

import importlib
from typing import TYPE_CHECKING, Any

from genyard.core.errors import GenyardError

if TYPE_CHECKING:
    from genyard.client.application.host import current_trace, feedback, flush, init, score
    from genyard.client.application.observe import observe
    from genyard.client.application.session import session
    from genyard.client.project import Project

__all__ = [
    "GenyardError",
    "__version__",
    "connect",
    "current_trace",
    "feedback",
    "flush",
    "init",
    "observe",
    "score",
    "session",
]

__version__ = "0.1.0"

_LOADED_WHEN_USED = {
    "current_trace": "host",
    "feedback": "host",
    "flush": "host",
    "init": "host",
    "observe": "observe",
    "score": "host",
    "session": "session",
}


def __getattr__(name: str) -> Any:
    """Load what an application calls when it first does: importing the package stays free of the HTTP client."""
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"genyard.client.application.{_LOADED_WHEN_USED[name]}"), name)


def connect(folder: str = ".", **settings: str) -> "Project":
    """Open the project folder and connect to its server, or to the app in this process where none runs.

    ``settings`` are those of ``genyard settings`` by name, such as ``url``, ``key``, ``project``, ``home``; each one
    left out is read from the environment. Raises InvalidInput, Unreachable, HomeLocked.
    """
    # Here, so that importing the package stays free of the HTTP client.
    from genyard.client.connect import open_project

    return open_project(folder, settings)
