"""Bodies: what gzip holds is bounded before it is unpacked."""

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.core.errors import InvalidInput, TooLarge
from genyard.observe.otlp.bodies import plain


@given(st.lists(st.binary(max_size=500), max_size=4))
def test_members_of_gzip_are_one_body(parts: list[bytes]) -> None:
    assert plain(b"".join(map(gzip.compress, parts)), "gzip", most=10_000) == b"".join(parts)


def test_without_an_encoding_a_body_is_itself() -> None:
    assert plain(b"x", "", most=1) == plain(b"x", "identity", most=1) == b"x"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    with pytest.raises(TooLarge, match="over 1 MB"):
        plain(bomb, "gzip", most=1 << 20)


def test_a_body_of_very_many_empty_members_is_refused_at_once() -> None:
    with pytest.raises(InvalidInput, match="over 1,000 parts"):
        plain(gzip.compress(b"") * 100_000, "gzip", most=1 << 20)


def test_members_and_bodies_larger_than_a_piece_are_read_whole() -> None:
    parts = [random.Random(seed).randbytes(300_000 + seed) for seed in range(4)]
    assert plain(b"".join(map(gzip.compress, parts)), "gzip", most=2 << 20) == b"".join(parts)


@pytest.mark.parametrize(
    ("body", "encoding", "told"),
    [
        (b"no gzip", "gzip", "not gzip"),
        (gzip.compress(b"x" * 100)[:-5], "gzip", "ends before its end"),
        (gzip.compress(b"x") + b"tail", "gzip", "not gzip"),
        (zlib.compress(b"x"), "deflate", "'deflate' is not read"),
    ],
    ids=["no gzip", "cut", "with a tail", "deflate"],  # gzip writes the time: made ids would differ between workers
)
def test_what_is_no_gzip_is_one_line(body: bytes, encoding: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        plain(body, encoding, most=1000)


@given(st.binary(max_size=100))
def test_no_bytes_break_it(body: bytes) -> None:
    try:
        plain(body, "gzip", most=10_000)
    except (InvalidInput, TooLarge) as error:
        assert error.hint
