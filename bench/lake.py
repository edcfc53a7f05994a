"""A lake to ask: spans of 8-span agent traces over many days, and one trace of very many spans.

Rows have the shape and sizes of ``shared/bench/otlpgen.py``: two model calls with 1.5 kB prompts and 0.5 kB answers, an
embedding, a retrieval, three tool calls. They are written straight to the tables, one file a day, as compaction leaves
them.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from arro3.core import Array, RecordBatch, Table
from deltalake import DeltaTable, write_deltalake

from genyard.core.canonical import Json
from genyard.store.arrow import record_batch, schema_of
from genyard.store.columns import PARTITIONS, SPANS
from genyard.store.delta import configuration, writer_properties
from genyard.store.rows import batch_of

PROJECT = "bench"
DAY_NS = 86_400 * 1_000_000_000
SPANS_PER_TRACE = 8
NEEDLE = "zebrafish"
HUGE_TRACE = "f" * 32
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro")
_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ter",
    "an",
    "so",
    "ve",
    "qui",
    "dor",
    "el",
    "pra",
    "st",
    "in",
    "ous",
    "re",
    "ble",
    "chi",
    "ma",
]
_POOL = 8_000
_PART = 50_000

Row = dict[str, Json]


def write_lake(lake: Path, *, spans: int, days: int, until_ns: int, huge: int = 50_000) -> None:
    """Write ``spans`` spans over the ``days`` to ``until_ns``, and one trace of ``huge`` spans on the last of them."""
    (lake / SPANS.name).mkdir(parents=True)
    table = DeltaTable.create(
        str(lake / SPANS.name), schema_of(SPANS), partition_by=list(PARTITIONS), configuration=configuration(SPANS)
    )
    make = _Traces(random.Random(7))
    per_day = spans // days // SPANS_PER_TRACE
    begin = until_ns - until_ns % DAY_NS - (days - 1) * DAY_NS
    for day in range(days):
        start_ns = begin + day * DAY_NS
        end_ns = min(start_ns + DAY_NS, until_ns) - 60_000_000_000
        rows = make.traces(per_day, start_ns, end_ns)
        _append(table, rows, segment=2 * day + 1)
    _append(table, huge_trace(huge, until_ns - 3600 * 1_000_000_000), segment=2 * days)


def _append(table: DeltaTable, rows: Iterator[Row], *, segment: int) -> None:
    batches, part, arrival = list[RecordBatch](), list[Row](), segment << 32
    for row in rows:
        part.append(row)
        if len(part) == _PART:
            batches.append(_arrived(part, arrival))
            arrival += len(part)
            part = []
    batches += [_arrived(part, arrival)] if part else []
    (whole,) = Table.from_batches(batches).combine_chunks().to_batches()
    in_order = whole.take(Array.from_numpy(np.argsort(whole.column(SPANS.time).to_numpy(), kind="stable")))
    write_deltalake(table, in_order, mode="append", writer_properties=writer_properties(whole.num_rows))


def _arrived(rows: list[Row], arrival: int) -> RecordBatch:
    batch = batch_of(SPANS, rows)
    arrivals = Array.from_numpy(np.arange(arrival, arrival + len(rows)))
    return record_batch(SPANS, batch.columns, len(rows), made={"arrival": arrivals})


def huge_trace(spans: int, start_ns: int) -> Iterator[Row]:
    """Yield one trace: a root, and loops of 50 model and tool calls below it."""
    ids = [f"{number:016x}" for number in range(1, spans + 1)]
    for number, span_id in enumerate(ids):
        loop = (number - 1) // 50 * 50 + 1
        parent = None if not number else ids[0] if number == loop else ids[loop]
        model = number % 2 == 1
        yield {
            "project": PROJECT,
            "trace_id": HUGE_TRACE,
            "span_id": span_id,
            "parent_span_id": parent,
            "is_root": True if parent is None else None,
            "start_ns": start_ns + number * 1_000_000,
            "duration_ns": spans * 1_000_000 if parent is None else 900_000,
            "span_name": "agent" if parent is None else "chat gpt-4o" if model else f"execute_tool {number % 7}",
            "operation": "invoke_agent" if parent is None else "chat" if model else "execute_tool",
            "status": "ok",
            "usage_scope": "self" if model else None,
            "total_tokens": 100 if model else None,
            "input_messages": [{"role": "user", "parts": [{"type": "text", "content": f"step {number} " * 20}]}],
        }


class _Traces:
    def __init__(self, source: random.Random) -> None:
        self._random = source
        words = ["".join(source.choice(_SYLLABLES) for _ in range(source.randint(1, 4))) for _ in range(6000)]
        self._long = [_text(source, words, 1500) for _ in range(_POOL)]
        self._short = [_text(source, words, 500) for _ in range(_POOL)]

    def traces(self, count: int, start_ns: int, end_ns: int) -> Iterator[Row]:
        for number in range(count):
            yield from self._trace(start_ns + (end_ns - start_ns) * number // max(1, count), number)

    def _trace(self, at_ns: int, number: int) -> Iterator[Row]:
        pick = self._random
        trace_id, ids = f"{pick.getrandbits(128):032x}", [f"{pick.getrandbits(64):016x}" for _ in range(8)]
        took = int(pick.lognormvariate(0.4, 0.6) * 1e9)
        model = pick.choice(MODELS)
        needle = f" {NEEDLE}" if number % 500 == 250 else ""
        rows: list[Row] = [
            self._agent(pick.choice(self._short)),
            {"span_name": "embeddings", "operation": "embeddings", "usage_scope": "self", "input_tokens": 30},
            {"span_name": "retrieve docs", "operation": "retrieval", "retrieval_query": pick.choice(self._short)[:400]},
            self._chat(model, ""),
            *(self._tool(tool) for tool in range(3)),
            self._chat(model, needle),
        ]
        failed = pick.random() < 0.03
        for place, row in enumerate(rows):
            yield row | {
                "project": PROJECT,
                "trace_id": trace_id,
                "span_id": ids[place],
                "parent_span_id": ids[0] if place else None,
                "is_root": None if place else True,
                "start_ns": at_ns + took * place // 10,
                "duration_ns": took // 8 if place else took,
                "status": "error" if failed and place in (0, 5) else "ok",
                "service_name": "bench-agent",
                "release": f"v{number % 3}",
                "attributes": {"server.address": "api.example.com", "http.route": f"/r{pick.randrange(200)}"},
            }

    def _agent(self, answer: str) -> Row:
        return {
            "span_name": "invoke_agent support-bot",
            "operation": "invoke_agent",
            "endpoint": "support@prod",
            "conversation_id": f"s{self._random.getrandbits(20):x}",
            "user_id": f"u{self._random.randrange(1000)}",
            "preview": answer[:160],
            "input_messages": _message("user", answer[:120]),
            "output_messages": _message("assistant", answer),
        }

    def _chat(self, model: str, needle: str) -> Row:
        asked, said = self._random.choice(self._long) + needle, self._random.choice(self._short)
        return {
            "span_name": f"chat {model}",
            "operation": "chat",
            "provider": "openai",
            "request_model": model,
            "response_model": model,
            "response_id": f"resp-{self._random.getrandbits(48):x}",
            "usage_scope": "self",
            "input_tokens": len(asked) // 4,
            "output_tokens": len(said) // 4,
            "total_tokens": len(asked) // 4 + len(said) // 4,
            "cost_usd": len(asked) * 1e-6,
            "ttft_s": self._random.random(),
            "finish_reasons": ["stop"],
            "input_messages": _message("user", asked),
            "output_messages": _message("assistant", said),
        }

    def _tool(self, number: int) -> Row:
        said = self._random.choice(self._short)
        return {
            "span_name": f"execute_tool tool_{number}",
            "operation": "execute_tool",
            "tool_name": f"tool_{number}",
            "tool_call_id": f"call-{self._random.getrandbits(40):x}",
            "tool_arguments": json.dumps({"q": said[:60], "n": number}),
            "tool_result": said[60:260],
        }


def _message(role: str, text: str) -> Json:
    return [{"role": role, "parts": [{"type": "text", "content": text}]}]


def _text(source: random.Random, words: list[str], size: int) -> str:
    out: list[str] = []
    while sum(map(len, out)) + len(out) < size:
        out += [words[int(len(words) * source.random() ** 2)] for _ in range(20)]
    return " ".join(out)[:size]
