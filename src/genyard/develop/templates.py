"""Jinja2 for prompts, in a sandbox: text in, text out, within bounds.

A template has ``{{ }}``, ``if``, ``for``, ``set``, ``with`` and ``raw``, the filters of ``template_filters`` and
``range``. It has no macros, includes or imports, and no method calls but those of ``_METHODS``; a list or mapping
that is written in it holds constants only. With that, the work of one rendering is bounded by its loops (10,000
rounds in all), by the size of any text (1,000,000 characters) and by the sizes of all that it reads (20,000,000
characters in all, an item of a list counting as 20). A value is data: it is never read as a template.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from genyard.core.canonical import MAX_SAFE_INTEGER, Json
from genyard.core.errors import InvalidInput, TooLarge
from genyard.core.escape import one_line
from genyard.develop.template_filters import FILTERS, MAX_TEXT, TESTS, OverBound, bounded_text, join, text_of

MAX_TEMPLATE = 64 * 1024
MAX_VARIABLES_SET = 50
MAX_ROUNDS = 10_000
MAX_READ = 20_000_000
"""Characters that one rendering may go over: a few seconds of the slowest filters."""
AN_ITEM = 20
"""What an item of a list counts as, in characters: a filter takes a microsecond for it."""

_STATEMENTS = (nodes.Assign, nodes.For, nodes.If, nodes.Output, nodes.With)
_CONSTANTS = (nodes.Const, nodes.Dict, nodes.List, nodes.Neg, nodes.Pair, nodes.TemplateData, nodes.Tuple)
_METHODS: Mapping[type, frozenset[str]] = {
    LoopContext: frozenset({"changed", "cycle"}),
    dict: frozenset({"get", "items", "keys", "values"}),
    str: frozenset({"endswith", "lower", "startswith", "strip", "upper"}),
}
_WORK = "_work"


class Template:
    """A template made ready. ``variables`` are the names that it uses."""

    def __init__(self, source: str, *, where: str, first_line: int = 1) -> None:
        """Raises InvalidInput, naming ``where`` and the line, for what is not Jinja2 or not for prompts."""
        if len(source) > MAX_TEMPLATE:
            raise TooLarge(f"{where} is over {MAX_TEMPLATE} characters")
        self._where = where
        environment = _Environment()
        try:
            _check(environment.parse(source))
            tree = environment.parse("".join(_closed(_pieces(source), "block", "raw")))
            self.variables = frozenset(meta.find_undeclared_variables(tree) - {"range"})
            self._compiled = environment.from_string(_Bounding().visit(tree))
        except TemplateSyntaxError as error:
            line = (error.lineno or 1) + first_line - 1
            raise InvalidInput(f"{where}, line {line}: {one_line(error.message or 'not a template')}") from error
        except RecursionError as error:
            raise InvalidInput(f"{where}: nested too deeply") from error

    def render(self, values: Mapping[str, Json]) -> str:
        """Return the text. Raises InvalidInput for values that do not fit the template, TooLarge over a bound."""
        try:
            return bounded_text(self._compiled.generate({**values, _WORK: _Work()}))
        except OverBound as error:
            raise TooLarge(f"{self._where}: {error}", hint="shorten the values or the loops") from error
        except TemplateError as error:
            raise InvalidInput(f"{self._where}: {one_line(error.message or 'it cannot be rendered')}") from error
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
            raise InvalidInput(f"{self._where}: {one_line(str(error))}") from error


def without_comments(source: str) -> str:
    """Return a template without its comments; a line that holds nothing but a comment goes with it.

    Raises jinja2's TemplateSyntaxError.
    """
    pieces = _pieces(source)
    return "".join(
        text for (kind, _), text in zip(pieces, _closed(pieces, "comment"), strict=True) if kind != "comment"
    )


def _pieces(source: str) -> list[tuple[str, str]]:
    """Return the source cut into ``data`` (plain text) and tags: ``block``, ``comment``, ``raw``, ``variable``."""
    pieces: list[tuple[str, str]] = []
    inside = ""
    for _, kind, value in _Environment().lex(source):
        noun, _, edge = kind.rpartition("_")
        if inside:
            pieces[-1] = (inside, pieces[-1][1] + value)
            inside = "" if edge == "end" else inside
        elif noun == "raw" or kind == "data":
            pieces.append((noun or kind, value))
        else:
            pieces.append((noun, value))
            inside = noun
    return pieces


def _closed(pieces: list[tuple[str, str]], *tags: str) -> list[str]:
    """Return the pieces' texts such that a tag alone on its line leaves no line behind.

    Jinja2's own trim_blocks would also join a line of text that ends in a tag with the next one.
    """
    texts = [text for _, text in pieces]
    ends = ("data", "\n")
    for at, (kind, _) in enumerate(pieces):
        before_kind, before = pieces[at - 1] if at else ends
        after_kind, after = pieces[at + 1] if at + 1 < len(pieces) else ends
        if kind not in tags or before_kind != "data" or after_kind != "data":
            continue
        line, newline, _ = after.partition("\n")
        start = before.rpartition("\n")[2]
        opens = "\n" in before or at <= 1
        closes = newline or at + 2 >= len(pieces)
        if opens and closes and not start.strip() and not line.strip():
            if at:
                texts[at - 1] = texts[at - 1][: len(texts[at - 1]) - len(start)]
            if at + 1 < len(pieces):
                texts[at + 1] = texts[at + 1][len(line) + len(newline) :]
    return texts


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with less in it."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, finalize=text_of, keep_trailing_newline=True)
        self.filters = {**FILTERS, "_concat": join, "_counted": _counted, "_read": _read, "map": _map}
        self.tests = dict(TESTS)
        self.globals = {"range": _range}

    def is_safe_callable(self, obj: Any) -> bool:
        if obj is _range:
            return True
        methods = _METHODS.get(type(getattr(obj, "__self__", None)), frozenset())
        return getattr(obj, "__name__", "") in methods

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            raise TypeError("% does not format text in a prompt: write {{ }} or use a filter")
        if operator == "**" and not (abs(left) <= MAX_SAFE_INTEGER and abs(right) <= 64):
            raise OverBound("a power grows over its bound")
        if operator == "*" and not (_is_number(left) and _is_number(right)):
            raise TypeError("* multiplies numbers only")
        if operator == "+" and not _is_number(left) and len(left) + len(right) > MAX_TEXT:
            raise OverBound(f"a text or list grows over {MAX_TEXT}")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and abs(result) > MAX_SAFE_INTEGER:
            raise OverBound("a number grows beyond 2^53 - 1")
        return result


class _Bounding(NodeTransformer):
    """Sends loops through ``_counted``, each ``~`` through ``join`` and values through ``_read``, which are bounded."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_counted")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "_concat")

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        # "loop" stays as it is: Jinja2 looks for that name, and it has no size.
        return _filtered(node, "_read") if node.ctx == "load" and node.name != "loop" else node

    def _visit_value(self, node: nodes.Expr) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, "_read")

    visit_Call = visit_Filter = visit_Getattr = visit_Getitem = visit_Add = _visit_value


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    assert isinstance(node, nodes.Expr)
    made = nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
    made.set_environment(node.environment)  # type: ignore[arg-type]  # set by the parser on each of its nodes
    return made


