"""Events: what was done, one hash chain a project, checked against heads that were signed and kept elsewhere.

Whoever can write the database can write a chain anew that fits itself. What they cannot do is make it fit a head that
they do not hold: ``docs/design/access.md`` says what is found and what is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from genyard.access.chain_key import ChainKey, is_signed, open_key
from genyard.access.tables import chain_heads
from genyard.access.tables import events as table
from genyard.core.canonical import MAX_SAFE_INTEGER, Json, JsonObject, canonical_json, read_canonical
from genyard.core.digest import Digest
from genyard.core.errors import Corrupted, InvalidInput
from genyard.core.ids import PrincipalId
from genyard.core.records import GENESIS, Event, event_hash
from genyard.store.dialects import insert_new, lock_project

__all__ = [
    "EVERY_PROJECT",
    "ChainKey",
    "ChainState",
    "SignedHead",
    "append",
    "events",
    "events_under",
    "open_key",
    "signed_head",
    "verify",
]

EVERY_PROJECT = "*"
"""The chain, and the grants, of what concerns no single project. It is no project's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """What a verification found: ``count`` whole events, the last of them with the hash ``head``."""

    count: int
    head: Digest
    broken_at: int | None = None
    """The sequence number of the first event that is not as it was written, or is missing."""
    finding: str = ""

    @property
    def whole(self) -> bool:
        return self.broken_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A statement, signed by the home's key, that event ``sequence`` of ``project`` has ``hash``."""

    project: str
    sequence: int
    hash: Digest
    at_ns: int
    public_key: str
    signature: str

    def as_json(self) -> JsonObject:
        """Return it for keeping. The time is text: it is beyond what every reader of JSON holds exactly."""
        return {**_statement(self), "signature": self.signature}

    @property
    def is_genuine(self) -> bool:
        """Whether the signature is that of ``public_key``. Whether that key is the home's, its keeper knows."""
        return is_signed(canonical_json(_statement(self)), signature=self.signature, public_key=self.public_key)


def read_signed_head(value: Mapping[str, Json]) -> SignedHead:
    """Read what ``as_json`` gave. Raises InvalidInput when it is something else."""
    try:
        return SignedHead(
            project=str(value["project"]),
            sequence=int(str(value["sequence"])),
            hash=Digest(str(value["hash"])),
            at_ns=int(str(value["at_ns"])),
            public_key=str(value["public_key"]),
            signature=str(value["signature"]),
        )
    except (KeyError, ValueError) as error:
        raise InvalidInput("this is no signed head", hint="give the whole JSON that the head was kept as") from error


def append(
    tx: Connection, *, project: str, actor: PrincipalId, verb: str, object: str, detail: JsonObject, at_ns: int
) -> Event:
    """Add an event to the chain of ``project``, in the transaction of the change that it tells of."""
    lock_project(tx, project)
    head = tx.execute(select(chain_heads).where(chain_heads.c.project == project)).one_or_none()
    sequence, previous = (head.sequence + 1, Digest(head.hash)) if head else (1, GENESIS)
    link = event_hash(
        project=project,
        sequence=sequence,
        at_ns=at_ns,
        actor=actor,
        verb=verb,
        object_=object,
        detail=detail,
        previous=previous,
    )
    event = Event(
        project=project,
        sequence=sequence,
        at_ns=at_ns,
        actor=actor,
        verb=verb,
        object=object,
        detail=detail,
        previous=previous,
        hash=link,
    )
    _insert(tx, event)
    return event


def events(
    tx: Connection, project: str, *, after: int | None = None, limit: int = 100, object: str | None = None
) -> list[Event]:
    """Return the newest events first, of ``object`` or of all; ``after`` is the last sequence of the page before."""
    query = select(table).where(table.c.project == project)
    if after is not None:
        query = query.where(table.c.sequence < min(after, MAX_SAFE_INTEGER))  # databases hold no endless numbers
    if object is not None:
        query = query.where(table.c.object == object)
    return [_event(row) for row in tx.execute(query.order_by(table.c.sequence.desc()).limit(limit))]


def events_under(tx: Connection, project: str, prefix: str) -> list[Event]:
    """Return the events of every object whose name begins with ``prefix``, oldest first."""
    query = select(table).where(table.c.project == project, table.c.object.startswith(prefix, autoescape=True))
    return [_event(row) for row in tx.execute(query.order_by(table.c.sequence))]


