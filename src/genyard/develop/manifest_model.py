"""``genyard.yaml`` as records: what it may say, with its defaults. ``manifest`` reads it."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from genyard.core.errors import InvalidInput
from genyard.develop.bm25 import Recipe
from genyard.develop.chunks import Chunker
from genyard.develop.code_scorers import make_scorer
from genyard.develop.manifest_fields import (
    Entry,
    FilePath,
    FilePattern,
    Listed,
    ModelName,
    Name,
    Variable,
    misfit,
    misfit_of,
)
from genyard.develop.words import TokenizerName

GateKind = Literal["at_least", "at_most", "not_worse_than"]


class ChunkEntry(Entry):
    """How documents are cut: ``chunks.Chunker``."""

    by: Literal["heading", "document"] = "heading"
    max_words: int = Field(default=220, ge=20, le=10_000)


class SearchEntry(Entry):
    """How chunks are searched: ``bm25.Recipe``. Short form: ``bm25``."""

    method: Literal["bm25"] = "bm25"
    k1: float = Field(default=1.2, ge=0, le=100)
    b: float = Field(default=0.75, ge=0, le=1)
    tokenizer: TokenizerName = "unicode"
    query_terms: Literal["distinct", "all"] = "distinct"

    @classmethod
    def expanded(cls, value: object) -> object:
        return {"method": value} if isinstance(value, str) else value


class RetrieveEntry(Entry):
    """A step that searches: what ``query`` names is looked for, and the passages found are ``output``."""

    name: Name = "retrieve"
    query: Variable = "question"
    output: Variable = "passages"
    corpus: FilePattern
    chunk: ChunkEntry = ChunkEntry()
    search: SearchEntry = SearchEntry()
    top_k: int = Field(default=4, ge=1, le=1000)

    def recipe(self) -> Recipe:
        """Return how the index of this step is built."""
        return Recipe(
            chunker=Chunker(by=self.chunk.by, max_words=self.chunk.max_words),
            tokenizer=self.search.tokenizer,
            k1=self.search.k1,
            b=self.search.b,
            query_terms=self.search.query_terms,
        )


class PromptEntry(Entry):
    """A step that asks a model with a prompt file; its answer is ``output``."""

    name: Name = "answer"
    output: Variable = "answer"
    file: FilePath
    model: ModelName
    params: dict[str, JsonValue] = {}


class StepEntry(Entry):
    """One step of a system: exactly one of its keys."""

    retrieve: RetrieveEntry | None = None
    prompt: PromptEntry | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.retrieve is None) == (self.prompt is None):
            raise misfit("a step is either retrieve or prompt")
        return self

    @property
    def step(self) -> RetrieveEntry | PromptEntry:
        found = self.retrieve or self.prompt
        assert found is not None
        return found


class SystemEntry(Entry):
    """A system: its steps, or the short form of a prompt, a model and a search before it."""

    model: ModelName | None = None
    params: dict[str, JsonValue] = {}
    prompt: FilePath | None = None
    retrieval: RetrieveEntry | None = None
    steps: Annotated[tuple[StepEntry, ...], Listed] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.steps and (self.model or self.prompt or self.retrieval or self.params):
            raise misfit("a system has either steps, or model and prompt", hint="move the others into the steps")
        if not self.steps and not (self.model and self.prompt):
            raise misfit("a system needs a model and a prompt", hint="or steps")
        steps = self.expanded_steps()
        for what, taken in (("name", [one.name for one in steps]), ("output", [one.output for one in steps])):
            twice = next((one for one in taken if taken.count(one) > 1), None)
            if twice:
                raise misfit(f"two steps have the {what} {twice!r}", hint=f"give each step its own {what}")
        if not isinstance(steps[-1], PromptEntry):
            raise misfit("the last step is no prompt", hint="the output of the last step is the answer")
        return self

    def expanded_steps(self) -> tuple[RetrieveEntry | PromptEntry, ...]:
        """Return the steps, those of the short form written out."""
        if self.steps:
            return tuple(one.step for one in self.steps)
        assert self.model is not None
        assert self.prompt is not None
        asks = PromptEntry(file=self.prompt, model=self.model, params=self.params)
        return (self.retrieval, asks) if self.retrieval else (asks,)


class DatasetEntry(Entry):
    """A dataset: a file of JSON Lines. Short form: its path."""

    path: FilePath
    row_schema: FilePath | dict[str, JsonValue] | None = Field(default=None, alias="schema")
    """A JSON Schema of each row, here or in a file."""
    tags: Annotated[tuple[str, ...], Listed] = ()
    """Keep the rows with any of these tags; empty keeps all."""

    @classmethod
    def expanded(cls, value: object) -> object:
        return {"path": value} if isinstance(value, str) else value


class MetricEntry(Entry):
    """A metric under a name. Short form: its name; options stand beside ``metric``."""

    name: Name
    metric: str
    options: dict[str, JsonValue] = {}

    @classmethod
    def expanded(cls, value: object) -> object:
        if isinstance(value, str):
            return {"name": value, "metric": value}
        if isinstance(value, Mapping):
            metric = value.get("metric", value.get("name"))
            options = {key: one for key, one in value.items() if key not in ("name", "metric")}
            return {"name": value.get("name", metric), "metric": metric, "options": options}
        return value

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            make_scorer(self.name, metric=self.metric, options=self.options)
        except InvalidInput as error:
            raise misfit_of(error) from error
        return self


class GateEntry(Entry):
    """One condition of the gate. Exactly one of ``at_least``, ``at_most`` and ``not_worse_than`` is set."""

    metric: str
    on: str
    """The dataset."""
    systems: Annotated[tuple[str, ...], Listed] = ()
    """The systems that it is for; empty means all."""
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    not_worse_than: str | None = None
    """The environment whose release is compared with."""
    margin: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """How much worse still counts as not worse, in the metric's unit."""
    repeats: int = Field(default=1, ge=1, le=100)
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    looks: int = Field(default=1, ge=1, le=3)
    """How often the data may be looked at under one alpha."""

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if sum(one is not None for one in (self.at_least, self.at_most, self.not_worse_than)) != 1:
            raise misfit("a gate has one of at_least, at_most and not_worse_than")
        if (self.margin is None) != (self.not_worse_than is None):
            raise misfit("not_worse_than and margin go together", hint="write not_worse_than: prod, margin: 0.05")
        return self

    @property
    def kind(self) -> GateKind:
        return "at_least" if self.at_least is not None else "at_most" if self.at_most is not None else "not_worse_than"

    @property
    def limit(self) -> float:
        """The threshold, or the margin."""
        return next(one for one in (self.at_least, self.at_most, self.margin) if one is not None)

    def applies_to(self, system: str) -> bool:
        return not self.systems or system in self.systems


class EnvironmentEntry(Entry):
    """Where releases are deployed. ``gated``: only a release whose gate has passed may go there."""

    gated: bool = False
