"""Segments of the write-ahead log."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genyard.core.errors import Corrupted, HomeTooNew
from genyard.store.segments import FORMAT, SegmentWriter, cut_torn_end, numbers_in, path_of, read_segment


def written(folder: Path, *payloads: bytes) -> Path:
    for path in folder.glob("*.wal"):
        path.unlink()
    writer = SegmentWriter(folder, 1)
    for payload in payloads:
        writer.append(payload)
    writer.close()
    return path_of(folder, 1)


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    assert read_segment(written(tmp_path, b"one", b"", b"two")) == [b"one", b"", b"two"]


def test_segments_are_listed_oldest_first_and_other_files_are_not(tmp_path: Path) -> None:
    for number in (10, 9):
        SegmentWriter(tmp_path, number).close()
    (tmp_path / "writer").touch()
    assert numbers_in(tmp_path) == [9, 10]


@settings(deadline=None)
@given(payloads=st.lists(st.binary(max_size=60), max_size=5), cut=st.integers(min_value=0))
def test_a_segment_cut_anywhere_keeps_every_whole_frame_before(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes], cut: int
) -> None:
    path = written(tmp_path_factory.mktemp("log"), *payloads)
    content = path.read_bytes()
    kept = cut % (len(content) + 1)
    path.write_bytes(content[:kept])
    cut_torn_end(path)
    whole = [end for end in frame_ends(payloads) if end <= kept]
    assert read_segment(path) == payloads[: len(whole)]


def test_a_cut_end_is_told_in_the_log_and_a_whole_one_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path, b"first", b"second")
    cut_torn_end(path)
    assert caplog.messages == []
    path.write_bytes(path.read_bytes()[:-2])
    cut_torn_end(path)
    assert caplog.messages == [f"16 bytes at the end of {path.name} were no whole write and are cut off"]
    assert read_segment(path) == [b"first"]


def frame_ends(payloads: list[bytes]) -> list[int]:
    ends, end = [], len(FORMAT)
    for payload in payloads:
        end += 12 + len(payload)
        ends.append(end)
    return ends


@settings(deadline=None)
@given(place=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_a_changed_byte_of_a_sealed_segment_is_never_read_as_rows(
    tmp_path_factory: pytest.TempPathFactory, place: int, flip: int
) -> None:
    path = written(tmp_path_factory.mktemp("log"), b"first", b"second")
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= flip
    path.write_bytes(content)
    with pytest.raises((Corrupted, HomeTooNew), match=r"000000000001\.wal"):
        read_segment(path)


def test_damage_before_a_good_frame_is_not_taken_for_a_torn_end(tmp_path: Path) -> None:
    path = written(tmp_path, b"first", b"second")
    content = bytearray(path.read_bytes())
    content[len(FORMAT) + 12] ^= 1
    path.write_bytes(content)
    with pytest.raises(Corrupted, match="damaged at byte 8"):
        cut_torn_end(path)


def test_a_segment_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = path_of(tmp_path, 1)
    path.write_bytes(b"GYWAL\x00\x00\x02and more")
    with pytest.raises(HomeTooNew):
        cut_torn_end(path)
    assert path.read_bytes() == b"GYWAL\x00\x00\x02and more"


def test_a_segment_torn_in_its_first_bytes_is_an_empty_one(tmp_path: Path) -> None:
    path = path_of(tmp_path, 1)
    path.write_bytes(FORMAT[:3])
    cut_torn_end(path)
    assert read_segment(path) == []
