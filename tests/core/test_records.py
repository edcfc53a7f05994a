"""The records: identity of artifacts, links of events."""

import pytest

from genyard.core.digest import digest_of_bytes
from genyard.core.records import GENESIS, Artifact, Reference, event_hash

PART = digest_of_bytes(b"part")


def _reference(role: str) -> Reference:
    return Reference(role=role, kind="blob", digest=PART)


def test_the_order_of_references_is_no_part_of_the_identity() -> None:
    one = Artifact(kind="corpus", body={}, references=(_reference("a"), _reference("b")))
    other = Artifact(kind="corpus", body={}, references=(_reference("b"), _reference("a")))
    assert one.digest == other.digest


def test_kind_body_schema_and_references_all_count() -> None:
    made = [
        Artifact(kind="corpus", body={}),
        Artifact(kind="prompt", body={}),
        Artifact(kind="corpus", body={"a": 1}),
        Artifact(kind="corpus", body={}, schema=2),
        Artifact(kind="corpus", body={}, references=(_reference("a"),)),
    ]
    assert len({one.digest for one in made}) == len(made)


def test_a_part_is_found_by_its_role() -> None:
    artifact = Artifact(kind="corpus", body={}, references=(_reference("a"),))
    assert artifact.part("a") == PART
    with pytest.raises(KeyError):
        artifact.part("b")


def test_an_event_hash_covers_every_field() -> None:
    said = {"project": "p", "sequence": 1, "at_ns": 2, "actor": "a", "verb": "v", "object_": "o", "detail": {}}
    hashes = {event_hash(**said, previous=GENESIS)}  # type: ignore[arg-type]  # the fields as one mapping
    for name in said:
        changed = said | {name: {"x": 1} if name == "detail" else 9 if name in ("sequence", "at_ns") else "z"}
        hashes.add(event_hash(**changed, previous=GENESIS))  # type: ignore[arg-type]  # the fields as one mapping
    assert len(hashes) == len(said) + 1
