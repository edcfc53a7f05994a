"""Citations in an answer name the documents it was given."""

from hypothesis import given
from hypothesis import strategies as st

from genyard.server.pages.documents import pieces


def test_marks_become_links_to_documents() -> None:
    found = pieces("Hold it [1]. It stays active [2, 3].", 3)
    assert [(one.text, one.cites) for one in found] == [
        ("Hold it", 0), ("1", 1), (". It stays active", 0), ("2", 2), ("3", 3), (".", 0),
    ]  # fmt: skip


def test_a_number_without_a_document_stays_text() -> None:
    assert [one.text for one in pieces("See [4] and [0].", 3)] == ["See [4] and [0]."]


@given(st.text(alphabet="ab [],;123", max_size=40), st.integers(0, 3))
def test_no_citation_points_past_the_documents(text: str, documents: int) -> None:
    assert all(0 <= one.cites <= documents for one in pieces(text, documents))
