"""From files to artifacts: the same files are the same digests, and every change that counts makes others."""

import pytest
from tests.homes import FILES, MANIFEST, PROJECT, resolved, resolver

from genyard.app import App
from genyard.core.errors import InvalidInput, NotFound
from genyard.develop.systems import PromptStep, RetrieveStep, System
from genyard.store import names


def test_the_same_files_are_the_same_system(app: App) -> None:
    first, again = resolver(app).system("desk"), resolver(app).system("desk")
    assert (first.digest, first.version) == (again.digest, again.version)
    assert (len(first.built), again.built) == (1, frozenset())


def test_a_system_has_its_steps_by_digest(app: App) -> None:
    artifact = resolver(app).system("desk").artifact
    retrieve, prompt = System.of(artifact).steps
    assert isinstance(retrieve, RetrieveStep)
    assert isinstance(prompt, PromptStep)
    assert {one.kind for one in artifact.references} == {"index", "model", "prompt"}
    assert artifact.part("step.retrieve.index") == retrieve.index
    assert (retrieve.top_k, prompt.model.model) == (2, "echo")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("", "top_k: 2", "top_k: 3"),
        ("", "scripted/echo", "scripted/fixed:x"),
        ("", "model: scripted/echo", "model: scripted/echo\n    params: {temperature: 0}"),
        ("", "top_k: 2", "top_k: 2, chunk: {by: document}"),
        ("", "top_k: 2", "top_k: 2, search: {k1: 0.9}"),
        ("prompts/answer.md", "exactly: I do not know", "exactly: no"),
        ("pages/it/badges.md", "15 euros", "16 euros"),
    ],
)
def test_every_change_of_what_runs_is_another_system(app: App, path: str, old: str, new: str) -> None:
    before = resolved(app)
    files = {**FILES, path: FILES[path].replace(old, new)} if path else FILES
    manifest = MANIFEST if path else MANIFEST.replace(old, new)
    assert resolved(app, manifest=manifest, files=files) != before


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("", "project: acme", "project: acme # ours"),
        ("", "at_least: 0.5", "at_least: 0.6"),
        ("", "pages/**/*.md", "./pages/**/*.md"),
        ("pages/it/badges.md", "\n", "\r\n"),
        ("prompts/answer.md", "variables:", "description: better words\nvariables:"),
    ],
)
def test_what_does_not_run_leaves_the_system_alone(app: App, path: str, old: str, new: str) -> None:
    before = resolved(app)
    files = {**FILES, path: FILES[path].replace(old, new)} if path else FILES
    manifest = MANIFEST if path else MANIFEST.replace(old, new)
    assert resolved(app, manifest=manifest, files=files) == before


def test_everything_that_was_resolved_has_a_name(app: App) -> None:
    resolver(app).system("desk")
    resolver(app).dataset("golden")
    with app.bench.database.read() as tx:
        for kind, name in (("system", "desk"), ("index", "desk"), ("corpus", "desk"), ("prompt", "answer")):
            assert [one.version for one in names.versions(tx, PROJECT, kind, name)] == [1]  # type: ignore[arg-type]
        assert [one.name for one in names.named(tx, PROJECT, "model")] == ["echo"]
        assert [one.name for one in names.named(tx, PROJECT, "dataset")] == ["golden"]


def test_an_index_is_shared_by_systems_of_the_same_pages(app: App) -> None:
    two = MANIFEST.replace(
        "systems:\n", "systems:\n  other:" + MANIFEST.partition("  desk:")[2].partition("datasets")[0]
    )
    first, second = (resolver(app, manifest=two).system(name) for name in ("desk", "other"))
    assert first.artifact.part("step.retrieve.index") == second.artifact.part("step.retrieve.index")
    assert (len(first.built), second.built) == (1, frozenset())


def test_what_the_checkout_lacks_is_named_with_the_nearest(app: App) -> None:
    with pytest.raises(NotFound, match="no system 'desc'") as system:
        resolver(app).system("desc")
    with pytest.raises(NotFound, match="no dataset 'gold'") as dataset:
        resolver(app).dataset("gold")
    assert (system.value.hint, dataset.value.hint) == ("did you mean desk?", "did you mean golden?")
    with pytest.raises(NotFound, match=r"names prompts/answer\.md, which is not there"):
        resolver(app, files={"pages/a.md": "# A\n\nword"}).system("desk")


def test_a_prompt_that_needs_what_no_step_gives_is_refused(app: App) -> None:
    prompt = "---\nvariables: {question: string, tone: string}\n---\n{{ question }} {{ tone }}"
    with pytest.raises(InvalidInput, match=r"prompts/answer\.md needs 'tone'"):
        resolved(app, files={**FILES, "prompts/answer.md": prompt})
    default = prompt.replace("tone: string", "tone: {type: string, default: kind}")
    assert resolved(app, files={**FILES, "prompts/answer.md": default})


@pytest.mark.parametrize(
    ("schema", "said"), [("{", "is not JSON"), ("[]", "is not a JSON Schema"), ('{"required": ["tags"]}', "row 1")]
)
def test_a_schema_is_read_from_its_file(app: App, schema: str, said: str) -> None:
    manifest = MANIFEST.replace("golden: data/golden.jsonl", "golden: {path: data/golden.jsonl, schema: data/s.json}")
    with pytest.raises(InvalidInput, match=said):
        resolver(app, manifest=manifest, files={**FILES, "data/s.json": schema}).dataset("golden")


def test_progress_is_told_and_may_stop_the_building(app: App) -> None:
    told: list[tuple[int, int, str]] = []
    resolver(app).system("desk", on_progress=lambda *at: told.append(at))
    assert told == [(1, 3, "indexing desk"), (2, 3, "indexing desk"), (3, 3, "indexing desk")]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resolver(app, files={**FILES, "pages/new.md": "# New\n\nword"}).system("desk", on_progress=stop)
