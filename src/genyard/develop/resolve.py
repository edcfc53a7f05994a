"""From a checkout to artifacts: prompts, corpora, indexes, datasets and systems, each registered under its name."""

import json
from collections.abc import Callable, Set
from dataclasses import dataclass

from genyard.access.principals import Actor
from genyard.core.canonical import JsonObject
from genyard.core.digest import Digest
from genyard.core.errors import InvalidInput, NotFound
from genyard.core.figures import plural
from genyard.core.nearest import did_you_mean
from genyard.core.patterns import matching
from genyard.core.records import Artifact
from genyard.core.refs import NAME
from genyard.develop.bm25 import build_index, is_current
from genyard.develop.checkouts import Checkout
from genyard.develop.corpus import Corpus, read_corpus
from genyard.develop.dataset_versions import erased_rows
from genyard.develop.datasets import Dataset, parse_dataset
from genyard.develop.library import Library
from genyard.develop.manifest_model import DatasetEntry, PromptEntry, RetrieveEntry
from genyard.develop.prompts import Prompt, parse_prompt
from genyard.develop.systems import PromptStep, RetrieveStep, Step, System, model_artifact
from genyard.discover.chat import ModelRef
from genyard.discover.providers import parse_model
from genyard.store import artifacts

OnProgress = Callable[[int, int, str], None]
GATEWAY_INPUTS = ("question", "history")
"""What every request gives: the last message of the user, and the messages before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSystem:
    """A system of a checkout, registered: its digest covers everything that runs."""

    name: str
    digest: Digest
    version: int
    artifact: Artifact
    built: frozenset[Digest]
    """The indexes that were not there before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Resolves the entries of one checkout for one person."""

    library: Library
    project: str
    checkout: Checkout
    by: Actor

    def system(self, name: str, *, on_progress: OnProgress | None = None) -> ResolvedSystem:
        """Register a system and its parts. An index of the same corpus and recipe is not built again.

        Raises NotFound for a system or file that the checkout lacks, InvalidInput for one that does not fit.
        """
        systems = self.checkout.manifest.systems
        if name not in systems:
            raise NotFound(f"genyard.yaml has no system {name!r}", hint=did_you_mean(name, systems))
        steps: list[Step] = []
        built: set[Digest] = set()
        known = set(GATEWAY_INPUTS)
        for entry in systems[name].expanded_steps():
            if isinstance(entry, RetrieveEntry):
                index, is_new = self._index(name, entry, on_progress=on_progress or _silent)
                built |= {index.digest} if is_new else set()
                steps.append(
                    RetrieveStep(
                        name=entry.name, output=entry.output, index=index.digest, query=entry.query, top_k=entry.top_k
                    )
                )
            else:
                steps.append(self._prompt_step(entry, known))
            known.add(entry.output)
        artifact = System(steps=tuple(steps)).artifact()
        version = self._publish(name, artifact)
        return ResolvedSystem(
            name=name, digest=artifact.digest, version=version, artifact=artifact, built=frozenset(built)
        )

    def dataset(self, name: str) -> tuple[Dataset, int]:
        """Register a dataset and return it with its version. Raises NotFound, InvalidInput naming the row."""
        datasets = self.checkout.manifest.datasets
        if name not in datasets:
            raise NotFound(f"genyard.yaml has no dataset {name!r}", hint=did_you_mean(name, datasets))
        entry = datasets[name]
        blobs = self.library.blobs(self.project)
        content = blobs.get(self.checkout.file(entry.path))
        dataset = parse_dataset(content, name=name, path=entry.path, schema=self._row_schema(entry), tags=entry.tags)
        self._refuse_erased(dataset, entry.path)
        blobs.put(dataset.content)
        return dataset, self._publish(name, dataset.artifact())

    def _refuse_erased(self, dataset: Dataset, path: str) -> None:
        """Refuse a file with rows that were erased here: their text would be back with the next evaluation."""
        again = erased_rows(self.library, self.project, dataset.name) & {row.id for row in dataset.cases}
        if again:
            self.library.blobs(self.project).remove(self.checkout.file(path))
            raise InvalidInput(
                f"{path} still has the text of {plural(len(again), 'erased row')}",
                hint=f"genyard dataset pull {dataset.name} takes it out",
            )
        if not dataset.cases:
            raise InvalidInput(f"{path} has no rows left: all were erased")

    def _row_schema(self, entry: DatasetEntry) -> JsonObject | None:
        if not isinstance(entry.row_schema, str):
            return entry.row_schema
        text = self.library.blobs(self.project).get(self.checkout.file(entry.row_schema))
        try:
            schema = json.loads(text)
        except ValueError as error:
            raise InvalidInput(f"{entry.row_schema} is not JSON: {error}") from error
        if not isinstance(schema, dict):
            raise InvalidInput(f"{entry.row_schema} is not a JSON Schema", hint="write an object")
        return schema

    def _index(self, system: str, entry: RetrieveEntry, *, on_progress: OnProgress) -> tuple[Artifact, bool]:
        name = system if entry.name == "retrieve" else f"{system}.{entry.name}"
        corpus = self._corpus(entry.corpus)
        self._publish(name, corpus.artifact())
        index = self._existing(corpus, entry)
        is_new = index is None
        if index is None:
            built = build_index(
                corpus, entry.recipe(), progress=lambda done, total: on_progress(done, total, f"indexing {name}")
            )
            self.library.blobs(self.project).put(built.content)
            index = built.artifact
        self._publish(name, index)
        return index, is_new

    def _existing(self, corpus: Corpus, entry: RetrieveEntry) -> Artifact | None:
        with self.library.database.read() as tx:
            for use in artifacts.users(tx, self.project, corpus.digest):
                if use.kind == "index":
                    found = artifacts.get(tx, self.project, use.digest)
                    if is_current(found, corpus, entry.recipe()):
                        return found
        return None

    def _corpus(self, pattern: str) -> Corpus:
        blobs = self.library.blobs(self.project)
        paths = matching(pattern, self.checkout.files)
        corpus = read_corpus({path: blobs.get(self.checkout.files[path]) for path in paths}, pattern=pattern)
        # A document's text differs from its file by line ends at most; where it does, it is a blob of its own.
        for document in corpus.documents:
            if not blobs.has(document.digest):
                blobs.put(document.text.encode())
        return corpus

    def _prompt_step(self, entry: PromptEntry, known: Set[str]) -> PromptStep:
        text = self.library.blobs(self.project).get(self.checkout.file(entry.file))
        prompt = parse_prompt(_decoded(text, entry.file), path=entry.file)
        _check_inputs(prompt, known, entry)
        self._publish(prompt.name, prompt.artifact())
        model = parse_model(entry.model)
        self._publish(_name_of(model), model_artifact(model))
        return PromptStep(
            name=entry.name,
            output=entry.output,
            prompt=prompt.artifact().digest,
            model=model,
            params=dict(entry.params),
        )

    def _publish(self, name: str, artifact: Artifact) -> int:
        return self.library.publish(self.project, name, artifact, by=self.by).version


def _silent(done: int, total: int, note: str) -> None:
    pass


def _check_inputs(prompt: Prompt, known: Set[str], entry: PromptEntry) -> None:
    for name, schema in prompt.variables.items():
        if name not in known and "default" not in schema:
            raise InvalidInput(
                f"{entry.file} needs {name!r}, which no step before {entry.name} gives",
                hint=f"there are: {', '.join(sorted(known))}",
            )


def _decoded(content: bytes, path: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: byte {error.start} is not UTF-8", hint="save the file as UTF-8") from error


def _name_of(model: ModelRef) -> str:
    """Return a name for a model in the catalog: its own, with what a name cannot hold written as dashes."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in model.model.lower())
    name = plain.strip("-")[:64].strip("-")
    return name if NAME.fullmatch(name) else "model"
