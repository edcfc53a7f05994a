"""What each role may do."""

import pytest

from genyard.access.principals import Actor, require
from genyard.access.roles import GRANTED, PERMISSIONS, ROLES, Permission, Role, allowed, both, covers
from genyard.core.errors import Forbidden
from genyard.core.ids import KeyId, PrincipalId

# To revoke one's own key takes power away and gives none, so every role may.
CHANGES = {one for one in PERMISSIONS if not one.endswith((":read", ":verify")) and one != "key:revoke"}


def actor(role: Role = "admin", *, project: str | None = "acme", scopes: tuple[str, ...] = ()) -> Actor:
    return Actor(principal=PrincipalId("1"), name="ana", project=project, role=role, scopes=scopes, key=KeyId("k"))


def test_a_viewer_changes_nothing_and_reads_everything() -> None:
    assert GRANTED["viewer"] == set(PERMISSIONS) - CHANGES


def test_roles_grow_as_the_page_of_the_docs_says() -> None:
    order: list[tuple[Role, Role]] = [
        ("developer", "viewer"),
        ("reviewer", "viewer"),
        ("releaser", "developer"),
        ("releaser", "reviewer"),
        ("admin", "releaser"),
    ]
    assert all(covers(greater, lesser) and not covers(lesser, greater) for greater, lesser in order)
    assert not covers("developer", "reviewer")
    assert not covers("reviewer", "developer")


def test_only_who_releases_deploys_and_only_admins_decide_about_people() -> None:
    assert [role for role in ROLES if allowed(role, "endpoint:deploy")] == ["releaser", "admin"]
    assert [role for role in ROLES if allowed(role, "member:admin")] == ["admin"]
    assert GRANTED["admin"] == set(PERMISSIONS)


@pytest.mark.parametrize("one", ROLES)
@pytest.mark.parametrize("other", ROLES)
def test_both_is_the_greatest_role_within_two(one: Role, other: Role) -> None:
    within = both(one, other)
    assert GRANTED[within] <= GRANTED[one] & GRANTED[other]
    assert not [role for role in ROLES if covers(one, role) and covers(other, role) and not covers(within, role)]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_no_role_reaches_into_a_foreign_project(role: Role, permission: Permission) -> None:
    with pytest.raises(Forbidden, match="acts in project acme, not in project other"):
        require(actor(role), permission, project="other")


def test_what_spans_all_projects_needs_an_actor_of_all() -> None:
    require(actor(project=None), "project:create", project=None)
    require(actor(project=None), "release:read", project="any")
    with pytest.raises(Forbidden, match="not in all projects"):
        require(actor(), "project:create", project=None)


def test_what_concerns_no_project_is_open_to_an_actor_of_one() -> None:
    require(actor("viewer"), "settings:read", project=None)


def test_a_role_that_lacks_a_permission_is_told_which() -> None:
    with pytest.raises(Forbidden, match="endpoint:deploy needs more than the role developer") as refused:
        require(actor("developer"), "endpoint:deploy", project="acme")
    assert refused.value.hint.endswith("a role that may: releaser, admin")


def test_a_key_with_scopes_calls_those_endpoints_and_does_nothing_else() -> None:
    narrow = actor(scopes=("serve:helpdesk", "serve:sales"))
    require(narrow, "endpoint:serve", project="acme", scope="serve:sales")
    for permission in PERMISSIONS:
        with pytest.raises(Forbidden, match="only for serve:helpdesk, serve:sales"):
            require(narrow, permission, project="acme")
    with pytest.raises(Forbidden):
        require(narrow, "endpoint:serve", project="acme", scope="serve:other")
    with pytest.raises(Forbidden):
        require(narrow, "release:read", project="acme", scope="serve:sales")
    with pytest.raises(Forbidden):
        require(narrow, "endpoint:serve", project="other", scope="serve:sales")
