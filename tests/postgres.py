"""A private PostgreSQL for tests, from Debian's packages: started in a temporary folder, stopped at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

# Full of characters that mean something in a URL, so that a quoting mistake shows.
PASSWORD = "p@ss/w:rd#%"


def find_binaries() -> Path | None:
    """Return the folder with ``postgres`` and ``initdb``, the newest version first, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    return next((folder for folder in (*debian, *on_path) if (folder / "initdb").exists()), None)


def _quick_folder() -> Path | None:
    """Return a folder in memory where there is one with room: tests copy databases by the hundred."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30 else None


class Cluster:
    """A running server, reached through a unix socket, so that no port can be taken."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self.folder = folder
        self._numbers = count(1)

    @classmethod
    def start(cls, binaries: Path) -> Self:
        """Make and start a cluster."""
        folder = Path(tempfile.mkdtemp(prefix="genyard-pg-", dir=_quick_folder()))
        cluster = cls(binaries, folder)
        try:
            if os.geteuid() == 0:
                shutil.chown(folder, "postgres", "postgres")
            password = folder / "password"
            password.write_text(PASSWORD)
            cluster._run(
                "initdb", "-D", "data", "-U", "genyard", "-A", "scram-sha-256", "--pwfile=password", "-E", "UTF8"
            )
            # Durability is PostgreSQL's own affair; without it a test's database costs milliseconds.
            options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
            cluster._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return cluster

    def url(self, database: str) -> str:
        """Return the address of a database as a user would write it."""
        return f"postgresql://genyard:{quote(PASSWORD, safe='')}@/{database}?host={quote(str(self.folder), safe='')}"

    def create_database(self, *, template: str = "template0") -> str:
        """Make a database as a copy of ``template``, to which nobody may be connected, and return its name."""
        name = f"test_{next(self._numbers)}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(
            host=str(self.folder), user="genyard", password=PASSWORD, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def restart(self) -> None:
        """Stop at once, as a crash would, and start again."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "-l", "log", "restart")

    def stop(self) -> None:
        """Stop and remove everything."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", "fast", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root.
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [str(self._binaries / program), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            check=False,
            **user,  # type: ignore[call-overload]
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")


def can_run() -> str:
    """Return why no cluster can run here, empty when one can."""
    if find_binaries() is None:
        return "PostgreSQL's programs are not installed (apt-get install postgresql)"
    if os.geteuid() == 0 and "postgres" not in {one.pw_name for one in pwd.getpwall()}:
        return "PostgreSQL does not run as root and there is no user postgres"
    return ""
