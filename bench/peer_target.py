"""Genyard as the harness of ``../shared/bench`` asks it: loaded from its path, not imported."""

import json
import os
from typing import Any
from urllib.parse import urlencode

from otlpgen import NEEDLE  # type: ignore[import-not-found]
from targets import Target  # type: ignore[import-not-found]

MONTH = 24 * 30


class Genyard(Target):  # type: ignore[misc]
    """The project ``default`` of a server, with the key of ``GENYARD_BENCH_KEY``."""

    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {os.environ['GENYARD_BENCH_KEY']}"}

    def count(self) -> int:
        found = self._asked("POST", "sql", {"sql": "SELECT count(*) AS n FROM spans"})
        return int(found["rows"][0][0])

    def queries(self) -> dict[str, Any]:
        return {
            "list_latest_50": lambda: self._traces(),
            "filter_attribute": lambda: self._traces(q="request_model:gemini-2.5-pro"),
            "filter_rare_status": lambda: self._traces(q="status:error"),
            "fulltext_prompt": lambda: self._traces(q=NEEDLE),
            "daily_tokens": lambda: self._stats(),
            "daily_cost": lambda: self._stats(),
            "daily_latency_pct": lambda: self._stats(),
        }

    def _traces(self, **query: str) -> int:
        return len(self._asked("GET", f"traces?{urlencode({'hours': MONTH, 'limit': 50, **query})}")["traces"])

    def _stats(self) -> int:
        return len(self._asked("GET", f"stats?hours={MONTH}")["points"])

    def _asked(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        status, content = self.cl.call(method, f"/api/projects/default/{path}", body, self.headers())[:2]
        assert status == 200, content
        found: dict[str, Any] = json.loads(content)
        return found
