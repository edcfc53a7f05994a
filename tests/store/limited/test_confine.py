"""The third wall: what the system itself keeps from the process, whatever DuckDB would do."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from genyard.store.limited.confine import FILES, OVERHEAD_MB, landlock_version

SCRIPT = """
import json, os, resource, socket, sys
from genyard.store.limited.confine import limit_resources, read_only
own, other, wall = sys.argv[1:]
limit_resources(memory_mb=256, cpu_s=9) if wall == "resources" else read_only([own])
def tried(do):
    try:
        return str(do())
    except (OSError, MemoryError) as refused:
        return type(refused).__name__ + ": " + (getattr(refused, "strerror", "") or "")
def connect():
    with socket.socket() as one:
        one.connect(("127.0.0.1", 1))
def write(path):
    with open(path, "a") as file:
        file.write("x")
print(json.dumps({
    "own": tried(lambda: open(own).read()),
    "other": tried(lambda: open(other).read()),
    "environment": tried(lambda: open("/proc/self/environ").read(0)),
    "list": tried(lambda: len(os.listdir("/")) > 0),
    "write": tried(lambda: write(own)),
    "new": tried(lambda: write(other + ".new")),
    "remove": tried(lambda: os.unlink(own)) if wall == "files" else "",
    "connect": tried(connect),
    "signal": tried(lambda: os.kill(os.getppid(), 0)),
    "memory": tried(lambda: len(bytes(3 << 30)))  if wall == "resources" else "",
    "limits": [resource.getrlimit(getattr(resource, "RLIMIT_" + one))[1] for one in "CPU CORE FSIZE NOFILE AS".split()],
}))
"""


def confined(tmp_path: Path, wall: str) -> Any:
    own, other = tmp_path / "own", tmp_path / "other"
    own.write_text("ours")
    other.write_text("theirs")
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, own, other, wall], capture_output=True, text=True, check=True, env={}
    )
    assert (own.read_text(), other.read_text()) == ("ours", "theirs")
    return json.loads(done.stdout)


def test_files_are_read_only_where_the_kernel_can_see_to_it(tmp_path: Path) -> None:
    found = confined(tmp_path, "files")
    assert found["own"] == "ours"
    if not landlock_version():
        return
    denied = "PermissionError: Permission denied"
    assert {found[one] for one in ("other", "environment", "list", "write", "new", "remove")} == {denied}
    if landlock_version() >= 4:
        assert found["connect"] == denied
    if landlock_version() >= 6:
        assert found["signal"] == "PermissionError: Operation not permitted"


def test_memory_time_and_writing_are_bounded(tmp_path: Path) -> None:
    found = confined(tmp_path, "resources")
    assert found["write"] == "OSError: File too large"
    assert found["limits"][:4] == [9, 0, 0, FILES]
    if sys.platform == "linux":
        assert found["limits"][4] == (256 + OVERHEAD_MB) << 20
        assert found["memory"] == "MemoryError: "
