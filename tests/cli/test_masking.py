"""``genyard masking``, through the whole of the program to the files of the home."""

import pytest
from tests.projects import Project


def test_by_default_secrets_are_masked(project: Project) -> None:
    shown = project.ok("masking", "show")
    assert shown["mode"] == "mask"
    assert {one["group"] for one in shown["rules"] if one["on"]} == {"secrets"}
    assert project("masking", "show").out.startswith("mask: what is found becomes [rule]\nrule ")


def test_masking_alone_shows_the_policy_too(project: Project) -> None:
    assert project.ok("masking") == project.ok("masking", "show")


def test_a_project_comes_to_be_with_its_first_policy(project: Project) -> None:
    project.ok("projects", "create", "shop")
    assert project.ok("masking", "set", "--mode", "hash", "--project", "new")["mode"] == "hash"
    assert project("projects", "--project", "new").out == "  default\n* new\n  shop\n"
    told = project("traces", "--project", "shpo")
    assert (told.code, told.err) == (
        2,
        "genyard: no project 'shpo'  (did you mean shop? genyard projects lists them)\n",
    )


def test_a_policy_is_changed_piece_by_piece(project: Project) -> None:
    changed = project.ok("masking", "set", "--rules", "secrets,email", "--custom", "staff=EMP-[0-9]{6}")
    assert (changed["mode"], changed["custom"]) == ("mask", [{"name": "staff", "pattern": "EMP-[0-9]{6}"}])
    project.ok("masking", "set", "--mode", "hash", "--custom", "city=Bern")
    shown = project.ok("masking", "show")
    assert shown["mode"] == "hash"
    assert [one["name"] for one in shown["custom"]] == ["staff", "city"]
    assert "email" in [one["name"] for one in shown["rules"] if one["on"]]
    assert project.ok("masking", "set", "--no-custom")["custom"] == []
    assert [one["object"] for one in project.ok("audit", "--limit", "3")["events"]] == ["masking"] * 3


def test_images_are_kept_unless_the_policy_says_otherwise(project: Project) -> None:
    assert "\nimages, recordings and files: kept as they are" in project("masking", "show").out
    ran = project("masking", "set", "--media", "drop")
    assert ran.out.endswith("\nimages, recordings and files: left out\n")
    assert project.ok("masking", "set", "--mode", "hash")["media"] == "drop"
    (event,) = project.ok("audit", "--limit", "1")["events"]
    assert (event["detail"]["to"]["media"], event["detail"]["to"]["mode"]) == ("drop", "hash")
    assert project.ok("masking", "set", "--media", "keep")["media"] == "keep"
    assert "left out" in (project.ok("masking", "set", "--mode", "drop"), project("masking", "show").out)[1]


def test_a_text_is_tried_out(project: Project) -> None:
    project.ok("masking", "set", "--custom", "staff=EMP-[0-9]{6}")
    ran = project("masking", "test", "EMP-123456 ann@example.com AKIA" + "IOSFODNN7EXAMPLE")
    assert ran.out == (
        "[staff] ann@example.com [aws_key]\nmasked: aws_key, staff\noff here, but would find something: email\n"
    )
    assert project("masking", "test", "hello").out == "hello\nmasked: nothing\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mode", "hide"], "'hide' is no way of masking"),
        (["--media", "hide"], "'hide' is nothing to do with media"),
        (["--rules", "emial"], "'emial' is no rule of masking  (did you mean email?)"),
        (["--custom", "staff"], "'staff' has no pattern"),
        (["--custom", "staff=("], "the pattern of staff does not compile: missing ): ("),
    ],
)
def test_a_wrong_wish_is_one_line(project: Project, arguments: list[str], message: str) -> None:
    ran = project("masking", "set", *arguments)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert message in ran.err
