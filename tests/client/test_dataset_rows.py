"""Rows into the lines of a file: what somebody wrote stays byte for byte."""

import json

from genyard.client.dataset_rows import merged

FILE = b'{"id":"a",  "inputs": {"q": 1}}\n\n{"inputs": {"q": 2}}\n{"id": "t", "inputs": {"q": 3}, "expected": {}}'


def test_a_new_row_stands_at_the_end_and_a_known_one_in_its_place() -> None:
    known = {"id": "t", "inputs": {"q": 3}, "expected": {"answers": ["ü"]}}
    new = {"id": "n", "erased": True}
    lines = merged(FILE, [new, known]).decode().split("\n")
    assert lines[:3] == FILE.decode().split("\n")[:3]
    assert [json.loads(line) for line in lines[3:5]] == [known, new]
    assert lines[5:] == [""]
    assert "ü" in lines[3]


def test_nothing_to_add_changes_no_byte_but_the_last_end_of_line() -> None:
    assert merged(FILE + b"\n", []) == FILE + b"\n"
    assert merged(b"", []) == b""
    assert merged(b"", [{"id": "n"}]) == b'{"id": "n"}\n'
