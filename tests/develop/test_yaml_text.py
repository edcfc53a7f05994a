"""YAML as users mean it, and within bounds."""

import pytest

from genyard.core.errors import InvalidInput, TooLarge
from genyard.develop.yaml_text import load_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: golden", {"on": "golden"}),
        ("[yes, no, off, true, False]", ["yes", "no", "off", True, False]),
        ("[010, 0o10, 0x1F, -7, 12:30]", [10, 8, 31, -7, "12:30"]),
        ("[0.60, 1e3, .5, -2.5E-1, 1.2.3]", [0.6, 1000.0, 0.5, -0.25, "1.2.3"]),
        ("[~, null, '', 2026-11-23]", [None, None, "", "2026-11-23"]),
        ("a:", {"a": None}),
        ("", None),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_plain_words_are_what_they_look_like(text: str, value: object) -> None:
    assert load_yaml(text, path="f.yaml") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2", r"f.yaml, line 2, column 1: did not find expected ',' or ']'"),
        ("a: 1\n b: 2", "f.yaml, line 2, column 3: mapping values are not allowed in this context"),
        ("a: 1\nb: 2\na: 3", "f.yaml, line 3, column 1: the key 'a' stands twice"),
        ("1: a", "f.yaml, line 1, column 1: the key 1 is not text"),
        ("a: !!python/object/apply:os.system [x]", "f.yaml, line 1, column 4: could not determine a constructor"),
        ("a: &a [*a]", "f.yaml, line 1, column 4: an alias that holds itself"),
        (BOMB, "unfolds to more than 20000 nodes"),
        ("- x\n" * 20_001, "f.yaml, line 20000, column 3: more than 20000 nodes"),
        ("[" * 500, "f.yaml, line 1, column 101: nested deeper than 100 levels"),
        ("".join(f"{' ' * level}a:\n" for level in range(500)), "nested deeper than 100 levels"),
        ("a: b\n--- \nc: d", "f.yaml, line 2, column 1: but found another document"),
        ("a: \x07", "f.yaml is not YAML: .*control characters are not allowed"),
    ],
)
def test_what_is_wrong_is_told_on_one_line_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        load_yaml(text, path="f.yaml")
    assert "\n" not in caught.value.message


def test_lines_are_counted_from_where_the_text_starts() -> None:
    with pytest.raises(InvalidInput, match="line 8, column"):
        load_yaml("a: 1\na: 2", path="f.md", first_line=7)


def test_size_is_bounded() -> None:
    with pytest.raises(TooLarge, match="over 1000000 bytes"):
        load_yaml("x" * 1_000_001, path="f.yaml")
