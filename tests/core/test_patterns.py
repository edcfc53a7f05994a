"""Patterns: the same files as ``pathlib`` finds on a real tree, and what is our own meaning."""

import sys
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from genyard.core.patterns import fixed_folders, is_pattern, matches, matching, sees_hidden

NAMES = ("a", "ab", "b.md", "a.md", "c[1].md", "Ж 🪪.md", "d+e.md")
FOLDERS = ("", "a/", "b/", "a/a/", "a/b/", "b/a/ab/", "x y/")
TREE = [
    folder + name
    for folder in FOLDERS
    for name in NAMES
    if not any(one.startswith(f"{folder}{name}/") for one in FOLDERS)
]

PIECES = ("a", "b", ".md", "*", "?", "[ab]", "[!a]", "[", "]", "+", "Ж", " ")
PART = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)
PATTERN = st.lists(st.sampled_from(["**", "a", "b", "*", "*.md"]) | PART, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for path in TREE:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    return root


@given(pattern=PATTERN)
@example(pattern="**/*.md")
@example(pattern="a/**/b.md")
@example(pattern="**/a/**/*")
@example(pattern="**/**/a.md")
def test_a_pattern_matches_what_pathlib_finds(tree: Path, pattern: str) -> None:
    parts = pattern.split("/")
    # Older versions of pathlib refuse ** inside a part, and take it at the end for folders only.
    assume(all("**" not in part or part == "**" for part in parts))
    assume(parts[-1] != "**" or sys.version_info >= (3, 13))
    found = {path.relative_to(tree).as_posix() for path in tree.glob(pattern) if path.is_file()}
    assert matching(pattern, TREE) == sorted(found)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("pages/**", "pages/a.md", True),
        ("pages/**", "pages/it/deep/a.md", True),
        ("pages/**", "pages", False),
        ("**", "a.md", True),
        ("pages/**/*.md", "pages/a.md", True),
        ("pages/**/*.md", "other/a.md", False),
        ("*.md", "it/a.md", False),
        ("*.md", "a.MD", False),
        ("**/*.md", ".git/a.md", False),
        ("**/*.md", ".a.md", False),
        (".notes/*.md", ".notes/a.md", True),
        ("a.md", "a-md", False),
    ],
)
def test_what_a_pattern_means(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


def test_many_stars_are_matched_at_once() -> None:
    assert not matches("**/" * 200 + "*a" * 30 + "b", "/".join(["a" * 60] * 60))


def test_the_parts_of_a_pattern() -> None:
    assert [fixed_folders(one) for one in ("*.md", "a/b*/c.md", "a/b/[ab].md", "a.md")] == ["", "a/", "a/b/", ""]
    assert [is_pattern(one) for one in ("a/b.md", "a/*.md", "a?.md", "[ab].md")] == [False, True, True, True]
    assert [sees_hidden(one) for one in ("**/*.md", "a/.b/*.md")] == [False, True]
