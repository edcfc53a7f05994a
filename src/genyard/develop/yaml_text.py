"""YAML as users write it, read as the core schema of YAML 1.2 and within bounds.

PyYAML reads YAML 1.1, where ``on`` is true, ``12:30`` is 750 and ``010`` is 8; here they are what they look like.
A key that stands twice is refused, and so is a document that has, or unfolds by aliases to, more than 20,000
nodes.

libyaml reads the text, which takes a tenth of a second where PyYAML's own scanner takes one; what it reads is put
together here, where nodes and levels are counted, and into plain values only.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs hide it
from yaml.resolver import Resolver

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, TooLarge
from genyard.core.escape import one_line

MAX_BYTES = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 100


_TAG = "tag:yaml.org,2002:"
_PLAIN = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL", "~nN"),
    ("null", r"", ("",)),
)


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """Return what PyYAML asks for: by first character, the tags and forms of plain scalars."""
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for tag, form, first in _PLAIN:
        for character in first:
            found.setdefault(character, []).append((_TAG + tag, re.compile(rf"(?:{form})\Z")))
    return found


def _int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    bases = {"0x": 16, "0o": 8}
    return int(text, bases.get(text[:2], 10))


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node))


def _bool(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> bool:
    return loader.construct_scalar(node).lower() == "true"


class _Loader(Composer, CParser, SafeConstructor, Resolver):
    """The safe loader over libyaml's events, with the tags of the core schema only."""

    yaml_implicit_resolvers = _resolvers()
    yaml_constructors = yaml.SafeLoader.yaml_constructors | {
        f"{_TAG}bool": _bool,
        f"{_TAG}float": _float,
        f"{_TAG}int": _int,
    }

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self._nodes = 0
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # Counted while it is read: a megabyte of small nodes would take seconds.
        self._nodes += 1
        self._depth += 1
        if self._nodes > MAX_NODES:
            raise self._over(f"more than {MAX_NODES} nodes")
        if self._depth > MAX_DEPTH:
            raise self._over(f"nested deeper than {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _over(self, problem: str) -> yaml.MarkedYAMLError:
        mark: Any = getattr(self.peek_event(), "start_mark", None)
        return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} is not text", problem_mark=key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def load_yaml(text: str, *, path: str, first_line: int = 1) -> Json:
    """Return the value of one YAML document. ``first_line`` is the line of the file where ``text`` starts.

    Raises InvalidInput with file, line and column for text that is not YAML, TooLarge for more than 1 MB.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise TooLarge(f"{path} is over {MAX_BYTES} bytes of YAML")
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _size(node, {}, set(), 0)
        value: Json = loader.construct_document(node)
        return value
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + first_line}, column {mark.column + 1}" if mark else ""
        raise InvalidInput(f"{path}{where}: {one_line(error.problem or 'not YAML')}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidInput(f"{path} is not YAML: {one_line(str(error))}") from error
    except RecursionError as error:
        raise InvalidInput(f"{path} is nested too deeply") from error
    finally:
        if loader is not None:
            loader.dispose()


def _size(node: yaml.Node, sizes: dict[int, int], open_: set[int], depth: int) -> int:
    """Return how many nodes ``node`` unfolds to. Shared nodes are counted once and added often."""
    key = id(node)
    if key in open_:
        raise yaml.MarkedYAMLError(problem="an alias that holds itself", problem_mark=node.start_mark)
    if depth > MAX_DEPTH:
        raise yaml.MarkedYAMLError(problem=f"nested deeper than {MAX_DEPTH} levels", problem_mark=node.start_mark)
    if key not in sizes:
        open_.add(key)
        sizes[key] = 1 + sum(_size(child, sizes, open_, depth + 1) for child in _children(node))
        open_.discard(key)
    if sizes[key] > MAX_NODES:
        raise yaml.MarkedYAMLError(problem=f"unfolds to more than {MAX_NODES} nodes", problem_mark=node.start_mark)
    return sizes[key]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
