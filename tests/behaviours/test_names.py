"""Names, versions and aliases, on every database."""

from threading import Barrier, Thread

import pytest

from genyard.core.digest import Digest
from genyard.core.errors import Conflict, InvalidInput, NotFound
from genyard.core.ids import PrincipalId
from genyard.core.records import Artifact
from genyard.core.refs import ArtifactKind, parse_ref
from genyard.store import artifacts, names
from genyard.store.engine import Database

ANA = PrincipalId("ana")


def add(database: Database, number: int, *, kind: ArtifactKind = "prompt", name: str = "answer") -> Digest:
    """Register an artifact that ``number`` makes different and return its digest."""
    artifact = Artifact(kind=kind, body={"number": number})
    with database.write() as tx:
        artifacts.put(tx, "acme", artifact, at_ns=number, by=ANA)
        names.add_version(tx, "acme", kind, name, artifact.digest, at_ns=number, by=ANA)
    return artifact.digest


def resolved(database: Database, text: str) -> int:
    with database.read() as tx:
        return names.resolve(tx, "acme", parse_ref(text)).version


def test_versions_count_from_one_in_order_of_arrival(database: Database) -> None:
    first, second = add(database, 1), add(database, 2)
    with database.read() as tx:
        found = names.versions(tx, "acme", "prompt", "answer")
    assert [(one.version, one.digest, one.at_ns, one.by) for one in found] == [(2, second, 2, ANA), (1, first, 1, ANA)]


def test_the_same_digest_keeps_its_version(database: Database) -> None:
    digest = add(database, 1)
    add(database, 2)
    with database.write() as tx:
        again = names.add_version(tx, "acme", "prompt", "answer", digest, at_ns=9, by=PrincipalId("ben"))
    assert (again.version, again.new, again.at_ns, again.by) == (1, False, 1, ANA)


def test_a_new_version_says_so_once(database: Database) -> None:
    artifact = Artifact(kind="prompt", body={})
    with database.write() as tx:
        artifacts.put(tx, "acme", artifact, at_ns=1, by=ANA)
        assert names.add_version(tx, "acme", "prompt", "answer", artifact.digest, at_ns=1, by=ANA).new
        assert not names.resolve(tx, "acme", parse_ref("prompt/answer")).new


def test_a_reference_means_one_version(database: Database) -> None:
    digests = [add(database, number) for number in range(1, 4)]
    assert resolved(database, "prompt/answer") == 3
    assert resolved(database, "prompt/answer:2") == 2
    assert resolved(database, f"prompt/answer@{digests[0]}") == 1
    assert resolved(database, f"prompt/answer@{digests[1][:15]}") == 2


def test_what_is_not_there_names_what_is_near(database: Database) -> None:
    add(database, 1, name="answer")
    add(database, 2, name="summary")
    with database.read() as tx:
        with pytest.raises(NotFound) as wrong_name:
            names.resolve(tx, "acme", parse_ref("prompt/answr"))
        with pytest.raises(NotFound) as wrong_version:
            names.resolve(tx, "acme", parse_ref("prompt/answer:7"))
        with pytest.raises(NotFound) as other_project:
            names.resolve(tx, "other", parse_ref("prompt/answer"))
    assert wrong_name.value.hint == "the nearest are prompt/answer"
    assert wrong_version.value.hint == "its versions are 1 to 1"
    assert "answer" not in other_project.value.hint


def test_a_name_points_only_at_what_is_here_and_of_its_kind(database: Database) -> None:
    digest = add(database, 1)
    with database.write() as tx:
        with pytest.raises(InvalidInput, match="is a prompt, not a system"):
            names.add_version(tx, "acme", "system", "answer", digest, at_ns=1, by=ANA)
        with pytest.raises(NotFound):
            names.add_version(tx, "other", "prompt", "answer", digest, at_ns=1, by=ANA)


def test_named_gives_the_newest_of_each_name_in_order(database: Database) -> None:
    for number, name in enumerate(["b-1", "b.1", "a", "b-1", "b_1"]):
        add(database, number, name=name)
    add(database, 9, kind="dataset", name="c")
    with database.read() as tx:
        found = names.named(tx, "acme", "prompt")
    assert [(one.name, one.version) for one in found] == [("a", 1), ("b-1", 2), ("b.1", 1), ("b_1", 1)]


