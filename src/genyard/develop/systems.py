"""A system: a short list of steps, each with a named output. Its digest covers everything that runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from genyard.core.canonical import Json, JsonObject
from genyard.core.digest import Digest
from genyard.core.errors import Corrupted
from genyard.core.records import Artifact, Reference
from genyard.discover.chat import ModelRef

SEMANTICS = 1
"""Raised when Genyard itself changes how steps are run, so that evidence of the old way no longer counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveStep:
    """Search an index with an input of the system; the output is the list of passages found."""

    name: str
    output: str
    index: Digest
    query: str
    """The name of the input or of the earlier output that is searched for."""
    top_k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptStep:
    """Render a prompt from inputs and earlier outputs and ask a model; the output is the text of its answer."""

    name: str
    output: str
    prompt: Digest
    model: ModelRef
    params: JsonObject = field(default_factory=dict)


Step = RetrieveStep | PromptStep


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What is developed, evaluated and released. The output of the last step is the answer."""

    steps: tuple[Step, ...]

    def artifact(self) -> Artifact:
        """Return the artifact whose digest is the system digest."""
        references: list[Reference] = []
        for step in self.steps:
            references.extend(_references(step))
        body: JsonObject = {"semantics": SEMANTICS, "steps": [_step_json(step) for step in self.steps]}
        return Artifact(kind="system", body=body, references=tuple(references))

    @staticmethod
    def of(artifact: Artifact) -> "System":
        """Read a system back. Raises Corrupted when the artifact is not one that this version can run."""
        if artifact.kind != "system" or artifact.body.get("semantics") != SEMANTICS:
            raise Corrupted(f"{artifact.digest} is not a system that this version of Genyard can run")
        steps = artifact.body["steps"]
        assert isinstance(steps, Sequence)
        return System(steps=tuple(_step(one, artifact) for one in steps))


def model_artifact(model: ModelRef) -> Artifact:
    """Return a model as an artifact: the provider and the provider's own id. Parameters belong to the step."""
    return Artifact(kind="model", body={"model": model.model, "provider": model.provider})


def _references(step: Step) -> list[Reference]:
    role = f"step.{step.name}"
    match step:
        case RetrieveStep():
            return [Reference(role=f"{role}.index", kind="index", digest=step.index)]
        case PromptStep():
            return [
                Reference(role=f"{role}.prompt", kind="prompt", digest=step.prompt),
                Reference(role=f"{role}.model", kind="model", digest=model_artifact(step.model).digest),
            ]
    assert_never(step)


def _step_json(step: Step) -> JsonObject:
    common = {"name": step.name, "output": step.output}
    match step:
        case RetrieveStep():
            return common | {"kind": "retrieve", "query": step.query, "top_k": step.top_k}
        case PromptStep():
            model = {"model": step.model.model, "provider": step.model.provider}
            return common | {"kind": "prompt", "model": model, "params": step.params}
    assert_never(step)


def _step(body: Json, artifact: Artifact) -> Step:
    assert isinstance(body, dict)
    name, output = str(body["name"]), str(body["output"])
    if body["kind"] == "retrieve":
        index = artifact.part(f"step.{name}.index")
        return RetrieveStep(
            name=name, output=output, index=index, query=str(body["query"]), top_k=int(str(body["top_k"]))
        )
    if body["kind"] == "prompt":
        model = body["model"]
        params = body["params"]
        assert isinstance(model, dict)
        assert isinstance(params, dict)
        return PromptStep(
            name=name,
            output=output,
            prompt=artifact.part(f"step.{name}.prompt"),
            model=ModelRef(provider=str(model["provider"]), model=str(model["model"])),
            params=params,
        )
    raise Corrupted(f"{artifact.digest} has a step of the unknown kind {body['kind']!r}")
