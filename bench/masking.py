"""Masking: CPU a span by policy, one thread, on the agent traces of ``bench.mapping``."""

import random

import msgspec

from bench.mapping import cpu_us, request
from genyard.core.canonical import Json
from genyard.observe.conventions.row import Row, rows_of
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.policy import Policy, policy
from genyard.observe.otlp.json import read_traces
from genyard.store.rows import WrittenJson


def main() -> None:
    rows = rows_of(read_traces(request(random.Random(7))).spans, project="bench")
    encode = msgspec.json.Encoder(enc_hook=lambda value: msgspec.Raw(value.encode())).encode
    size = sum(len(encode(row)) for row in rows) / len(rows)
    print(f"{len(rows)} rows of {size:.0f} bytes as JSON")
    policies = {
        "secrets (the default)": Policy(),
        "secrets and personal": policy("mask", ["secrets", "personal"], []),
        "drop": policy("drop", ["secrets"], []),
        "secrets and a rule of one's own": policy("mask", ["secrets"], [("staff", r"EMP-\d{6}")]),
    }
    for name, one in policies.items():
        _report(f"nothing found, {name}", Masker(one), rows, size)
    planted = [_planted(row, number) for number, row in enumerate(rows)]
    for mode in ("mask", "hash"):
        masker = Masker(policy(mode, ["secrets", "personal"], []), key=b"bench")
        _report(f"an e-mail address and a key in each, {mode}", masker, planted, size)


def _report(title: str, masker: Masker, rows: list[Row], size: float) -> None:
    taken_us = cpu_us(lambda: masker.mask_rows(rows)) / len(rows)
    print(f"{title:48} {taken_us:6.2f} us of CPU a span, {size / taken_us:4.0f} MB/s")


def _planted(row: Row, number: int) -> Row:
    asked: Json = WrittenJson(f'[{{"role":"user","content":"write to user{number}@example.com"}}]')
    return row | {"input_messages": asked, "metadata": {"header": "Bearer a8Fh2kLmN4pQ7rS9tUvWxYz123"}}
