"""``scripts/demo`` as a person meets it: told to the end, stopped by Ctrl-C, refused a port."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.projects import EXAMPLE

PHASES = ("Discover:", "Develop:", "Evaluate:", "Deploy:", "Edit the prompt", "Govern:")


def start(place: Path, *, port: int = 0) -> subprocess.Popen[str]:
    environment = os.environ | {"GENYARD_DEMO": str(place), "GENYARD_PORT": str(port)}
    environment.pop("DEMO_EXIT", None)
    return subprocess.Popen(
        [sys.executable, EXAMPLE / "demo.py"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def stop_half_way(place: Path) -> None:
    stopped = start(place)
    assert stopped.stdout
    while not stopped.stdout.readline().startswith("Evaluate"):
        assert stopped.poll() is None
    os.killpg(stopped.pid, signal.SIGINT)
    assert stopped.communicate(timeout=60)[1] == ""
    assert stopped.returncode == 130


def test_it_tells_the_whole_life_also_after_it_was_stopped_and_ctrl_c_ends_it_without_noise(tmp_path: Path) -> None:
    yours = tmp_path / "prompts" / "answer.md"
    yours.parent.mkdir()
    yours.write_text("my own prompt", encoding="utf-8")
    stop_half_way(tmp_path)
    demo = start(tmp_path)
    assert demo.stdout
    told = ""
    while " release\n" not in told.partition("Your turn")[2]:
        line = demo.stdout.readline()
        assert line, demo.communicate()
        told += line
    os.killpg(demo.pid, signal.SIGINT)  # a terminal sends it to the whole group
    rest = demo.communicate(timeout=60)
    assert (demo.returncode, rest) == (130, ("", ""))
    assert [phase for phase in PHASES if phase not in told] == []
    assert "indexed 42 pages" in told
    assert "may not serve prod" in told
    command = told.rstrip().rpartition("then:  ")[2].split()[0]
    assert (tmp_path / command).exists(), "the command that it names works from the folder that it names"
    assert (tmp_path / "prompts" / "answer.yours.md").read_text(encoding="utf-8") == "my own prompt"


def test_a_port_in_use_is_one_line_with_the_mend(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        demo = start(tmp_path, port=taken.getsockname()[1])
        out, err = demo.communicate(timeout=60)
    assert (demo.returncode, out) == (6, "")
    assert err.count("\n") == 1
    assert "cannot be listened on" in err
    assert "GENYARD_PORT=0 scripts/demo" in err
