"""Datasets: what identifies a row and a dataset, and what a wrong row is told."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import Corrupted, InvalidInput, TooLarge
from genyard.develop.datasets import Dataset, parse_dataset

VALUES = st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.booleans()
QUESTIONS = st.lists(st.dictionaries(st.text(max_size=3), VALUES, min_size=1), min_size=1, max_size=6)


class Held:
    """Blobs that a test holds."""

    def __init__(self, *contents: bytes) -> None:
        self._held = {digest_of_bytes(content): content for content in contents}

    def get(self, digest: Digest) -> bytes:
        return self._held[digest]


def lines(*rows: JsonObject | str) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


def row(question: str, answer: str = "", **more: Json) -> dict[str, Json]:
    return {"inputs": {"question": question}, "expected": {"answer": answer}, **more}


def _tagged(inputs: JsonObject) -> JsonObject:
    return {"inputs": inputs, "tags": ["t"]}


def test_a_row_is_read_with_all_its_fields() -> None:
    found = parse_dataset(lines(row("?", "!", id=7, source="a.md", tags=["edge", "a", "edge"])), name="golden").rows[0]
    assert (found.id, found.inputs, found.expected) == ("7", {"question": "?"}, {"answer": "!"})
    assert (found.source, found.cluster, found.tags) == ("a.md", "a.md", ("a", "edge"))


def test_mending_the_expected_answer_keeps_the_id_and_changes_the_content() -> None:
    before = parse_dataset(lines(row("?", "wrong")), name="golden")
    after = parse_dataset(lines(row("?", "right")), name="golden")
    assert before.rows[0].id == after.rows[0].id == before.rows[0].cluster
    assert before.rows[0].content_digest() != after.rows[0].content_digest()
    assert before.artifact().digest != after.artifact().digest


def test_the_same_inputs_twice_are_two_rows() -> None:
    first, second = parse_dataset(lines(row("?", "a"), row("?", "b")), name="golden").rows
    assert first.id != second.id


@given(QUESTIONS, st.randoms())
def test_order_and_spacing_of_the_file_are_no_part_of_the_identity(questions: list[JsonObject], random: Random) -> None:
    rows: list[JsonObject] = [{"id": str(number), "inputs": inputs} for number, inputs in enumerate(questions)]
    shuffled = list(rows)
    random.shuffle(shuffled)
    spaced = b"\xef\xbb\xbf" + b"\r\n\r\n".join(json.dumps(one, indent=None).encode() for one in shuffled)
    assert parse_dataset(lines(*rows), name="a").artifact() == parse_dataset(spaced, name="b").artifact()


@given(QUESTIONS)
def test_a_dataset_is_read_back_from_its_blob(questions: list[JsonObject]) -> None:
    dataset = parse_dataset(lines(*(_tagged(one) for one in questions)), name="golden")
    found = Dataset.of(dataset.artifact(), Held(dataset.content), name="golden")
    assert sorted(found.rows, key=lambda one: one.id) == sorted(dataset.rows, key=lambda one: one.id)
    assert found.artifact() == dataset.artifact()


def test_a_row_that_just_fits_is_read_back_though_its_id_makes_it_longer() -> None:
    dataset = parse_dataset(lines({"inputs": {"q": "x" * (1024 * 1024 - 30)}}), name="golden")
    assert Dataset.of(dataset.artifact(), Held(dataset.content)).rows[0].inputs == dataset.rows[0].inputs


def test_rows_that_are_not_the_registered_ones_are_refused() -> None:
    dataset, other = (parse_dataset(lines(row(question)), name="golden") for question in "ab")

    class Swapped:
        def get(self, digest: Digest) -> bytes:  # noqa: ARG002 - a store that gives other bytes
            return other.content

    with pytest.raises(Corrupted, match="not the ones that were registered"):
        Dataset.of(dataset.artifact(), Swapped())


def test_the_artifact_tells_count_and_tags_and_holds_the_rows_as_a_blob() -> None:
    dataset = parse_dataset(lines(row("a", tags=["x"]), row("b", tags=["x", "y"])), name="golden")
    artifact = dataset.artifact()
    assert (artifact.body["count"], artifact.body["tags"]) == (2, {"x": 2, "y": 1})
    assert artifact.part("rows") == digest_of_bytes(dataset.content)


def test_a_tag_picks_rows() -> None:
    content = lines(row("a", tags=["edge"]), row("b"), row("c", tags=["edge", "x"]))
    picked = parse_dataset(content, name="golden", tags=["edge"])
    assert [one.inputs["question"] for one in picked.rows] == ["a", "c"]
    with pytest.raises(InvalidInput, match="no row of golden is tagged egde") as caught:
        parse_dataset(content, name="golden", tags=["egde"])
    assert caught.value.hint == "did you mean edge?"


SCHEMA: JsonObject = {
    "properties": {"inputs": {"required": ["question"], "properties": {"question": {"type": "string", "minLength": 2}}}}
}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("{", "g.jsonl, row 2: not JSON: Expecting property name"),
        ("[1]", "g.jsonl, row 2: not a JSON object"),
        ('{"inputs": {"a": NaN}}', "g.jsonl, row 2: not JSON: NaN is no JSON value"),
        ('{"inputs": {"a": 1, "a": 2}}', "g.jsonl, row 2: not JSON: the key 'a' stands twice"),
        ('{"inputs": {"a": 9007199254740993}}', r"g.jsonl, row 2: \$.a: 9007199254740993 is beyond 2\^53"),
        ('{"inputs": {"a": 1e999}}', r"g.jsonl, row 2: \$.a: inf has no JSON form"),
        (r'{"inputs": {"a": "\ud800"}}', r"g.jsonl, row 2: \$.a: text holds a lone surrogate"),
        ({"expected": {}}, "g.jsonl, row 2: inputs: missing or empty"),
        ({"inputs": "?"}, "g.jsonl, row 2: inputs: not an object"),
        (row("?", id=""), "g.jsonl, row 2: id: '' is not an id"),
        (row("?", id="a\nb"), "g.jsonl, row 2: id: .* is not an id"),
        (row("?", id="one"), "g.jsonl, row 2: id: 'one' is already the id of row 1"),
        (row("?", tags="edge"), "g.jsonl, row 2: tags: not a list of texts"),
        (row("?", source=3), "g.jsonl, row 2: source: not a text"),
        (row("?", expcted={}), "g.jsonl, row 2: 'expcted' is not a field of a row"),
        ("[" * 100_000, "g.jsonl, row 2: nested too deeply"),
    ],
)
def test_a_row_that_does_not_fit_is_named(wrong: JsonObject | str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_dataset(lines(row("fine", id="one"), wrong), name="golden", path="g.jsonl")


def test_a_row_that_does_not_fit_its_schema_names_row_and_field() -> None:
    with pytest.raises(InvalidInput, match="golden, row 2: inputs.question: .* is shorter than 2"):
        parse_dataset(lines(row("fine"), row("?")), name="golden", schema=SCHEMA)
    assert parse_dataset(lines(row("fine")), name="golden", schema=SCHEMA).artifact().body["row_schema"] == SCHEMA


@pytest.mark.parametrize("schema", [{"type": "strng"}, {"$ref": "http://127.0.0.1:9/x"}, {"$ref": "file:///etc/hosts"}])
def test_a_schema_that_is_none_or_reaches_out_is_refused(schema: JsonObject) -> None:
    with pytest.raises(InvalidInput, match="the schema of golden is not a JSON Schema"):
        parse_dataset(lines(row("?")), name="golden", schema=schema)


def test_bytes_that_are_not_utf_8_are_named() -> None:
    with pytest.raises(InvalidInput, match="golden, row 1: byte 9 is not UTF-8"):
        parse_dataset(b'{"id": "r\xe9"}', name="golden")


def test_bounds() -> None:
    with pytest.raises(TooLarge, match="golden, row 1: .* over the bound"):
        parse_dataset(lines(row("x" * 1_100_000)), name="golden")
    with pytest.raises(InvalidInput, match="golden has no rows"):
        parse_dataset(b"\n\n", name="golden")


def test_any_writing_survives() -> None:
    text = "שלום 徽章 🪪 \u2028 e\u0301"
    dataset = parse_dataset(lines(row(text)), name="golden")
    assert dataset.rows[0].inputs["question"] == text
    assert text.encode() in dataset.content
