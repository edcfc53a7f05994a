"""Hand-made rows and records like those of a docs assistant, for the tests of views and pages."""

import json
from collections.abc import Mapping

from genyard.core.canonical import Json
from genyard.core.digest import digest_of_json
from genyard.core.ids import PrincipalId, RunId, ScoreId
from genyard.core.records import Code, Reference, Run, RunEnd, Score, Subject
from genyard.server.pages.frame import Action
from genyard.server.pages.release_view import AliasMove, Part, Placement, ReleaseFacts, TextChange

NOW_NS = 1_795_424_640_000_000_000
"""2026-11-23T09:04:00Z"""
START_NS = NOW_NS - 408_000_000_000
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
RELEASE = digest_of_json("release")
SYSTEM = digest_of_json("system")
INDEX = digest_of_json("index")
PROMPT = digest_of_json("prompt")
QUESTION = "How do I reset my badge?"
ANSWER = (
    "Hold your badge against the reader by the reception desk for five seconds until it blinks twice, then enter your"
    " staff number [1]. Your badge stays active, so no new card is needed [2]. If it does not blink, reception prints"
    " a new one until 18:00."
)
_MS = 1_000_000


def span(
    span_id: str, name: str, start_ms: float, duration_ms: float, parent: str | None = "", **more: Json
) -> dict[str, Json]:
    return {
        "trace_id": TRACE,
        "span_id": span_id,
        "parent_span_id": parent or None,
        "span_name": name,
        "start_ns": START_NS + int(start_ms * _MS),
        "duration_ns": int(duration_ms * _MS),
        "status": "ok",
        "release": RELEASE,
        "endpoint": "helpdesk@prod",
        "system": SYSTEM,
        **more,
    }


def document(label: str, score: float, *, used: bool | None = None, content: str = "") -> Mapping[str, Json]:
    metadata: dict[str, Json] = {"label": label} if used is None else {"label": label, "used": used}
    found: dict[str, Json] = {"id": digest_of_json(label), "score": score, "metadata": metadata}
    return found | {"content": content} if content else found


def documents(*, content: bool = False) -> str:
    text = "Hold the badge against the reader by the reception desk for five seconds until the light blinks twice."
    rows = (
        ("badges.md › Reset", 0.91, True),
        ("badges.md › States", 0.77, True),
        ("reception.md › Hours", 0.41, False),
    )
    return json.dumps(
        [document(label, score, used=used, content=text if content else "") for label, score, used in rows]
    )


def message(role: str, text: str) -> dict[str, Json]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def answer_spans() -> list[dict[str, Json]]:
    """One answer as our own spans tell it, with a tool that failed once."""
    asked = [message("system", "Use only the passages below.\nAnswer in one to three sentences.\n[1] Hold the badge …")]
    asked += [message("user", QUESTION)]
    common: dict[str, Json] = {"provider": "openai", "request_model": "gpt-5-mini", "response_model": "gpt-5-mini-2025"}
    return [
        span(
            "a100000000000001",
            "answer",
            0,
            2840,
            operation="invoke_workflow",
            input=json.dumps({"question": QUESTION}),
            output=ANSWER,
            retrieval_documents=documents(),
            ttft_s=0.41,
            input_tokens=3306,
            output_tokens=106,
            cost_usd=0.0041,
            usage_scope="aggregate",
            preview=QUESTION,
            conversation_id="c-5512",
            user_id="hash:77c1",
        ),
        span(
            "a100000000000002",
            "retrieve passages",
            24,
            142,
            "a100000000000001",
            operation="retrieval",
            retrieval_query=QUESTION,
            retrieval_documents=documents(content=True),
            index_digest=INDEX,
            step="passages",
        ),
        span(
            "a100000000000003",
            "chat gpt-5-mini",
            172,
            1200,
            "a100000000000001",
            operation="chat",
            **common,
            input_messages=json.dumps(asked),
            input_tokens=1702,
            output_tokens=14,
            cost_usd=0.0019,
            output_messages=json.dumps([message("assistant", "I will look up the badge.")]),
            finish_reasons=["tool_call"],
        ),
        span(
            "a100000000000004",
            "lookup_badge",
            1371,
            306,
            "a100000000000001",
            operation="execute_tool",
            tool_name="lookup_badge",
            tool_arguments='{"staff": 4411}',
            status="error",
            error_type="503",
            error_message="HTTP 503 from badges.internal, retried",
        ),
        span(
            "a100000000000005",
            "lookup_badge",
            1702,
            288,
            "a100000000000001",
            operation="execute_tool",
            tool_name="lookup_badge",
            tool_arguments='{"staff": 4411}',
            tool_result='{"state": "active", "site": "Lisbon"}',
        ),
        span(
            "a100000000000006",
            "chat gpt-5-mini",
            1994,
            724,
            "a100000000000001",
            operation="chat",
            **common,
            input_messages=json.dumps(
                [*asked, message("assistant", "I will look up the badge."), message("tool", "active")]
            ),
            output_messages=json.dumps([message("assistant", ANSWER)]),
            ttft_s=0.198,
            temperature=0,
            input_tokens=1604,
            output_tokens=92,
            cache_read_tokens=1536,
            cost_usd=0.0022,
            prompt_name="answer",
            prompt_digest=PROMPT,
            finish_reasons=["stop"],
            attributes='{"openai.response.system_fingerprint": "fp_71c9"}',
        ),
    ]


