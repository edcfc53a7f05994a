"""The side panel: everything about one span, payloads folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import short
from genyard.core.escape import one_line
from genyard.core.media import without_references
from genyard.core.records import Score
from genyard.observe.explorer.span_row import SpanRow
from genyard.server.pages import figures
from genyard.server.pages.conversation import Message, as_text, messages_of
from genyard.server.pages.documents import Documents, Piece, documents_of, pieces
from genyard.server.pages.json_view import JsonNode, json_view
from genyard.server.pages.links import Links
from genyard.server.pages.media_view import Medium, media_in
from genyard.server.pages.shown import Allowance, Folded, fold

_SHOWN_ELSEWHERE = frozenset(
    [
        "trace_id",
        "span_id",
        "parent_span_id",
        "span_name",
        "start_ns",
        "duration_ns",
        "input",
        "output",
        "input_messages",
        "output_messages",
        "retrieval_documents",
        "retrieval_query",
        "tool_arguments",
        "tool_result",
        "attributes",
        "preview",
        "project",
        "error_message",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of a definition table. ``digest`` gives a copy button with the whole of it."""

    label: str
    text: str
    href: str = ""
    digest: str = ""
    at_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A text that a span took or gave."""

    title: str
    column: str
    text: Folded
    prose: tuple[Piece, ...] = ()
    json: JsonNode | None = None
    media: tuple[Medium, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    name: str
    value: str
    """The figure, or where there is none the label."""
    scorer: str
    scorer_href: str
    why: str
    at_ns: int
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanPanel:
    id: str
    name: str
    about: str
    """The kind in a word, and the model."""
    error: str
    facts: tuple[Fact, ...]
    messages: tuple[Message, ...]
    payloads: tuple[Payload, ...]
    documents: Documents
    scores: tuple[ScoreRow, ...]
    attributes: JsonNode
    attribute_count: int


def span_panel(
    span: SpanRow,
    *,
    source: SpanRow,
    start_ns: int,
    scores: Sequence[Score],
    scorers: Mapping[str, str],
    links: Links,
    allowance: Allowance,
) -> SpanPanel:
    """Return the panel of ``span``. ``source`` is the span whose documents its citations count."""
    answer = span.whole("output") or as_text(span.json("output_messages"))
    own = span if span.columns.get("retrieval_documents") else source
    given = documents_of(own, allowance, answer=answer if own is source else "")
    asked = span.columns.get("input_messages") or span.columns.get("output_messages")
    attributes = _attributes(span)
    return SpanPanel(
        id=span.id,
        name=span.name,
        about=" · ".join(one for one in (span.word, _model(span)) if one),
        error=one_line(span.whole("error_message") or span.text("error_type"), limit=600) if span.failed else "",
        facts=tuple(_facts(span, start_ns, links)),
        messages=messages_of(span, allowance, documents=given.total) if asked else (),
        payloads=tuple(_payloads(span, given.total, allowance)),
        documents=given if own is span or span.kind == "model" else Documents(),
        scores=tuple(score_row(one, scorers, links) for one in scores if one.subject.id == span.id),
        attributes=json_view(attributes, allowance),
        attribute_count=len(attributes),
    )


def _model(span: SpanRow) -> str:
    return f"{span.text('provider')}/{span.model}".strip("/")


def _facts(span: SpanRow, start_ns: int, links: Links) -> list[Fact]:
    found = [Fact(label="Time", text=_time(span, start_ns))]
    if span.tokens is not None:
        found.append(Fact(label="Tokens", text=_tokens(span)))
    if span.number("cost_usd") is not None:
        found.append(Fact(label="Cost", text=figures.money(span.number("cost_usd"))))
    asked = span.text("request_model")
    if asked and asked != span.model:
        found.append(Fact(label="Asked for", text=asked))
    for label, column in (("Prompt", "prompt_digest"), ("Index", "index_digest"), ("System", "system")):
        digest = span.text(column)
        if digest and (column != "system" or span.parent == ""):
            named = span.text("prompt_name") if column == "prompt_digest" else ""
            text = f"{named} {short(digest)}" if named else short(digest)
            found.append(Fact(label=label, text=text, href=links.artifact(digest), digest=digest))
    finish = [", ".join(span.texts("finish_reasons")) or span.text("finish_reasons")]
    finish += [
        f"temperature {figures.significant(heat, 2)}" for heat in [span.number("temperature")] if heat is not None
    ]
    if any(finish):
        found.append(Fact(label="Finish", text=", ".join(one for one in finish if one)))
    return found


def _time(span: SpanRow, start_ns: int) -> str:
    begin, end = (span.start_ns - start_ns) / 1e9, (span.end_ns - start_ns) / 1e9
    text = f"{begin:,.3f} → {end:,.3f} s, {figures.duration(span.integer('duration_ns'))}"
    ttft = span.number("ttft_s")
    return text if ttft is None else f"{text}; first token {figures.duration(int(ttft * 1e9))}"


def _tokens(span: SpanRow) -> str:
    given, made, cached = (span.integer(name) for name in ("input_tokens", "output_tokens", "cache_read_tokens"))
    from_cache = f" ({cached:,} from cache)" if cached else ""
    text = f"{figures.count(given)} in{from_cache} · {figures.count(made)} out"
    return f"{text}, sum of its calls" if span.text("usage_scope") == "aggregate" else text


def _payloads(span: SpanRow, documents: int, allowance: Allowance) -> list[Payload]:
    titles = {
        "input": "Question" if span.question else "Input",
        "retrieval_query": "Searched for",
        "tool_arguments": "Arguments",
        "tool_result": "Result",
        "output": "Answer" if span.question else "Output",
    }
    return [
        _payload(title, column, span, documents, allowance)
        for column, title in titles.items()
        if span.columns.get(column) not in (None, "", [], {})
    ]


def _payload(title: str, column: str, span: SpanRow, documents: int, allowance: Allowance) -> Payload:
    value: Json = span.question if column == "input" and _only_question(span) else span.json(column)
    if not isinstance(value, str):
        tree = json_view(value, allowance, nodes=60)
        return Payload(title=title, column=column, text=Folded(head=""), json=tree, media=media_in(value))
    folded = fold(without_references(value), allowance)
    cites = pieces(folded.head, documents) if column == "output" else ()
    return Payload(title=title, column=column, text=folded, prose=cites, media=media_in(value))


def _only_question(span: SpanRow) -> bool:
    given = span.json("input")
    return bool(span.question) and (isinstance(given, str) or (isinstance(given, dict) and len(given) == 1))


def _attributes(span: SpanRow) -> JsonObject:
    """Return the span's small columns and the attributes that no column took."""
    found: dict[str, Json] = {
        name: value
        for name, value in sorted(span.columns.items())
        if name not in _SHOWN_ELSEWHERE and value not in (None, "", [], {})
    }
    rest = span.json("attributes")
    return found | (dict(rest) if isinstance(rest, dict) else {"attributes": rest} if rest else {})


def score_row(score: Score, scorers: Mapping[str, str], links: Links) -> ScoreRow:
    """Return the row of a score. ``scorers`` has the names of metrics, judges and people that are known."""
    known = scorers.get(score.scorer, "")
    digest = score.scorer if score.scorer.startswith("sha256:") else ""
    kinds = {"code": "metric", "judge": "judge", "person": "person"}
    return ScoreRow(
        name=one_line(score.name, limit=60),
        value=_value(score),
        scorer=one_line(f"{kinds[score.scorer_kind]} {known or (short(digest) if digest else score.scorer)}", limit=60),
        scorer_href=links.artifact(digest) if digest and known else "",
        why=one_line(score.explanation, limit=300),
        at_ns=score.at_ns,
        subject=score.subject.kind,
    )


def _value(score: Score) -> str:
    if score.value is None and score.label:
        return one_line(score.label, limit=40)
    figure = figures.figure(score.value, places=figures.decimals([score.value]), metric=score.name)
    return f"{figure} {one_line(score.label, limit=40)}".strip()
