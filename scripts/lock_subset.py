"""Write requirements/NAME.txt for each extra NAME: what ``genyard[NAME,server]`` needs of requirements/dev.txt.

It reads what is installed, so it runs in an environment made from requirements/dev.txt.
"""

import re
import sys
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BUILD = ("hatchling", "editables")
REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"


def closure(name: str, extras: frozenset[str], found: dict[str, frozenset[str]]) -> None:
    """Add ``name`` and all it needs with ``extras`` to ``found``."""
    known = found.get(name)
    if known is not None and extras <= known:
        return
    found[name] = extras | (known or frozenset())
    for line in requires(name) or []:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*found[name], "")):
            closure(canonicalize_name(requirement.name), frozenset(requirement.extras), found)


def main() -> None:
    blocks = re.split(r"\n(?=\S)", (REQUIREMENTS / "dev.txt").read_text(encoding="utf-8").strip())
    by_name = {canonicalize_name(block.partition("==")[0]): block for block in blocks}
    for extra in sys.argv[1:]:
        found: dict[str, frozenset[str]] = {}
        closure("genyard", frozenset({"server", extra}), found)
        for tool in BUILD:
            closure(tool, frozenset(), found)
        wanted = sorted(found.keys() - {"genyard"})
        text = "\n".join(by_name[name] for name in wanted)
        (REQUIREMENTS / f"{extra}.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
