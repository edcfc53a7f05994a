"""Artifacts, on every database."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from genyard.core.canonical import Json
from genyard.core.digest import Digest, digest_of_json
from genyard.core.errors import Corrupted, InvalidInput, NotFound
from genyard.core.ids import PrincipalId
from genyard.core.records import Artifact, Reference
from genyard.core.refs import ARTIFACT_KINDS
from genyard.store import artifacts
from genyard.store.artifacts import Use
from genyard.store.engine import Database
from genyard.store.schema import artifacts as table

ANA = PrincipalId("ana")
PROMPT = Artifact(kind="prompt", body={"template": "Ask {{ question }} ✅"})
SYSTEM = Artifact(
    kind="system",
    body={"steps": 1.5},
    references=(Reference(role="step.answer.prompt", kind="prompt", digest=PROMPT.digest),),
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
REFERENCES = st.builds(
    Reference,
    role=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9),
    kind=st.sampled_from((*ARTIFACT_KINDS, "blob")),
    digest=st.integers().map(lambda number: digest_of_json(str(number))),
)


def test_what_is_put_is_got(database: Database) -> None:
    with database.write() as tx:
        assert artifacts.put(tx, "acme", SYSTEM, at_ns=5, by=ANA)
    with database.read() as tx:
        assert artifacts.get(tx, "acme", SYSTEM.digest) == SYSTEM
        assert [(one.at_ns, one.by) for one in artifacts.listing(tx, "acme")] == [(5, ANA)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(ARTIFACT_KINDS),
    body=st.dictionaries(TEXTS, VALUES, max_size=4),
    references=st.lists(REFERENCES, max_size=4).map(tuple),
    schema=st.integers(1, 99),
)
def test_every_artifact_round_trips(database: Database, **fields: object) -> None:
    artifact = replace(PROMPT, **fields)  # type: ignore[arg-type]
    with database.write() as tx:
        artifacts.put(tx, "acme", artifact, at_ns=1, by=ANA)
    with database.read() as tx:
        found = artifacts.get(tx, "acme", artifact.digest)
    assert found.digest == artifact.digest
    assert found.as_json() == artifact.as_json()


def test_the_same_artifact_again_changes_nothing(database: Database) -> None:
    with database.write() as tx:
        artifacts.put(tx, "acme", SYSTEM, at_ns=1, by=ANA)
        assert not artifacts.put(tx, "acme", SYSTEM, at_ns=2, by=PrincipalId("ben"))
    with database.read() as tx:
        assert [(one.at_ns, one.by) for one in artifacts.listing(tx, "acme")] == [(1, ANA)]


def test_projects_do_not_see_each_other(database: Database) -> None:
    with database.write() as tx:
        artifacts.put(tx, "acme", PROMPT, at_ns=1, by=ANA)
        with pytest.raises(NotFound):
            artifacts.get(tx, "other", PROMPT.digest)
        assert artifacts.listing(tx, "other") == []
        assert artifacts.find(tx, "other", PROMPT.digest) == []


def test_a_changed_manifest_is_found_when_it_is_read(database: Database) -> None:
    with database.write() as tx:
        artifacts.put(tx, "acme", PROMPT, at_ns=1, by=ANA)
        tx.execute(update(table).values(manifest=table.c.manifest + " "))
        with pytest.raises(Corrupted, match="not what was written"):
            artifacts.get(tx, "acme", PROMPT.digest)


def test_a_digest_is_found_by_its_first_six_digits(database: Database) -> None:
    with database.write() as tx:
        artifacts.put(tx, "acme", PROMPT, at_ns=1, by=ANA)
        assert artifacts.find(tx, "acme", PROMPT.digest[7:13]) == [PROMPT.digest]
        assert artifacts.find(tx, "acme", PROMPT.digest[:13]) == [PROMPT.digest]
        assert artifacts.find(tx, "acme", PROMPT.digest[7:12]) == []
        assert artifacts.find(tx, "acme", "%") == []


def test_a_listing_is_read_in_pages_without_gap_or_repeat(database: Database) -> None:
    made = [Artifact(kind="tool", body={"number": number}) for number in range(7)]
    with database.write() as tx:
        for number, artifact in enumerate(made):
            artifacts.put(tx, "acme", artifact, at_ns=number // 3, by=ANA)  # several at one moment
        artifacts.put(tx, "acme", PROMPT, at_ns=9, by=ANA)
        pages: list[Digest] = []
        while page := artifacts.listing(tx, "acme", kind="tool", limit=2, after=pages[-1] if pages else None):
            pages += [one.artifact.digest for one in page]
    assert sorted(pages) == sorted(one.digest for one in made)
    assert pages[0] == made[6].digest


def test_users_are_the_artifacts_that_refer_to_a_digest(database: Database) -> None:
    release = Artifact(
        kind="release", body={}, references=(Reference(role="system", kind="system", digest=SYSTEM.digest),)
    )
    with database.write() as tx:
        for at_ns, artifact in enumerate((PROMPT, SYSTEM, release)):
            artifacts.put(tx, "acme", artifact, at_ns=at_ns, by=ANA)
        assert artifacts.users(tx, "acme", PROMPT.digest) == [
            Use(digest=SYSTEM.digest, kind="system", role="step.answer.prompt")
        ]
        assert artifacts.users(tx, "acme", SYSTEM.digest) == [Use(digest=release.digest, kind="release", role="system")]
        assert artifacts.users(tx, "acme", release.digest) == []


def test_one_reference_twice_is_one_use(database: Database) -> None:
    twice = replace(SYSTEM, references=SYSTEM.references * 2)
    with database.write() as tx:
        artifacts.put(tx, "acme", twice, at_ns=1, by=ANA)
        assert len(artifacts.users(tx, "acme", PROMPT.digest)) == 1
        assert len(artifacts.get(tx, "acme", twice.digest).references) == 2


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_text_that_no_database_carries_is_refused_in_each(database: Database, text: str) -> None:
    with pytest.raises(InvalidInput, match="NUL or a lone surrogate"), database.write() as tx:
        artifacts.put(tx, text, PROMPT, at_ns=1, by=ANA)


def test_blobs_that_artifacts_are_made_of(database: Database) -> None:
    blob = digest_of_json("bytes")
    corpus = Artifact(kind="corpus", body={}, references=(Reference(role="document", kind="blob", digest=blob),))
    with database.write() as tx:
        for artifact in (PROMPT, SYSTEM, corpus):
            artifacts.put(tx, "acme", artifact, at_ns=1, by=ANA)
        assert artifacts.blobs_named(tx, "acme") == {blob}
        assert artifacts.blobs_named(tx, "other") == set()
