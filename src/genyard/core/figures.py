"""How a measured mean is told, the same on the command line and on the pages."""

from collections.abc import Callable

MISSING = "—"
TOO_FEW = 5
"""Below so many cases no mean is told and no gate decides: whoever reads one would take it for a finding."""


def too_few(n: int) -> str:
    """Return ``n 3, too few`` in place of a mean; empty where there are cases enough."""
    return f"n {n}, too few" if n < TOO_FEW else ""


def interval(lower: float | None, upper: float | None, *, figure: Callable[[float | None], str]) -> str:
    """Return ``[0.711, 0.772]``. An end that nothing bounds is ``—``, and so is the whole where both are."""
    if lower is None and upper is None:
        return MISSING
    return f"[{figure(lower)}, {figure(upper)}]"


def more_cases(wanted: int, *, least: bool) -> str:
    """Return what an open verdict is in want of: ``least`` where nothing can be planned from what is there."""
    more = plural(wanted, "more case")
    if not least:
        return f"about {more} would decide"
    return f"at least {more} {'is' if wanted == 1 else 'are'} needed"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Return ``1 span`` or ``2 spans``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def size(number: float) -> str:
    """Return bytes with three digits in the unit that suits them: ``812 B``, ``4.18 MB``, ``20 GB``."""
    units = ["B", "kB", "MB", "GB", "TB"]
    # From here on three digits would be those of the next unit: 999,600 is 1 MB and not 1,000 kB.
    while number >= 999.5 and len(units) > 1:
        number, units = number / 1000, units[1:]
    return f"{number:.3g} {units[0]}" if number < 999.5 else f"{number:,.0f} {units[0]}"