def test_an_artifact_may_have_several_names(database: Database) -> None:
    digest = add(database, 1, name="one")
    add(database, 1, name="two")
    with database.read() as tx:
        assert [str(one) for one in names.names_of(tx, "acme", digest)] == ["prompt/one:1", "prompt/two:1"]


def test_writers_at_once_get_distinct_consecutive_versions(database: Database) -> None:
    writers, each = 4, 8
    start = Barrier(writers)

    def write(writer: int) -> None:
        start.wait()
        for number in range(each):
            add(database, writer * each + number)

    threads = [Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        found = [one.version for one in names.versions(tx, "acme", "prompt", "answer")]
    assert found == list(range(writers * each, 0, -1))


def move(database: Database, digest: Digest, **more: Digest | None) -> names.AliasMove:
    with database.write() as tx:
        return names.move_alias(tx, "acme", "helpdesk", "prod", digest, at_ns=5, by=ANA, why="better", **more)


def test_an_alias_points_where_it_was_moved_last(database: Database) -> None:
    first, second = (add(database, number, kind="release", name="helpdesk") for number in (1, 2))
    move(database, first)
    moved = move(database, second)
    assert (moved.digest, moved.previous, moved.by, moved.why, moved.sequence) == (second, first, ANA, "better", 2)
    assert resolved(database, "release/helpdesk@prod") == 2
    with database.read() as tx:
        assert names.alias(tx, "acme", "helpdesk", "prod") == moved
        assert names.alias(tx, "acme", "helpdesk", "staging") is None
        assert [one.digest for one in names.alias_history(tx, "acme", "helpdesk", "prod")] == [second, first]


def test_aliases_lists_where_each_is_now(database: Database) -> None:
    first, second = (add(database, number, kind="release", name="helpdesk") for number in (1, 2))
    other = add(database, 3, kind="release", name="sales")
    move(database, first)
    move(database, second)
    with database.write() as tx:
        names.move_alias(tx, "acme", "sales", "prod", other, at_ns=5, by=ANA, why="")
        assert [(one.name, one.digest) for one in names.aliases(tx, "acme")] == [("helpdesk", second), ("sales", other)]
        assert [one.name for one in names.aliases(tx, "acme", "sales")] == ["sales"]
        assert names.aliases(tx, "other") == []


def test_a_move_to_where_it_is_adds_nothing(database: Database) -> None:
    digest = add(database, 1, kind="release", name="helpdesk")
    assert move(database, digest) == move(database, digest)
    with database.read() as tx:
        assert len(names.alias_history(tx, "acme", "helpdesk", "prod")) == 1


def test_a_move_by_somebody_who_saw_another_target_is_a_conflict(database: Database) -> None:
    first, second = (add(database, number, kind="release", name="helpdesk") for number in (1, 2))
    with pytest.raises(Conflict, match="is nothing by now"):
        move(database, first, expected=second)
    move(database, first, expected=None)
    with pytest.raises(Conflict, match="not nothing"):
        move(database, second, expected=None)
    assert move(database, second, expected=first).previous == first


def test_only_versions_of_the_release_can_be_an_aliass_target(database: Database) -> None:
    add(database, 1, kind="release", name="helpdesk")
    elsewhere = add(database, 2, kind="release", name="sales")
    with pytest.raises(NotFound, match="no version of release/helpdesk"):
        move(database, elsewhere)


def test_an_alias_that_does_not_exist_names_those_that_do(database: Database) -> None:
    move(database, add(database, 1, kind="release", name="helpdesk"))
    with database.read() as tx:
        with pytest.raises(NotFound) as unknown:
            names.resolve(tx, "acme", parse_ref("release/helpdesk@staging"))
        with pytest.raises(InvalidInput, match="only releases have aliases"):
            names.resolve(tx, "acme", parse_ref("prompt/answer@prod"))
    assert unknown.value.hint == "it has @prod"
