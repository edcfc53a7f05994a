"""The user's project folder: ``genyard.yaml`` and the files it names, sent to the server by digest."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from genyard.client.api import Client, Reply
from genyard.core.digest import Digest, digest_of_bytes
from genyard.core.errors import InvalidInput, NotFound, TooLarge
from genyard.core.patterns import fixed_folders, is_pattern, matching, sees_hidden

MANIFEST = "genyard.yaml"
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_FILES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A folder with a ``genyard.yaml``."""

    root: Path
    manifest: str


def find_root(start: Path) -> Path | None:
    """Return the nearest folder at or above ``start`` that holds a ``genyard.yaml``."""
    return next((folder for folder in (start, *start.parents) if (folder / MANIFEST).is_file()), None)


def open_workspace(start: Path) -> Workspace:
    """Read the nearest ``genyard.yaml``. Raises NotFound when there is none."""
    root = find_root(start.resolve())
    if root is None:
        raise NotFound(
            f"no {MANIFEST} in {start.resolve()} or above it", hint="make one with: genyard init NAME --docs FOLDER"
        )
    return Workspace(root=root, manifest=_text(root / MANIFEST))


def check_out(workspace: Workspace, client: Client) -> Reply:
    """Send what the manifest names and return the checkout: its digest, project, systems, datasets.

    It goes to the client's project (``project_of`` is the one that the manifest names). Only files that the server
    does not hold are sent. Raises InvalidInput for a manifest that does not fit, NotFound for a file that is missing.
    """
    plan = client.post("/api/plan", {"manifest": workspace.manifest})
    files = {path: _content(workspace.root / path) for path in _expand(workspace.root, plan["patterns"])}
    digests = {path: digest_of_bytes(content) for path, content in files.items()}
    _send_missing(client, files, digests)
    code = code_of(workspace.root)
    body = {"manifest": workspace.manifest, "files": digests} | ({"code": code} if code else {})
    return client.post(client.of_project("checkouts"), body)


def dataset_files(workspace: Workspace, client: Client) -> dict[str, str]:
    """Return the paths of the datasets that the manifest names, by name. Raises InvalidInput."""
    found: dict[str, str] = client.post("/api/plan", {"manifest": workspace.manifest})["datasets"]
    return found


def project_of(workspace: Workspace, client: Client) -> str:
    """Return the project that the manifest names. Raises InvalidInput for a manifest that does not fit."""
    return str(client.post("/api/plan", {"manifest": workspace.manifest})["project"])


def code_of(root: Path) -> dict[str, str] | None:
    """Return the commit of ``root`` and the digest of what is not committed, or None outside of git."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None
    changes = (_git(root, "diff", "HEAD", "--", ".") or b"") + (
        _git(root, "ls-files", "-o", "--exclude-standard") or b""
    )
    found = {"commit": commit.decode().strip()}
    return found | ({"diff": digest_of_bytes(changes)} if changes else {})


def _send_missing(client: Client, files: dict[str, bytes], digests: dict[str, Digest]) -> None:
    missing = set(
        client.post(client.of_project("blobs", "missing"), {"digests": sorted(set(digests.values()))})["missing"]
    )
    for path, digest in digests.items():
        if digest in missing:
            client.put(client.of_project("blobs", digest), files[path])
            missing.discard(digest)


def _expand(root: Path, patterns: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for pattern in patterns:
        named = _below(root, pattern) if is_pattern(pattern) else [pattern]
        paths = [path for path in matching(pattern, named) if (root / path).is_file()]
        if not paths:
            raise NotFound(f"{MANIFEST} names {pattern}, but no file here matches it", hint=f"looked in {root}")
        for path in paths:
            _check_inside(root, path)
        found.update(paths)
        if len(found) > MAX_FILES:
            raise TooLarge(f"{pattern} matches more than {MAX_FILES} files", hint="name a smaller folder")
    return sorted(found)


def _below(root: Path, pattern: str) -> Iterator[str]:
    """Yield the files below the folder that ``pattern`` starts with; hidden folders only where it names one."""
    for folder, inner, files in os.walk(root / fixed_folders(pattern)):
        if not sees_hidden(pattern):
            inner[:] = [name for name in inner if not name.startswith(".")]
        for name in files:
            yield (Path(folder) / name).relative_to(root).as_posix()


def _check_inside(root: Path, path: str) -> None:
    if not (root / path).resolve().is_relative_to(root.resolve()):
        raise InvalidInput(f"{path} leads out of {root}", hint="copy the file into the project")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"the name of the file {path!r} is not UTF-8", hint="rename it") from error


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TooLarge(f"{path} is over {MAX_FILE_BYTES // 1024 // 1024} MB")
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}", hint="look at the file and its rights"
        ) from error


def _text(path: Path) -> str:
    try:
        return _content(path).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8 text (byte {error.start})", hint="save it as UTF-8") from error


def _git(root: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
