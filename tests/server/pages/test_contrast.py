"""The contrast of every pair of tokens in use, computed from the style sheet (WCAG 2.2, section 1.4.3)."""

import re
from importlib import resources

import pytest

SURFACES = ("bg", "surface", "inset", "hover", "selected")
TEXTS = ("ink", "ink-2", "ink-3", "link")
STATUSES = ("ok", "bad", "warn", "info", "off")


def tokens(theme: int) -> dict[str, str]:
    sheet = (resources.files("genyard.server.pages") / "static" / "app.css").read_text()
    both = re.findall(r"--([\w-]+):\s*light-dark\((#\w{6}),\s*(#\w{6})\)", sheet)
    return {name: (light, dark)[theme] for name, light, dark in both} | {"on-accent": "#ffffff"}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("surface", SURFACES)
def test_text_on_every_surface(theme: int, text: str, surface: str) -> None:
    found = tokens(theme)
    assert contrast(found[text], found[surface]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("status", STATUSES)
def test_status_words_on_panel_and_chip(theme: int, status: str) -> None:
    found = tokens(theme)
    assert contrast(found[status], found["surface"]) >= 4.5
    assert contrast(found[status], found[f"{status}-bg"]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_controls_marks_and_diffs(theme: int) -> None:
    found = tokens(theme)
    assert contrast(found["on-accent"], found["accent"]) >= 4.5
    for changed in ("add-bg", "del-bg"):
        assert contrast(found["ink"], found[changed]) >= 7
    for mark in ("control", "focus", *(f"s{number}" for number in range(1, 9))):
        assert contrast(found[mark], found["surface"]) >= 3
