"""What counts as the same output."""

import pytest
from tests.docs.matching import matches


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("release handbook:1 sha256:0a1b2c", "release handbook:1 sha256:ffffff9"),
        ("contains  0.297  [0.239, 0.356]  40", "contains  0.300  [0.240, 0.360]  40"),
        ("at 2026-11-23T03:31:41.114Z", "at 2027-01-01T00:00:00Z"),
        ("  24 ms · trace 9f4e1ef0c4a5", "  3 ms · trace 0123456789ab"),
        ("answers …", "answers with anything"),
        ("first\n…\nlast", "first\na\nb\nlast"),
        ("first\n…", "first"),
    ],
)
def test_what_differs_from_run_to_run_does_not_count(shown: str, said: str) -> None:
    assert matches(shown, said)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("gate: PASS", "gate: FAIL"),
        ("40 cases", "41 cases"),
        ("handbook:1", "handbook:2"),
        ("first\nlast", "first\nmore\nlast"),
        ("first", ""),
        ("", "something"),
        ("0.297", "—"),
        ("defaced", "effaced"),
    ],
)
def test_everything_else_counts(shown: str, said: str) -> None:
    assert not matches(shown, said)
