"""Limited processes as they run: one reply, or one line that says which bound was reached."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.store.limited.relations import IN_TAIL, TAIL, asked
from tests.waiting import eventually

from genyard.core.errors import Corrupted, InvalidInput, TooLarge
from genyard.store.limited.messages import Relation
from genyard.store.limited.runner import run_limited

LIMIT_S = 60.0
ENDLESS = "SELECT count(*) FROM range(1000000000000) a, range(1000000000000) b WHERE hash(a.range) = 1"


def test_a_statement_is_answered(tmp_path: Path) -> None:
    found = run_limited(asked("SELECT span_id, tags FROM spans ORDER BY 1;"), folder=tmp_path, timeout_s=LIMIT_S)
    assert found.rows == [["1", ["x", "y"]], ["2", None]]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("COPY spans TO 'x.csv'", "only a SELECT may be asked here, not COPY"),
        ("SELECT *\nFROM read_text('/etc/passwd')", r"read_text cannot be asked here \(line 2, column 6\)"),
        ("SELECT nope FROM spans", r'Binder Error: Referenced column "nope" not found.* \(line 1, column 8\)'),
        ("SELECT 'x'::INTEGER", r"Conversion Error: Could not convert string 'x' to INT32 \(line 1, column 11\)"),
        ("SELECT ü FROM spans WHERE", "Parser Error: syntax error"),
        ("SELECT $1", "Values were not provided"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line_with_its_place(tmp_path: Path, sql: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        run_limited(asked(sql), folder=tmp_path, timeout_s=LIMIT_S)
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 500


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT repeat('x', 2000000000)",
        "SELECT list(range) FROM range(1000000000)",
        "SELECT string_agg(repeat('x', 1000000)) FROM range(1000000)",
    ],
)
def test_a_memory_bomb_is_told_in_one_line(tmp_path: Path, sql: str) -> None:
    with pytest.raises(TooLarge, match="memory"):
        run_limited(asked(sql), folder=tmp_path, timeout_s=LIMIT_S)


@pytest.mark.parametrize(
    "sql", [ENDLESS, "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x FROM a) SELECT count(*) FROM a"]
)
def test_an_endless_query_is_stopped(tmp_path: Path, sql: str) -> None:
    with pytest.raises(TooLarge, match="stopped after 1.5 s"):
        run_limited(asked(sql), folder=tmp_path, timeout_s=1.5)


def test_the_system_stops_what_the_server_would_not(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match=r"ended its process \(signal"):
        run_limited(asked(ENDLESS, cpu_s=1), folder=tmp_path, timeout_s=LIMIT_S)


def test_a_huge_answer_is_cut(tmp_path: Path) -> None:
    found = run_limited(asked("FROM range(10000000000)", rows=50), folder=tmp_path, timeout_s=LIMIT_S)
    assert (len(found.rows), found.cut) == (50, "rows")
    one = asked("SELECT repeat('x', 10000) FROM range(10000000000)", rows=10_000, size=100_100)
    found = run_limited(one, folder=tmp_path, timeout_s=LIMIT_S)
    assert (len(found.rows), found.cut) == (10, "size")


def test_a_file_that_is_not_there_or_damaged_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more PAR1")
    for name in ("bad.parquet", "gone.parquet"):
        relations = [Relation("spans", [name], [TAIL], []), IN_TAIL[1]]
        with pytest.raises(Corrupted, match=r"the lake (cannot be read|has no file)"):
            run_limited(asked("SELECT count(*) FROM spans", relations), folder=tmp_path, timeout_s=LIMIT_S)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The process of an endless query, started by a server with secrets in its environment."""
    monkeypatch.setenv("GENYARD_OPENAI_API_KEY", "SENTINEL")
    before = children()

    def ask() -> None:
        with pytest.raises(TooLarge):
            run_limited(asked(ENDLESS), folder=tmp_path, timeout_s=LIMIT_S)

    thread = threading.Thread(target=ask)
    thread.start()
    eventually(lambda: bool(children() - before))
    (one,) = children() - before
    yield one
    os.kill(one, 9)
    thread.join()


def children() -> set[int]:
    """The limited processes of this one. The fourth field of ``stat``, behind the name in brackets, is the parent."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            limited = b"genyard.store.limited.process" in (folder / "cmdline").read_bytes()
            if limited and int(parent) == os.getpid():
                found.add(int(folder.name))
    return found


def test_the_process_has_no_environment(running: int) -> None:
    assert Path(f"/proc/{running}/environ").read_bytes() == b""
    assert b"-I\0-B\0-m\0genyard" in Path(f"/proc/{running}/cmdline").read_bytes()
