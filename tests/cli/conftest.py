"""A project for each test to change, and one that was taken through its life for all to look at."""

from pathlib import Path

import pytest
from tests.projects import ROWS, Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with an answer, a release that serves prod, and a key. Tests read it and change nothing."""
    project = make_project(tmp_path_factory.mktemp("lived"))
    project.ok("run", ROWS[0][1])
    project.ok("release")
    project.ok("deploy", "desk", "--to", "prod", "--why", "it passed")
    project.ok("keys", "create", "ci", "--scope", "serve:desk")
    return project
