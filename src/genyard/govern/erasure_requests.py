"""What somebody asked to be erased, kept in a file of the home until it is done.

The value stands in this file and nowhere else: not in the job, not in a log, not in the audit chain. There stands its
keyed hash, which only this home can make again.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from genyard.core.errors import Corrupted, InvalidInput, NotFound
from genyard.core.ids import IdSource
from genyard.core.refs import check_name
from genyard.store.files import disk_errors, make_folder, sync, write_durably

SubjectKind = Literal["user", "session", "trace"]
_KEY = "erasure.key"
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The records that are to go: ids of traces, spans, sessions and scores, digests of blobs, rows of datasets."""

    traces: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    """As ``day/digest``."""
    rows: tuple[str, ...] = ()
    """As ``dataset digest#row id``."""
    exports: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    """When spans of each trace started, first and last: known only while they are there, and asked of exports later."""
    """Exports that may hold the traces: copies that left the house."""

    def plus(self, other: "Found") -> "Found":
        return Found(**{name: tuple(sorted({*getattr(self, name), *getattr(other, name)})) for name in Found.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequest:
    """One request. ``hash`` is the keyed hash of project, kind and value."""

    id: str
    project: str
    kind: SubjectKind
    value: str
    hash: str
    by: str
    at_ns: int
    found: Found = Found()


class ErasureRequests:
    """The requests of a home that are not done. One process, several threads."""

    def __init__(self, folder: Path, *, keys: Path, ids: IdSource) -> None:
        """``folder`` and the key in ``keys`` are made with the first request."""
        self._folder = folder
        self._keys = keys
        self._ids = ids

    def make(self, project: str, kind: SubjectKind, value: str, *, by: str, at_ns: int) -> ErasureRequest:
        """Keep a request, durable on return; the same one again is the one that is under way.

        Raises InvalidInput, StorageFull.
        """
        check_name(project, "project")
        check_subject(kind, value)
        hashed = self._hash(project, kind, value)
        same = [one for one in self.pending() if one.hash == hashed]
        if same:
            return same[0]
        request = ErasureRequest(
            id=self._ids.uuid7(), project=project, kind=kind, value=value, hash=hashed, by=by, at_ns=at_ns
        )
        self._write(request)
        return request

    def get(self, request: str) -> ErasureRequest:
        """Return a request that is not done. Raises NotFound."""
        found = [one for one in self.pending() if one.id == request]
        if not found:
            raise NotFound(f"no erasure {request} is under way")
        return found[0]

    def pending(self) -> Iterator[ErasureRequest]:
        """Yield the requests that are not done, oldest first."""
        for path in sorted(self._folder.glob("*.json")):
            yield _read(path)

    def note(self, request: ErasureRequest, found: Found) -> ErasureRequest:
        """Keep what was found, before any of it goes: afterwards nothing would lead to the rest of it."""
        noted = replace(request, found=found)
        if noted != request:
            self._write(noted)
        return noted

    def done(self, request: ErasureRequest) -> None:
        """Forget a request."""
        with disk_errors(str(self._folder)):
            self._path(request.id).unlink(missing_ok=True)
            sync(self._folder)

    def _write(self, request: ErasureRequest) -> None:
        with disk_errors(str(self._folder)):
            make_folder(self._folder)
            write_durably(self._path(request.id), json.dumps(asdict(request)).encode(), mode=0o600)

    def _path(self, request: str) -> Path:
        return self._folder / f"{request}.json"

    def _hash(self, project: str, kind: str, value: str) -> str:
        text = json.dumps([project, kind, value]).encode()
        return f"hmac-sha256:{hmac.new(self._key(), text, hashlib.sha256).hexdigest()}"

    def _key(self) -> bytes:
        path = self._keys / _KEY
        with disk_errors(str(path)):
            make_folder(self._keys)
            if not path.exists():
                write_durably(path, secrets.token_bytes(32), mode=0o600)
            os.chmod(path, 0o600)
            return path.read_bytes()


def check_subject(kind: SubjectKind, value: str) -> None:
    """Raise InvalidInput for what cannot be the id of a user, session or trace."""
    if not value.strip():
        raise InvalidInput(f"the {kind} is blank", hint=f"give the id of a {kind}")
    if kind == "trace" and not (len(value) == 32 and set(value) <= _HEX):
        raise InvalidInput("an erasure needs the whole trace id", hint="write its 32 hex digits")


def _read(path: Path) -> ErasureRequest:
    try:
        body = json.loads(path.read_bytes())
        found = Found(**{name: tuple(values) for name, values in body.pop("found").items()})
        return ErasureRequest(**body, found=found)
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupted(f"{path} holds no erasure request", hint="restore it, or remove it and ask again") from error