def answer_scores() -> list[Score]:
    def score(number: int, name: str, value: float | None, why: str, **more: str) -> Score:
        kind = more.pop("kind", "code")
        return Score(
            id=ScoreId(f"s{number}"),
            project="acme",
            at_ns=NOW_NS,
            name=name,
            value=value,
            explanation=why,
            subject=Subject(kind="span", id=more.pop("span", "a100000000000001")),
            scorer_kind="person" if kind == "person" else "code",
            scorer="mara" if kind == "person" else digest_of_json(name),
            label=more.pop("label", ""),
        )

    return [
        score(1, "answer_f1", 0.7142857, "5 of 7 words of the gold answer"),
        score(2, "helpful", None, "thumb up, 41 s later", kind="person", label="yes"),
    ]


def large_trace(count: int) -> list[dict[str, Json]]:
    """A run of an agent: turns of searches and model calls, some of them failed."""
    rows = [
        span("r000000000000000", "agent", 0, count * 10.0, operation="invoke_agent", input='{"question": "Plan it"}')
    ]
    turns = max(1, count // 250)
    for turn in range(turns):
        rows.append(span(f"t{turn:015d}", f"turn {turn}", turn * 2400, 2300, "r000000000000000", operation="workflow"))
    for number in range(count - turns - 1):
        turn, place = divmod(number, 250)
        parent = f"t{min(turn, turns - 1):015d}"
        kind, name = ("chat", "chat gpt-5-mini") if place % 50 == 0 else ("execute_tool", "search")
        failed = place == 77 and turn % 20 == 0
        more: dict[str, Json] = {"status": "error", "error_type": "timeout"} if failed else {}
        rows.append(span(f"s{number:015d}", name, turn * 2400 + place * 9, 8, parent, operation=kind, **more))
    return rows


def condition(metric: str, verdict: str, rule: str, **more: Json) -> dict[str, Json]:
    return {
        "metric": metric,
        "dataset": "golden",
        "rule": rule,
        "kind": "at_least",
        "margin": None,
        "against": None,
        "n": 412,
        "repeats": 3,
        "verdict": verdict,
        "reason": "",
        "method": "cluster bootstrap, 10,000 draws",
        "alpha": 0.05,
        "look": 1,
        "looks": 5,
        "more_cases": None,
        "live": None,
        **more,
    }


def metric(name: str, mean: float | None, lower: float | None, upper: float | None, **more: Json) -> dict[str, Json]:
    return {
        "metric": name,
        "dataset": "golden",
        "dataset_version": 14,
        "n": 412,
        "repeats": 3,
        "mean": mean,
        "lower": lower,
        "upper": upper,
        "method": "cluster bootstrap, 10,000 draws",
        "alpha": 0.05,
        "direction": "higher",
        **more,
    }


def release_body(verdict: str = "undecided") -> dict[str, Json]:
    why = "the difference could still be as low as −0.026, below −0.020"
    conditions: list[Json] = [
        condition("answer_f1", "pass", "≥ 0.700", boundary=0.7, estimate=0.742, lower=0.711, upper=0.772, live=0.731),
        condition(
            "answer_f1",
            "pass",
            "≥ prod − 0.020",
            kind="not_worse_than",
            boundary=-0.02,
            margin=0.02,
            against="prod",
            estimate=0.011,
            lower=-0.008,
            upper=0.03,
            repeats=1,
        ),
        condition(
            "grounded",
            verdict,
            "≥ prod − 0.020",
            kind="not_worse_than",
            boundary=-0.02,
            margin=0.02,
            against="prod",
            estimate=-0.004,
            lower=-0.026,
            upper=0.018,
            repeats=1,
            reason=why,
            more_cases=130,
        ),
        condition(
            "refusal_correct",
            "pass",
            "≥ 0.850",
            boundary=0.85,
            estimate=0.934,
            lower=0.879,
            upper=0.965,
            n=136,
            repeats=1,
            live=0.919,
            dataset="unanswerable",
            method="Wilson",
        ),
        condition(
            "latency_s",
            "pass",
            "≤ 2.50 s",
            kind="at_most",
            boundary=2.5,
            estimate=1.84,
            lower=1.79,
            upper=1.92,
            live=1.78,
        ),
        condition(
            "cost_usd",
            "pass",
            "≤ 0.0040",
            kind="at_most",
            boundary=0.004,
            estimate=0.0031,
            lower=0.003,
            upper=0.0032,
            live=0.0029,
        ),
        condition(
            "recall_at_5",
            "pass",
            "≥ 0.900",
            boundary=0.9,
            estimate=1.0,
            lower=None,
            upper=None,
            reason="every case scored 1",
        ),
    ]
    metrics: list[Json] = [
        metric("answer_f1", 0.742, 0.711, 0.772),
        metric("grounded", 0.934, 0.911, 0.952),
        metric("exact_match", 0.41, 0.37, 0.452),
        metric("mrr", 0.871, 0.842, 0.9),
        metric("latency_s", 1.84, 1.79, 1.92, direction="lower"),
        metric("cost_usd", 0.0031, 0.003, 0.0032, direction="lower"),
        metric("refusal_correct", 1.0, None, None, n=3, repeats=1, dataset="unanswerable", dataset_version=2),
    ]
    items = (
        ("Version control and rollback", "done", "rollback to release 7 rehearsed in 0.4 s", "code"),
        ("Optimised before packaging", "not_applicable", "the embedded reader has no weights", "code"),
        ("Packaged", "done", "one digest, 41.8 MB", "code"),
        ("Hardware stated", "done", "2 cores, 1.5 GB, no GPU", "code"),
        ("Endpoint defined", "done", "OpenAI chat, SSE", "code"),
        ("Resources for expected traffic", "done", "load test at 20 req/s", "code"),
        ("Access control", "done", "keys with scope serve:helpdesk", "code"),
        ("Endpoint created", "done", "staging since 08:40", "code"),
        ("Monitoring and logging", "done", "every answer is a trace", "code"),
        ("Custom integrations", "done", "Slack hand-off tested", "Mara Lind"),
        ("Hardware available", "open", "not confirmed yet", "a person"),
    )
    checklist: list[Json] = [dict(zip(("item", "state", "finding", "by"), one, strict=True)) for one in items]
    gate: dict[str, Json] = {
        "verdict": verdict,
        "sentence": "grounded could still be worse than prod by more than 0.020. About 130 more cases would decide it.",
        "conditions": conditions,
    }
    evidence: dict[str, Json] = {
        "evaluated_at": "2026-11-23T09:02:00.000Z",
        "failed_cases": 0,
        "metrics": metrics,
        "gate": gate,
        "checklist": checklist,
        "runs": ["019a4c7e-11a2-7cc3-9e4f-0a2b4c6d8e10", "019a4c7e-22b3-7cc3-9e4f-0a2b4c6d8e11"],
    }
    return {"name": "helpdesk", "evidence": evidence}


OLD_PROMPT = """You answer questions of the staff of Norrlund from the handbook.
The reader has little time.
Never guess.

Passages stand in brackets with their number.
Each passage has a title.
Use only the passages below.
Answer in a short paragraph and name the document.
If the passages do not say, reply that you are unsure.

{% for passage in passages %}
[{{ loop.index }}] {{ passage.title }}
{{ passage.text }}
{% endfor %}

Question: {{ question }}"""
NEW_PROMPT = OLD_PROMPT.replace("a short paragraph", "one to three sentences").replace(
    "the document", "the section you used"
)
NEW_PROMPT = NEW_PROMPT.replace("reply that you are unsure", "say so and offer to open a ticket")


def release_facts() -> ReleaseFacts:
    def part(kind: str, name: str, state: str, note: str, version: int | None = None, old: int | None = None) -> Part:
        return Part(
            kind=kind,
            name=name,
            state="changed" if state == "changed" else "same",
            digest=digest_of_json([kind, version]),
            version=version,
            old_version=old,
            note=note,
        )

    return ReleaseFacts(
        system="helpdesk",
        version=8,
        digest=RELEASE,
        system_digest=SYSTEM,
        registered_ns=NOW_NS - 1_980_000_000_000,
        registered_by="Jon Park",
        replaces=7,
        parts=(
            part("prompt", "answer", "changed", "2 lines changed, below", 7, 6),
            part("corpus", "handbook", "changed", "12 documents changed, 3 added, 1 removed", 22, 21),
            part("index", "handbook", "changed", "rebuilt from corpus 22; settings same", 22, 21),
            part("model", "openai/gpt-5-mini", "same", "temperature 0"),
        ),
        texts=(
            TextChange(
                title="prompt/answer 6 → 7", old=OLD_PROMPT, new=NEW_PROMPT, note="by Jon Park, “shorter answers”"
            ),
        ),
        placements=(
            Placement(
                environment="staging", version=8, digest=RELEASE, since_ns=NOW_NS - 1_440_000_000_000, is_this=True
            ),
            Placement(
                environment="prod", version=7, digest=SYSTEM, since_ns=NOW_NS - 18 * 86_400_000_000_000, is_this=False
            ),
        ),
        history=(
            AliasMove(
                at_ns=NOW_NS - 1_440_000_000_000, who="Jon Park", environment="staging", from_version=7, to_version=8
            ),
            AliasMove(
                at_ns=NOW_NS - 18 * 86_400_000_000_000,
                who="Mara Lind",
                environment="prod",
                from_version=6,
                to_version=7,
                reason="gate passed",
            ),
        ),
        actions=(
            Action(text="Compare with…", href="/p/acme/releases?system=helpdesk"),
            Action(text="Deploy to prod…", href="/x", disabled="Deploying to prod opens when the gate passes."),
        ),
    )


def evaluation() -> Run:
    return Run(
        id=RunId("019a4c7e-11a2-7cc3-9e4f-0a2b4c6d8e10"),
        project="acme",
        activity="evaluate",
        principal=PrincipalId("mara"),
        started_ns=START_NS,
        code=Code(commit="0f3c9a1be77d"),
        parameters={"system": "helpdesk", "dataset": "golden"},
        inputs=(
            Reference(role="system", kind="system", digest=SYSTEM),
            Reference(role="dataset", kind="dataset", digest=digest_of_json("dataset")),
        ),
    )


def evaluation_end(*, error: str = "") -> RunEnd:
    return RunEnd(
        run=evaluation().id,
        status="failed" if error else "done",
        ended_ns=NOW_NS,
        outputs=(Reference(role="index", kind="index", digest=INDEX),),
        error=error,
        result={
            "cases": {"total": 412, "failed": 2, "reused": 0},
            "metrics": [
                metric("answer_f1", 0.742, 0.711, 0.772, repeats=1),
                metric("cost_usd", 0.0, 0.0, None, repeats=1),
                metric("recall_at_4", 1.0, 0.3, 1.0, n=3, repeats=1),
            ],
        },
    )
