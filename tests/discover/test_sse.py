from hypothesis import given
from hypothesis import strategies as st

from genyard.discover.sse import EventParser, ServerSentEvent, encode_event


def parsed(*chunks: bytes) -> list[ServerSentEvent]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def data_of(content: bytes) -> list[str]:
    return [event.data for event in parsed(content)]


def test_line_ends_may_be_lf_cr_or_both() -> None:
    assert data_of(b"data: a\n\ndata: b\r\n\r\ndata: c\r\r") == ["a", "b", "c"]


def test_comments_and_unknown_fields_are_passed_over() -> None:
    assert data_of(b": keep-alive\n\nid: 7\nretry: 10\nfield\ndata: a\n\n") == ["a"]


def test_data_of_several_lines_is_joined() -> None:
    assert data_of(b"data: a\ndata:b\ndata:  c\ndata\n\n") == ["a\nb\n c\n"]


def test_the_name_of_an_event_is_kept_for_that_event_only() -> None:
    assert parsed(b"event: error\ndata: a\n\ndata: b\n\n") == [
        ServerSentEvent(data="a", event="error"),
        ServerSentEvent(data="b"),
    ]


def test_an_event_that_no_empty_line_ends_is_not_given() -> None:
    assert data_of(b"data: a\n\ndata: half") == ["a"]


def test_a_byte_order_mark_is_passed_over_at_the_start_only() -> None:
    assert parsed(b"\xef", b"\xbb\xbfdata: a\n\n", b"\xef\xbb\xbfdata: b\n\n") == [ServerSentEvent(data="a")]


def test_bytes_that_are_not_utf_8_are_replaced() -> None:
    assert data_of(b"data: \xff\n\n") == ["\ufffd"]


PIECES = st.sampled_from(
    [b"data: x", b"data:\xe2\x82\xac", b"event: e", b":c", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"d"]
)


@given(st.lists(PIECES, max_size=30), st.data())
def test_any_cutting_of_the_bytes_gives_the_same_events(pieces: list[bytes], data: st.DataObject) -> None:
    content = b"".join(pieces)
    places = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    chunks = [content[start:end] for start, end in zip([0, *places], [*places, len(content)], strict=True)]
    assert parsed(*chunks) == parsed(content)


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_what_is_written_is_read_back(texts: list[str]) -> None:
    assert data_of(b"".join(encode_event(text.encode()) for text in texts)) == texts
