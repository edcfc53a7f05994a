"""What a user's pattern may be looked for as in JSON."""

import pytest

from genyard.observe.masking.wide import wide_of


@pytest.mark.parametrize(
    ("pattern", "wide"),
    [
        (r"EMP-\d{6}", r"EMP-\d{6}"),
        (r"^\bEMP-[0-9]{4,}\b$", "EMP-[0-9]{4,}"),
        ("(?i)(?:case|ticket) ?#[0-9]+", "(?i)(?:case|ticket) ?#[0-9]+"),
        (r"v1\.2", r"v1\.2"),
    ],
)
def test_a_pattern_of_plain_letters_loses_its_anchors(pattern: str, wide: str) -> None:
    assert wide_of(pattern) == wide


@pytest.mark.parametrize(
    "pattern", ["a.b", 'a"b', r"a\\b", "Zürich", r"a\sb", "[^a]b", r"a\Wb", "a/b", "a\nb", "^*a", r"\pL"]
)
def test_one_that_may_match_what_json_escapes_has_none(pattern: str) -> None:
    assert wide_of(pattern) is None