def _check(tree: nodes.Template) -> None:
    settings = 0
    for node in tree.find_all((nodes.Stmt, nodes.List, nodes.Tuple, nodes.Dict)):
        if isinstance(node, nodes.Stmt) and not isinstance(node, _STATEMENTS):
            word = type(node).__name__.lower()
            raise TemplateSyntaxError(f"a prompt cannot use {word}: it has if, for, set, with and raw", node.lineno)
        settings += isinstance(node, nodes.Assign | nodes.With)
        if settings > MAX_VARIABLES_SET:
            raise TemplateSyntaxError(f"a prompt sets at most {MAX_VARIABLES_SET} variables", node.lineno)
        if isinstance(node, nodes.For) and node.recursive:
            raise TemplateSyntaxError("a loop in a prompt cannot be recursive", node.lineno)
        if isinstance(node, nodes.Dict | nodes.List) or (isinstance(node, nodes.Tuple) and node.ctx == "load"):
            for part in node.find_all(nodes.Node):
                if not isinstance(part, _CONSTANTS):
                    raise TemplateSyntaxError("a list or mapping in a prompt holds constants only", node.lineno)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


class _Work:
    """Counts the work of one rendering: the rounds of its loops, and the sizes of the values it reads."""

    def __init__(self) -> None:
        self._rounds = MAX_ROUNDS
        self._read = MAX_READ

    def count(self, items: Iterable[object]) -> Iterator[object]:
        for item in items:
            self._rounds -= 1
            if self._rounds < 0:
                raise OverBound(f"the loops run more than {MAX_ROUNDS} rounds")
            yield item

    def read(self, value: object) -> None:
        if isinstance(value, str):
            self._read -= len(value)
        elif isinstance(value, list | tuple | dict):
            self._read -= len(value) * AN_ITEM
        if self._read < 0:
            raise OverBound(f"the prompt goes over more than {MAX_READ} characters")


def _work_of(context: Context) -> _Work:
    work = context[_WORK]
    assert isinstance(work, _Work)
    return work


@pass_context
def _counted(context: Context, items: Iterable[object]) -> Iterator[object]:
    return _work_of(context).count(items)


@pass_context
def _read(context: Context, value: object) -> object:
    _work_of(context).read(value)
    return value


@pass_context
def _map(context: Context, items: Iterable[object], *given: Any, **named: Any) -> Iterator[object]:
    """``map`` with each result read: a list of small items could otherwise become one of texts of a million letters."""
    for item in FILTERS["map"](context, items, *given, **named):
        yield _read(context, item)


@pass_context
def _range(context: Context, *bounds: int) -> range:  # noqa: ARG001 - with a context it is no constant to Jinja2
    found = range(*bounds)
    if len(found) > MAX_ROUNDS:
        raise OverBound(f"a range has more than {MAX_ROUNDS} numbers")
    return found
