"""What a span may carry when its sender is hostile or broken. None of it may run, and no page may break."""

import json
from dataclasses import replace

from tests.server.pages import samples

from genyard.core.canonical import Json
from genyard.core.ids import ScoreId
from genyard.core.records import Score, Subject
from genyard.server.pages.release_view import AliasMove, Part, Placement, ReleaseFacts, TextChange

MARK = "<script>window.hacked=1</script>"
TEXTS = (
    MARK,
    '"><img src=x onerror="window.hacked=1"><svg onload=window.hacked=1>',
    "'-alert(1)-' {{ 7*7 }} {% raw %} ${7*7}",
    "javascript:window.hacked=1",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x00\x9b2J",
    "\u202egnp.exe\u202c \u2066isolated\u2069 zero\u200bwidth\ufeff",
    "שלום مرحبا 👩‍👩‍👧‍👦 🇸🇪 e\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "lone \ud800 surrogate",
    "W" * 1_000_000,
    "line\n" * 100_000,
)
ALL = " ".join(TEXTS[:8])
LONG = ALL + TEXTS[8]
_COLUMNS = """
    span_name status error_type error_message operation provider request_model response_model release endpoint system
    step prompt_name prompt_digest index_digest run_id row_id preview input output input_messages output_messages
    retrieval_query tool_name tool_arguments tool_result conversation_id user_id attributes
""".split()  # noqa: SIM905  a list of thirty literals reads worse


def preview(number: int) -> dict[str, Json]:
    """Every fifth row of a list has a hostile preview."""
    return {"preview": TEXTS[number // 5 % 8][:160]} if number % 5 == 0 else {}


def spans() -> list[dict[str, Json]]:
    """A ring of parents, a span with every text hostile, deep JSON, and columns of wrong types."""
    every: dict[str, Json] = dict.fromkeys(_COLUMNS, LONG)
    talk = json.dumps([samples.message(one, one) for one in TEXTS[:8]] + [{"role": "user", "parts": TEXTS[8]}])
    given = json.dumps([{"id": one, "score": True, "content": one, "metadata": {"label": one}} for one in TEXTS])
    root = samples.span("<b>", ALL, 0, 10) | every
    root |= {"operation": "chat", "status": "error", "input_messages": talk}
    return [
        root
        | {"retrieval_documents": given, "attributes": "[" * 100_000, "output_messages": talk, "ttft_s": float("nan")},
        samples.span("ring1", "ring", 1, 2, "ring2"),
        samples.span("ring2", "ring", 1, 2, "ring1"),
        samples.span("self", "self", 1, -5, "self", operation="execute_tool", tool_result=LONG),
        samples.span("<b>", "twin", 3, 2, "nobody"),
        {
            "span_id": 7,
            "start_ns": samples.START_NS + 1.5,
            "duration_ns": None,
            "span_name": None,
            "input": json.dumps({LONG[:9000]: [LONG]}),
        },
    ]


def scores() -> list[Score]:
    return [
        Score(
            id=ScoreId("s"),
            project="acme",
            at_ns=samples.NOW_NS,
            name=ALL,
            value=float("nan"),
            explanation=LONG,
            label=ALL,
            subject=Subject(kind="span", id="<b>"),
            scorer_kind="person",
            scorer=ALL,
        )
    ]


def release_body() -> dict[str, Json]:
    row = samples.condition(
        ALL, "fail", ALL, dataset=ALL, reason=ALL, method=ALL, estimate="x", lower=1e308, upper=-1e308
    )
    thin = samples.condition("thin", "undecided", "≥ 0", boundary=0, estimate=0.0, lower=0.0, upper=0.0, n=2)
    gate: dict[str, Json] = {"verdict": ALL, "sentence": ALL, "conditions": [row, thin, "not a row"]}
    metrics: list[Json] = [samples.metric(ALL, None, None, None), samples.metric("huge", 1e300, -1e300, 1e300)]
    checklist: list[Json] = [{"item": ALL, "state": ALL, "finding": ALL, "by": ALL}]
    evidence: dict[str, Json] = {
        "evaluated_at": ALL,
        "runs": [ALL],
        "failed_cases": -1,
        "metrics": metrics,
        "gate": gate,
        "checklist": checklist,
    }
    return {"name": ALL, "evidence": evidence}


def release_facts() -> ReleaseFacts:
    return replace(
        samples.release_facts(),
        registered_by=ALL,
        parts=(Part(kind="prompt", name=ALL, state="changed", note=ALL),),
        texts=(TextChange(title=ALL, old=ALL + "\n" + OLD, new=ALL + "!\n" + NEW, note=ALL),),
        placements=(Placement(environment=ALL, version=3, digest="", since_ns=10**25, is_this=False),),
        history=(AliasMove(at_ns=-(10**25), who=ALL, environment=ALL, from_version=None, to_version=1, reason=ALL),),
    )


OLD = "same\n" * 50 + "W" * 1_000
NEW = "same\n" * 50 + "V" * 1_000
