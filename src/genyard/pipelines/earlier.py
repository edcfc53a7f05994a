"""Answers that earlier runs of the same system drew: read back from their spans, so that they are not drawn again.

One in which something was masked is drawn again: what is kept of it is not what was answered.
"""

import json
from collections.abc import Mapping, Sequence

from genyard.core.digest import Digest, digest_of_json
from genyard.evaluate.cases import Answered, CaseKey, Question
from genyard.pipelines.workbench import Workbench
from genyard.store import runs

_SQL = """
SELECT trace_id, row_id, repeat, input, output_messages, retrieval_documents, attributes, cost_usd
FROM spans
WHERE system = $system AND run_id IS NOT NULL AND is_root AND status <> 'error'
    AND NOT regexp_matches(coalesce(array_to_string(intake_flags, ' '), ''), '(masked|dropped):')
ORDER BY start_ns DESC, span_id
"""


def earlier_answers(
    bench: Workbench, project: str, system: Digest, questions: Sequence[Question]
) -> dict[CaseKey, Answered]:
    """Return what was answered before, by case. Lineage bounds the search to the runs of this system."""
    window = _window(bench, project, system)
    if window is None:
        return {}
    since_ns, until_ns = window
    found = bench.lake.query(
        _SQL,
        table="spans",
        project=project,
        since_ns=since_ns,
        until_ns=until_ns,
        parameters={"system": system},
    )
    wanted = {question.row_id: question.inputs_digest for question in questions}
    answers = [_answered(row) for row in found]
    # Where two runs drew the same case at the same time, the first draw counts, here and in every later run.
    return {one.key: one for one in answers if wanted.get(one.key.row_id) == one.key.inputs}


def _window(bench: Workbench, project: str, system: Digest) -> tuple[int, int] | None:
    with bench.database.read() as tx:
        known = runs.touching(tx, project, system)
    started = [run.started_ns for run, _ in known if run.activity == "evaluate"]
    return (min(started), bench.clock.now_ns() + 1) if started else None


def _answered(row: Mapping[str, object]) -> Answered:
    documents = json.loads(str(row["retrieval_documents"] or "[]"))
    cost = row["cost_usd"]
    return Answered(
        key=CaseKey(
            row_id=str(row["row_id"]),
            inputs=digest_of_json(json.loads(str(row["input"]))),
            repeat=int(str(row["repeat"])),
        ),
        text=_text(row["output_messages"]),
        documents=tuple(one["metadata"]["document"] for one in documents),
        latency_s=json.loads(str(row["attributes"]))["genyard.latency_s"],
        cost_usd=float(str(cost)) if cost is not None else None,
        trace_id=str(row["trace_id"]),
    )


def _text(messages: object) -> str:
    """Read the answer's text back from the message that the root span holds."""
    said = json.loads(str(messages or "[]"))
    return "".join(part["content"] for message in said for part in message["parts"] if part["type"] == "text")
