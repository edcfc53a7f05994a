"""A dataset row made from a trace: what was asked in it, what is to be expected, and where it came from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import digest_of_json
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.escape import one_line
from genyard.core.media import references_in
from genyard.core.records import Score
from genyard.develop.citations import without_citations
from genyard.develop.datasets import Row
from genyard.observe.conventions.values import json_of
from genyard.observe.explorer.one_trace import Row as SpanRow

Expect = Literal["nothing", "answer", "given"]
MOST_TAGS = 20
LONGEST_TAG = 100
LONGEST_ANSWER = 100_000
_HEARD = ("user", "assistant")
"""The roles that a system is told of: its own instructions are its prompt's."""
_ANSWER_NAMES = ("answer", "output", "text", "content", "response", "result", "message", "completion")
"""The names under which functions give their answer beside other things; the first that is there counts."""
_MOST_NAMED = 4
_MOST_SCORES = 20
_MOST_MEDIA = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How rows are to be made. ``given`` is an expected answer that somebody wrote, masked already."""

    expect: Expect = "nothing"
    given: str = ""
    tags: tuple[str, ...] = ()
    with_session: bool = False
    with_user: bool = False

    @classmethod
    def of_words(
        cls, *, expect: Expect, given: str, tags: Iterable[str], with_session: bool = False, with_user: bool = False
    ) -> "Wish":
        """Return a wish made of what somebody wrote: an answer that is given is expected, and empty tags are none.

        Raises InvalidInput for more, or longer tags than a row may have, and an answer that is too long.
        """
        text = given.strip()
        named = tuple(tag for one in tags if (tag := one.strip()))
        if len(named) > MOST_TAGS:
            raise InvalidInput(f"{len(named)} tags are too many for a row", hint=f"write {MOST_TAGS} at most")
        for one in named:
            if len(one) > LONGEST_TAG:
                raise InvalidInput(f"the tag {one[:20]}… is too long", hint=f"write {LONGEST_TAG} characters at most")
        if len(text) > LONGEST_ANSWER:
            raise InvalidInput(f"the expected answer has more than {LONGEST_ANSWER:,} characters")
        if expect != "answer":
            expect = "given" if text else "nothing"
        return cls(expect=expect, given=text, tags=named, with_session=with_session, with_user=with_user)

    def tagged(self, wanted: Sequence[str]) -> "Wish":
        """Return the wish with the first of ``wanted`` where none of them is among its tags."""
        return self if not wanted or set(wanted) & set(self.tags) else replace(self, tags=(*self.tags, wanted[0]))


def row_of_trace(spans: Sequence[SpanRow], scores: Sequence[Score], *, span: str, wish: Wish) -> Row:
    """Return the row of a trace, or of one ``span`` of it (its id or the first digits).

    The id is made of trace and span, so the same trace is the same row whatever is expected of it. Raises NotFound
    for a span that is not there, InvalidInput where nothing was asked, where an evaluation asked, or where nothing was
    answered that could be expected.
    """
    found = _named(spans, span) if span else _asked_first(spans)
    inputs = inputs_of(found)
    trace = str(found["trace_id"])
    if row := found.get("row_id"):
        raise InvalidInput(
            f"trace {trace[:12]} is of an evaluation, which asked the row {one_line(str(row), limit=80)}"
        )
    if not inputs:
        raise InvalidInput(f"trace {trace[:12]} holds no question{_dropped(found)}", hint="name a span: TRACE:SPAN")
    return Row(
        id=row_id(trace, str(found["span_id"])),
        inputs=inputs,
        expected=_expected(found, spans, wish),
        source=f"trace/{trace}",
        tags=tuple(sorted(set(wish.tags))),
        origin=_origin(found, scores, wish),
    )


def row_id(trace: str, span: str) -> str:
    """Return the id of the row of a span. It does not show the trace, so that it may stay when the trace is erased."""
    return "t-" + digest_of_json({"span": span, "trace": trace}).removeprefix("sha256:")[:32]


def corrected(row: Row, wanted: Row) -> Row:
    """Return ``row`` with what is newly expected and tagged. What it was asked and came from stays."""
    tags = tuple(sorted({*row.tags, *wanted.tags}))
    return replace(row, expected=wanted.expected or row.expected, tags=tags)


def inputs_of(span: SpanRow) -> JsonObject:
    """Return what a span was asked, as a system takes it: ``question``, and ``history`` where there was one."""
    taken = span.get("input")
    if isinstance(taken, Mapping) and isinstance(taken.get("question"), str):
        return {key: value for key, value in taken.items() if key != "history" or value}
    said = [one for one in _messages(span.get("input_messages"), "user") if one["role"] in _HEARD]
    last = next((at for at in reversed(range(len(said))) if said[at]["role"] == "user"), None)
    if last is not None and (question := said[last]["content"]):
        history: list[Json] = [dict(one) for one in said[:last]]
        return {"question": question} | ({"history": history} if history else {})
    if isinstance(taken, str) and taken.strip():
        return {"question": taken}
    return taken if isinstance(taken, Mapping) else {}


def answer_of(span: SpanRow, spans: Sequence[SpanRow] = ()) -> str:
    """Return what a span answered: its own text, else what the last model call below it said; empty where none did.

    ``spans`` are those of its trace.
    """
    text = _said(span) or _text_in(span.get("output"))
    if not text.strip():
        below = _below(span, spans)
        last = max(range(len(below)), key=lambda at: (_start_ns(below[at]), at), default=None)
        text = _said(below[last]) if last is not None else ""
    # A system of Genyard's own numbers the passages that it was given: no other answer has the same.
    return without_citations(text) if span.get("system") else text


def _said(span: SpanRow) -> str:
    said = (one for one in _messages(span.get("output_messages"), "assistant") if one["role"] == "assistant")
    return "\n".join(filter(None, (one["content"] for one in said)))


def _text_in(given: Json) -> str:
    """Return what a function gave as text, or the text in what it gave, under one of the names that say so."""
    if isinstance(given, Mapping):
        texts = (given.get(name) for name in _ANSWER_NAMES)
        return next((one for one in texts if isinstance(one, str) and one.strip()), "")
    return given if isinstance(given, str) else ""


def _below(span: SpanRow, spans: Sequence[SpanRow]) -> list[SpanRow]:
    """Return the spans below one in which an assistant said anything."""
    children: defaultdict[str, list[SpanRow]] = defaultdict(list)
    for one in spans:
        children[str(one.get("parent_span_id") or "")].append(one)
    found, waiting, seen = list[SpanRow](), [str(span["span_id"])], set[str]()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            found += [one for one in children[at] if _said(one).strip()]
            waiting += [str(one["span_id"]) for one in children[at]]
    return found


def _start_ns(span: SpanRow) -> int:
    start = span.get("start_ns")
    return start if isinstance(start, int) else 0


def _named(spans: Sequence[SpanRow], digits: str) -> SpanRow:
    found = [one for one in spans if str(one["span_id"]).startswith(digits)]
    if len(found) == 1:
        return found[0]
    trace = str(spans[0]["trace_id"])[:12]
    if not found:
        raise NotFound(
            f"trace {trace} has no span {one_line(digits, limit=40)}", hint="genyard traces --export shows them"
        )
    raise InvalidInput(f"several spans of trace {trace} begin with {digits}", hint="write more of its digits")


def _asked_first(spans: Sequence[SpanRow]) -> SpanRow:
    """Return the root, or the first span below that was asked anything. Several answers in one trace must be told."""
    roots = [one for one in spans if one["is_root"]]
    if len(roots) > 1:
        known = ", ".join(f"{str(one['trace_id'])[:12]}:{one['span_id']}" for one in roots[-_MOST_NAMED:])
        raise InvalidInput(f"the trace holds {len(roots)} answers", hint=f"name one by its span: {known}")
    return next((one for one in (*roots, *spans) if inputs_of(one)), (*roots, *spans)[0])


def _dropped(span: SpanRow) -> str:
    flags = span.get("intake_flags")
    dropped = isinstance(flags, list) and any(str(one).startswith("dropped:") for one in flags)
    return ": the project's masking drops payloads" if dropped else ""


def _expected(span: SpanRow, spans: Sequence[SpanRow], wish: Wish) -> JsonObject:
    text = wish.given if wish.expect == "given" else answer_of(span, spans) if wish.expect == "answer" else ""
    if wish.expect == "answer" and not text.strip():
        raise InvalidInput(f"trace {str(span['trace_id'])[:12]} has no answer to expect", hint="write what is right")
    return {"answers": [text]} if text.strip() else {}


def _origin(span: SpanRow, scores: Sequence[Score], wish: Wish) -> JsonObject:
    found: dict[str, Json] = {
        "endpoint": span.get("endpoint"),
        "media": _media(span),
        "release": span.get("release") if span.get("release_attested") else None,
        "scores": _scores(scores),
        "session": span.get("conversation_id") if wish.with_session else None,
        "span": span["span_id"],
        "trace": span["trace_id"],
        "user": span.get("user_id") if wish.with_user else None,
    }
    return {name: value for name, value in found.items() if value}


def _media(span: SpanRow) -> list[Json]:
    """Return the references to what was asked beside the text, each once. The bytes stay with the trace."""
    asked = json_of([span.get("input_messages"), span.get("input")])
    found = dict.fromkeys(str(one) for one in references_in(asked))
    return list(islice(found, _MOST_MEDIA))


def _scores(scores: Sequence[Score]) -> list[Json]:
    """Return what was thought of the answer: the newest of each name. Why is not copied; the trace has it."""
    newest = {one.name: one for one in scores if one.subject.kind in ("trace", "span")}
    return [
        {"kind": one.scorer_kind, "name": one.name}
        | ({"value": one.value} if one.value is not None else {})
        | ({"label": one.label} if one.label else {})
        for _, one in sorted(newest.items())[:_MOST_SCORES]
    ]


def _messages(value: Json, role: str) -> list[dict[str, str]]:
    """Return role and text of messages. What is not in their form is one message as it stands."""
    if isinstance(value, str):
        return [{"content": value, "role": role}] if value.strip() else []
    return [_message(one, role) for one in value] if isinstance(value, list | tuple) else []


def _message(value: Json, role: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {"content": value if isinstance(value, str) else "", "role": role}
    parts = value.get("parts", value.get("content"))
    texts = [_text(one) for one in parts] if isinstance(parts, list | tuple) else [_text(parts)]
    return {"content": "\n".join(filter(None, texts)), "role": str(value.get("role") or role)}


def _text(part: Json) -> str:
    if isinstance(part, Mapping):
        part = part.get("content", part.get("text")) if part.get("type", "text") == "text" else ""
    return part if isinstance(part, str) else ""