def verify(
    tx: Connection, project: str, *, head: SignedHead | Mapping[str, Json] | None = None, trusted_key: str | None = None
) -> ChainState:
    """Recompute the chain of ``project`` and compare it with ``head``, a signed head that was kept elsewhere.

    ``trusted_key`` is the public key that must have signed it, where that is known too. Raises InvalidInput when
    ``head`` is not a genuine head of this project.
    """
    signed = read_signed_head(head) if isinstance(head, Mapping) else head
    if signed:
        _check_genuine(signed, project, trusted_key)
    count, last = 0, GENESIS
    query = select(table).where(table.c.project == project).order_by(table.c.sequence)
    with tx.execute(query, execution_options={"yield_per": 1000}) as rows:
        for row in rows:
            finding = _fault(row, sequence=count + 1, previous=last) or _differs(row, signed)
            if finding:
                return ChainState(count=count, head=last, broken_at=count + 1, finding=finding)
            count, last = count + 1, Digest(row.hash)
    finding = _missing_end(tx, project, count=count, last=last, signed=signed)
    return ChainState(count=count, head=last, broken_at=count + 1 if finding else None, finding=finding)


def signed_head(tx: Connection, project: str, key: ChainKey, *, at_ns: int) -> SignedHead:
    """Sign the newest event of ``project``, once the whole chain up to it has been recomputed. Raises Corrupted."""
    state = verify(tx, project)
    if not state.whole:
        raise Corrupted(f"the chain of {project} is not signed: {state.finding}", hint="see genyard audit verify")
    unsigned = SignedHead(
        project=project,
        sequence=state.count,
        hash=state.head,
        at_ns=at_ns,
        public_key=key.public_key,
        signature="",
    )
    signature = key.sign(canonical_json(_statement(unsigned)))
    return read_signed_head({**_statement(unsigned), "signature": signature})


def _statement(head: SignedHead) -> JsonObject:
    return {
        "at_ns": str(head.at_ns),
        "hash": head.hash,
        "project": head.project,
        "public_key": head.public_key,
        "sequence": head.sequence,
    }


def _insert(tx: Connection, event: Event) -> None:
    tx.execute(
        table.insert(),
        {
            "project": event.project,
            "sequence": event.sequence,
            "at_ns": event.at_ns,
            "actor": event.actor,
            "verb": event.verb,
            "object": event.object,
            "detail": canonical_json(event.detail).decode(),
            "previous": event.previous,
            "hash": event.hash,
        },
    )
    newest = {"sequence": event.sequence, "hash": event.hash}
    if not insert_new(tx, chain_heads, {"project": event.project, **newest}):
        tx.execute(chain_heads.update().where(chain_heads.c.project == event.project).values(newest))


def _event(row: Row[Any]) -> Event:
    detail: Any = read_canonical(row.detail)
    return Event(
        project=row.project,
        sequence=row.sequence,
        at_ns=row.at_ns,
        actor=row.actor,
        verb=row.verb,
        object=row.object,
        detail=detail,
        previous=row.previous,
        hash=row.hash,
    )


def _fault(row: Row[Any], *, sequence: int, previous: Digest) -> str:
    """Return what is wrong with the event that should be number ``sequence`` after ``previous``, empty for nothing."""
    if row.sequence != sequence:
        return f"event {sequence} is missing: {row.sequence} comes next"
    if row.previous != previous:
        return f"event {sequence} does not follow the event before it"
    try:
        event = _event(row)
        is_canonical = canonical_json(event.detail).decode() == row.detail
        recomputed = event_hash(
            project=event.project,
            sequence=event.sequence,
            at_ns=event.at_ns,
            actor=event.actor,
            verb=event.verb,
            object_=event.object,
            detail=event.detail,
            previous=event.previous,
        )
    except (ValueError, InvalidInput):
        return f"event {sequence} cannot be read"
    return "" if is_canonical and recomputed == row.hash else f"event {sequence} is not what was written"


def _differs(row: Row[Any], signed: SignedHead | None) -> str:
    if signed and row.sequence == signed.sequence and row.hash != signed.hash:
        return f"event {row.sequence} is not the one that was signed: the chain was written anew"
    return ""


def _missing_end(tx: Connection, project: str, *, count: int, last: Digest, signed: SignedHead | None) -> str:
    if signed and signed.sequence > count:
        return f"event {count + 1} is missing: event {signed.sequence} was signed"
    head = tx.execute(select(chain_heads).where(chain_heads.c.project == project)).one_or_none()
    kept = (head.sequence, head.hash) if head else (0, GENESIS)
    if kept != (count, last):
        return f"the chain ends with event {count}, its head says {kept[0]}"
    return ""


def _check_genuine(signed: SignedHead, project: str, trusted_key: str | None) -> None:
    if signed.project != project:
        raise InvalidInput(f"this is a head of project {signed.project}, not {project}")
    if not signed.is_genuine or (trusted_key is not None and signed.public_key != trusted_key):
        raise InvalidInput("the signature of this head is not genuine", hint="give the head as it was kept")
