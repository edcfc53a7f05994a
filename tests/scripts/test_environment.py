"""What a machine that lacks something is told by the scripts: one line with the mend."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.processes import ROOT

ARGUMENTS = ("sh", "scripts/environment", "demo")


def run(folder: Path, python: str) -> tuple[int, str, str]:
    """Run the script where the only Python is the shell script ``python``; return how it ended and what it said."""
    tools = folder / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname", "cat", "cksum", "tr"):
        found = next(at for at in (Path("/bin"), Path("/usr/bin")) if (at / tool).exists())
        (tools / tool).symlink_to(found / tool)
    if python:
        (tools / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (tools / "python3").chmod(0o755)
    environment = {"PATH": str(tools), "GENYARD_VENV": str(folder / "venv"), "HOME": str(folder)}
    done = subprocess.run(ARGUMENTS, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert not (folder / "venv").exists()
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("python", "found"),
    [
        ('[ "$1" = --version ] && echo "Python 3.9.2" && exit 0; exit 1', "Python 3.9.2"),
        ("", "no python3"),
    ],
)
def test_an_old_python_or_none_is_one_line_that_says_what_to_install(tmp_path: Path, python: str, found: str) -> None:
    code, out, err = run(tmp_path, python)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"needs Python 3.11 or newer and found {found}" in err
    assert "apt-get install python3 python3-venv" in err


def test_a_python_without_venv_is_one_line_that_names_the_package(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, 'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.11;; esac')
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "apt-get install python3-venv" in err


@pytest.mark.parametrize(
    "script", sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix)
)
def test_every_script_is_plain_sh_that_may_be_run(script: str) -> None:
    path = ROOT / "scripts" / script
    assert path.read_text().startswith("#!/bin/sh\n")
    assert os.access(path, os.X_OK)
    subprocess.run(["sh", "-n", str(path)], check=True)
