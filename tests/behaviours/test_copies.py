"""Local copies of a bucket's files, while several questions, a merge and a refresh want them at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.lossy_bucket import lossy
from tests.store.lake_rows import DAY_NS, everything, keep, look_after, open_lake, span, span_ids
from tests.waiting import DEADLINE_S

from genyard.core.clock import CountingClock
from genyard.core.ids import RandomIds

AT_ONCE = 4


def test_questions_that_come_at_once_fetch_a_file_once(
    s3: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lossy(s3) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", wire.url)
        first = open_lake(tmp_path / "first", url=f"{bucket}/lake", ids=RandomIds(CountingClock()))
        keep(first, span(1), span(2))
        first.close()
        asked, all_ask = list[str](), threading.Barrier(AT_ONCE)

        def fetched(method: str, path: str) -> None:
            if method == "GET" and path.endswith(".zstd.parquet"):
                asked.append(path)

        wire.tell(fetched)
        second = open_lake(tmp_path / "second", url=f"{bucket}/lake", ids=RandomIds(CountingClock()))
        left = unfinished(tmp_path / "second", second.tables["spans"].files[0].path)

        def ask(_: int) -> list[int]:
            all_ask.wait(DEADLINE_S)
            return span_ids(everything(second))

        with ThreadPoolExecutor(AT_ONCE) as threads:
            assert list(threads.map(ask, range(AT_ONCE))) == [[1, 2]] * AT_ONCE
        assert len(asked) == 1
        second.close()
        third = open_lake(tmp_path / "second", url=f"{bucket}/lake", ids=RandomIds(CountingClock()))
        assert not left.exists()
        third.close()


def test_a_refresh_beside_a_merge_does_not_make_its_file_unreadable(
    s3: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lossy(s3) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", wire.url)
        lake = open_lake(tmp_path, url=f"{bucket}/lake", ids=RandomIds(CountingClock()))
        for number in (1, 2):
            keep(lake, span(number))
            lake.flush()
        refreshed = list[str]()

        def refresh(method: str, path: str) -> None:
            if method == "PUT" and "/spans/_delta_log/" in path and not refreshed:
                refreshed.append(path)
                lake.refresh()

        wire.tell(refresh)
        look_after(lake, tmp_path, url=f"{bucket}/lake", grace_ns=DAY_NS).compact(check=lambda: None)
        assert refreshed
        assert span_ids(everything(lake)) == [1, 2]
        lake.close()


def test_rows_are_taken_out_of_a_file_that_another_server_merges_meanwhile(
    s3: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lossy(s3) as wire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", wire.url)
        here = open_lake(tmp_path / "here", url=f"{bucket}/lake", ids=RandomIds(CountingClock()))
        for number in (1, 2):
            keep(here, span(number))
            here.flush()
        merging = look_after(here, tmp_path / "here", url=f"{bucket}/lake", grace_ns=DAY_NS)
        there = open_lake(tmp_path / "there", url=f"{bucket}/lake", ids=RandomIds(CountingClock()))
        merged = list[str]()

        def merge(method: str, path: str) -> None:
            if method == "GET" and path.endswith(".zstd.parquet") and not merged:
                merged.append(path)
                merging.compact(check=lambda: None)
                there.refresh()

        wire.tell(merge)
        rows = "span_id = $id", {"id": f"{1:016x}"}
        taking = look_after(there, tmp_path / "there", url=f"{bucket}/lake")
        assert taking.take_out("spans", "acme", rows=rows, check=lambda: None) == 1
        assert merged
        for lake in (here, there):
            lake.refresh()
            assert span_ids(everything(lake)) == [2]
            lake.close()


def unfinished(home: Path, path: str) -> Path:
    """Leave what a process that was killed while it fetched leaves."""
    draft = home / "lake-copies" / "spans" / f"{path}.abcdefgh.part"
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_bytes(b"PAR1")
    return draft
