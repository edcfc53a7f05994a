"""Masking: what a project's rows lose before they are kept, and a text to try it on."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from genyard.access import projects
from genyard.observe.masking.masker import Masker
from genyard.observe.masking.policies import policy_of, set_policy
from genyard.observe.masking.policy import Policy, policy
from genyard.observe.masking.rules import RULES
from genyard.server.guard import ActorDep, AppDep, GuardedRoute, needs

router = APIRouter(tags=["masking"], route_class=GuardedRoute)

LONGEST_TEXT = 100_000


class CustomRequest(BaseModel):
    """A rule of one's own: RE2's syntax."""

    name: Annotated[str, Field(max_length=100)]
    pattern: Annotated[str, Field(max_length=1000)]


class PolicyRequest(BaseModel):
    """The whole policy. ``rules`` are names of rules or of groups of them, ``media`` is keep or drop."""

    mode: Annotated[str, Field(max_length=20)]
    rules: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=200)]
    custom: Annotated[list[CustomRequest], Field(max_length=100)] = []
    media: Annotated[str, Field(max_length=20)] = "keep"


class TestRequest(BaseModel):
    """A text to mask."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT)]


@router.get("/api/projects/{project}/masking", **needs("masking:read"))
def show(project: str, app: AppDep) -> dict[str, Any]:
    """Show the policy, and every rule with whether it is on."""
    with app.bench.database.read() as tx:
        return _shown(policy_of(tx, project))


@router.put("/api/projects/{project}/masking", **needs("masking:admin"))
def change(project: str, body: PolicyRequest, app: AppDep, actor: ActorDep) -> dict[str, Any]:
    """Set the policy for rows that arrive from now on. The project comes into being where the person may create it."""
    wanted = policy(body.mode, body.rules, [(one.name, one.pattern) for one in body.custom], media=body.media)
    at_ns = app.bench.clock.now_ns()
    with app.bench.database.write() as tx:
        projects.ensure(tx, project, by=actor, at_ns=at_ns)
        set_policy(tx, project, wanted, by=actor, at_ns=at_ns)
    app.bench.masking.forget(project)
    return _shown(wanted)


@router.post("/api/projects/{project}/masking/test", **needs("masking:read"))
def try_out(project: str, body: TestRequest, app: AppDep) -> dict[str, Any]:
    """Mask a text as the project would, and say which rules that are off would have found something."""
    masked = app.bench.masking.masker(project).mask_text(body.text)
    whole = Masker(Policy(rules=tuple(RULES))).mask_text(body.text)
    return {"text": masked.text, "masked": sorted(masked.rules), "off": sorted(whole.rules - masked.rules)}


def _shown(of: Policy) -> dict[str, Any]:
    rules = [
        {
            "name": one.name,
            "group": one.group,
            "on": one.name in of.rules,
            "sentence": one.sentence,
            "source": one.source,
        }
        for one in RULES.values()
    ]
    custom = [{"name": one.name, "pattern": one.pattern} for one in of.custom]
    return {"mode": of.mode, "rules": rules, "custom": custom, "media": of.media}
