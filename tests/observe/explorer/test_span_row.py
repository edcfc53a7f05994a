"""One row of spans, read for the pages."""

import pytest

from genyard.observe.explorer.span_row import SpanRow


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("retrieve retrieve", "retrieve"),
        ("chat chat", "chat"),
        ("chat reader", "chat reader"),
        ("chat chat chat", "chat chat chat"),
        ("retrieve", "retrieve"),
        ("", "unnamed"),
    ],
)
def test_an_operation_and_an_equal_name_are_shown_once(stored: str, shown: str) -> None:
    assert SpanRow({"span_name": stored}).name == shown
