"""Whether a command said what a page shows.

``…`` stands for any text within a line, a line that is only ``…`` for any lines. What differs from run to run is
compared by its form: digests and ids, times, addresses, figures with a decimal point. Whole numbers are compared.
"""

import re

_FORMS = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT"), "<time>"),
    (re.compile(r"gy_[0-9a-f-]+_[0-9a-f]+"), "<key>"),
    (re.compile(r"code=[0-9a-f]+"), "<code>"),
    (re.compile(r"(?:sha256:)?(?=[a-f]*\d)[0-9a-f]{6,}(?:-[0-9a-f]{4,})*"), "<id>"),
    (re.compile(r"(127\.0\.0\.1):\d+"), r"\1:8321"),
    (re.compile(r"\d+\.\d+(?:e-\d+)?(?=\D|$)"), "<figure>"),
    (re.compile(r"\b\d+ ms\b"), "<figure> ms"),
    (re.compile(r"\b(?:process|pid) \d+"), "process <number>"),
    (re.compile(r"[ \t]+"), " "),
)


def matches(shown: str, said: str) -> bool:
    """Return whether ``said`` has the form that ``shown`` shows."""
    return re.fullmatch(_pattern(shown), _normal(said)) is not None


def _pattern(shown: str) -> str:
    lines = _normal(shown).splitlines(keepends=True)
    return "".join(r"(?:[^\n]*\n)*?" if line.strip() == "…" else _line(line) for line in lines)


def _line(line: str) -> str:
    return "[^\n]*?".join(re.escape(part) for part in line.split("…"))


def _normal(text: str) -> str:
    lines = text.rstrip("\n").splitlines()
    return "".join(f"{_form(line).rstrip()}\n" for line in lines)


def _form(line: str) -> str:
    for found, form in _FORMS:
        line = found.sub(form, line)
    return line
