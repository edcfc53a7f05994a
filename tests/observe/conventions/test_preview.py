"""The line that lists show of an answer."""

import json

import pytest
from tests.observe.conventions.spans import log, read, text, wire_span

from genyard.core.canonical import Json
from genyard.observe.conventions.logs import content_of, merged
from genyard.observe.conventions.row import row_of

CHAT: dict[str, Json] = {"gen_ai.operation.name": "chat"}


@pytest.mark.parametrize(
    ("attributes", "preview"),
    [
        (
            {"gen_ai.input.messages": json.dumps([text("user", "a"), text("assistant", "b"), text("user", "c\nd")])},
            "c d",
        ),
        ({"gen_ai.input.messages": json.dumps([text("system", "be brief")])}, None),
        ({"gen_ai.retrieval.query.text": "where"}, "where"),
        ({"gen_ai.tool.call.arguments": '{"city": "Oslo"}'}, "Oslo"),
        ({"gen_ai.tool.call.arguments": '{"city":"Oslo","days":3}'}, '{"city":"Oslo","days":3}'),
        ({"genyard.input": '{"messages":[{"role":"user","content":"hi"}]}'}, "hi"),
        ({"genyard.preview": "stamped", "genyard.input": "x"}, "stamped"),
        ({"genyard.input": f"see genyard:media/sha256:{'a' * 64};type=image/png;size=9"}, "see [image/png]"),
        ({"genyard.input": "{}"}, None),
        ({"genyard.input": "[]"}, None),
        ({}, None),
    ],
)
def test_it_is_what_was_asked(attributes: dict[str, Json], preview: str | None) -> None:
    assert read(CHAT | attributes).get("preview") == preview


def test_it_is_short_and_shows_what_would_be_hidden() -> None:
    found = read(CHAT | {"genyard.input": "\x1b[31m " + "word " * 1000})["preview"]
    assert isinstance(found, str)
    assert found.startswith("\\x1b[31m word")
    assert len(found) <= 160


def test_only_the_root_of_a_trace_has_one() -> None:
    span = wire_span(CHAT | {"genyard.input": "x"})
    span.parent_span_id = f"{2:016x}"
    assert "preview" not in row_of(span, project="acme")


def test_words_that_come_in_a_log_record_are_shown_too() -> None:
    asked = log("gen_ai.user.message", body={"content": "hi"})
    assert merged(read(CHAT), content_of([asked]))["preview"] == "hi"
