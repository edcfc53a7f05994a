"""Rows from traces into a dataset, and into its file: what genyard.yaml names is the source of truth.

The server makes the new version first, then the file is written whole. Cut off in between, the same command again
finds the version as it is and writes the file.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from genyard.client.api import Client, Reply
from genyard.client.workspace import Workspace, check_out, dataset_files, open_workspace
from genyard.core.errors import InvalidInput, NotFound

AT_ONCE = 100
OnProgress = Callable[[Reply], None]
_STATES = ("added", "corrected", "unchanged", "refused")


def add_traces(
    client: Client, root: Path, name: str, traces: Sequence[str], wish: Reply, on_progress: OnProgress
) -> Reply:
    """Add traces to a dataset, a hundred at once; each hundred is a version and is in the file before the next."""
    workspace, path = _declared(client, root, name)
    whole: Reply = {"counts": dict.fromkeys(_STATES, 0), "dataset": None, "file": path, "repeated": 0, "traces": []}
    for start in range(0, len(traces), AT_ONCE):
        part = list(traces[start : start + AT_ONCE])
        body = wish | {"traces": part}
        if workspace and path:
            body |= {"checkout": check_out(workspace, client)["checkout"]}
        done = client.post(client.of_project("datasets", name, "rows"), body)
        if workspace and path and not wish["preview"]:
            rows = [one["row"] for one in done["traces"] if one["state"] in ("added", "corrected")]
            _write(workspace.root / path, merged((workspace.root / path).read_bytes(), rows))
        whole["counts"] = {state: whole["counts"][state] + done["counts"][state] for state in _STATES}
        whole["repeated"] += done["repeated"]
        whole["traces"] += done["traces"]
        whole["dataset"] = done["dataset"] or whole["dataset"]
        on_progress({"progress": {"done": start + len(part), "note": f"adding to {name}", "total": len(traces)}})
    return whole


def pull_dataset(client: Client, root: Path, name: str, file: str) -> Reply:
    """Write to the dataset's file what was added, corrected and erased without it.

    Where the file has another expected answer than the one that was corrected, the file wins and the row is told of.
    """
    workspace, declared = _declared(client, root, name)
    path = file or declared or f"data/{name}.jsonl"
    target = (workspace.root if workspace and not file else root) / path
    content = target.read_bytes() if target.exists() else b""
    present = _rows_of(content, path)
    taken, conflicts = list[Reply](), list[Reply]()
    for one in _collected(client, name):
        row, own = one["row"], present.get(one["row"]["id"])
        if _is_news(row, own):
            (conflicts if _is_conflict(own, one["before"], row) else taken).append(row)
    if not declared and not content:
        # The first file of a dataset that was made on a page holds all of it.
        taken = _all_rows(client, name)
    if taken:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, merged(content, taken))
    return {
        "conflicts": [row["id"] for row in conflicts],
        "declared": bool(declared) and not file,
        "erased": sum(1 for row in taken if row.get("erased")),
        "file": path,
        "rows": len(taken),
    }


def merged(content: bytes, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return JSON Lines with ``rows`` in them: in the place of the line with the same id, else at the end.

    Every other line stays byte for byte as somebody wrote it.
    """
    waiting = {row["id"]: _line(row) for row in rows}
    lines = content.split(b"\n")
    kept = [waiting.pop(_id_of(line), line) if line.strip() else line for line in lines]
    body = b"\n".join(kept)
    if body and not body.endswith(b"\n"):
        body += b"\n"
    return body + b"".join(line + b"\n" for line in waiting.values())


def _declared(client: Client, root: Path, name: str) -> tuple[Workspace | None, str]:
    """Return the workspace, if there is one, and the path of the dataset's file, if genyard.yaml names one."""
    try:
        workspace = open_workspace(root)
    except NotFound:
        return None, ""
    return workspace, dataset_files(workspace, client).get(name, "")


def _all_rows(client: Client, name: str) -> list[Reply]:
    rows, after = list[Reply](), None
    while True:
        page = client.get(client.of_project("datasets", name), limit=500, after=after)
        rows += page["rows"]
        after = page["next"]
        if after is None:
            return rows


def _collected(client: Client, name: str) -> list[Reply]:
    """Return what was changed without the file, a row once, as the last change left it."""
    found, after = dict[str, Reply](), None
    while True:
        page = client.get(client.of_project("datasets", name, "collected"), limit=100, after=after)
        found |= {one["row"]["id"]: one for one in page["rows"]}
        after = page["next"]
        if after is None:
            return [found[row_id] for row_id in sorted(found)]


def _is_news(row: Reply, own: Reply | None) -> bool:
    if row.get("erased"):
        return own is not None and not own.get("erased")
    return own is None or (not own.get("erased") and own.get("expected") != row.get("expected"))


def _is_conflict(own: Reply | None, before: Reply | None, row: Reply) -> bool:
    if own is None or row.get("erased"):
        return False
    return before is None or own.get("expected") != before.get("expected")


def _rows_of(content: bytes, path: str) -> dict[str, Reply]:
    found: dict[str, Reply] = {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            value = _value(line)
            if value is None:
                raise InvalidInput(f"{path}, row {number}: not a JSON object")
            if "id" in value:
                found[str(value["id"])] = value
    return found


def _id_of(line: bytes) -> str:
    value = _value(line)
    return str(value["id"]) if value and "id" in value else ""


def _value(line: bytes) -> Reply | None:
    try:
        value = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _line(row: Mapping[str, Any]) -> bytes:
    order = ("id", "inputs", "expected", "source", "tags", "origin", "erased")
    return json.dumps({key: row[key] for key in order if key in row}, ensure_ascii=False).encode()


def _write(path: Path, content: bytes) -> None:
    """Replace a file whole, so that nobody finds half of it."""
    half = path.with_name(f".{path.name}.writing")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}", hint="look at the file and its rights"
        ) from error
