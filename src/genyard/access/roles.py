"""Roles and what each may do: one table."""

from typing import Literal, get_args

Role = Literal["viewer", "developer", "reviewer", "releaser", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

Permission = Literal[
    "artifact:read",
    "audit:read",
    "audit:verify",
    "checkout:create",
    "data:erase",
    "dataset:read",
    "dataset:write",
    "endpoint:deploy",
    "endpoint:read",
    "endpoint:rollback",
    "endpoint:serve",
    "evaluation:create",
    "evaluation:read",
    "index:create",
    "job:answer",
    "job:cancel",
    "job:read",
    "key:admin",
    "key:create",
    "key:revoke",
    "lineage:read",
    "masking:admin",
    "masking:read",
    "member:admin",
    "model:read",
    "project:admin",
    "project:create",
    "project:read",
    "prompt:read",
    "release:create",
    "release:read",
    "score:read",
    "score:write",
    "settings:read",
    "sql:run",
    "system:read",
    "system:run",
    "trace:read",
    "trace:write",
    "view:write",
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

_VIEWER: frozenset[Permission] = frozenset(
    {
        "artifact:read",
        "audit:read",
        "audit:verify",
        "dataset:read",
        "endpoint:read",
        "evaluation:read",
        "job:read",
        "key:revoke",
        "lineage:read",
        "masking:read",
        "model:read",
        "project:read",
        "prompt:read",
        "release:read",
        "score:read",
        "settings:read",
        "system:read",
        "trace:read",
    }
)
_DEVELOPER: frozenset[Permission] = _VIEWER | {
    "checkout:create",
    "dataset:write",
    "endpoint:serve",
    "evaluation:create",
    "index:create",
    "job:cancel",
    "key:create",
    "release:create",
    "score:write",
    "sql:run",
    "system:run",
    "trace:write",
    "view:write",
}
_REVIEWER: frozenset[Permission] = _VIEWER | {"dataset:write", "job:answer", "score:write", "sql:run", "view:write"}
_RELEASER: frozenset[Permission] = _DEVELOPER | _REVIEWER | {"endpoint:deploy", "endpoint:rollback"}

GRANTED: dict[Role, frozenset[Permission]] = {
    "viewer": _VIEWER,
    "developer": _DEVELOPER,
    "reviewer": _REVIEWER,
    "releaser": _RELEASER,
    "admin": frozenset(PERMISSIONS),
}


def allowed(role: Role, permission: Permission) -> bool:
    """Return whether ``role`` may do what ``permission`` names."""
    return permission in GRANTED[role]


def covers(role: Role, other: Role) -> bool:
    """Return whether ``role`` may do everything that ``other`` may."""
    return GRANTED[role] >= GRANTED[other]


def both(one: Role, other: Role) -> Role:
    """Return the greatest role that neither ``one`` nor ``other`` lacks anything of."""
    within = [role for role in ROLES if covers(one, role) and covers(other, role)]
    return max(within, key=lambda role: len(GRANTED[role]))
