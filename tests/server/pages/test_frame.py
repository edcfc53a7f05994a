"""The reader's zone and theme."""

from hypothesis import given
from hypothesis import strategies as st
from tests.server.pages import samples

from genyard.server.pages.frame import Frame, moment, nanoseconds, preferences


def test_a_moment_is_machine_time_in_utc_and_reader_time_in_the_zone() -> None:
    found = moment(samples.NOW_NS, "Asia/Tokyo")
    assert found is not None
    assert (found.machine, found.date, found.clock) == ("2026-11-23T09:04:00.000Z", "2026-11-23", "18:04:00.000")


@given(st.text(max_size=20))
def test_a_cookie_of_others_cannot_break_the_page(text: str) -> None:
    zone, theme = preferences({"genyard_zone": text, "genyard_theme": text})
    assert moment(samples.NOW_NS, zone) is not None
    assert theme in ("system", "light", "dark")


def test_a_time_that_no_calendar_holds_is_none() -> None:
    assert moment(10**30, "UTC") is None


def test_times_of_a_stored_body_are_read() -> None:
    assert nanoseconds("2026-11-23T09:04:00.000Z") == samples.NOW_NS
    assert nanoseconds("2026-11-23T09:04:00") is None
    assert nanoseconds("yesterday") is None


def test_a_command_names_the_project_where_it_is_not_the_usual_one() -> None:
    shop, usual = Frame(project="shop"), Frame(project="default")
    assert shop.command("genyard traces 'a b' --since 7d") == "genyard traces 'a b' --since 7d --project shop"
    assert shop.command("genyard releases") == "genyard releases --project shop"
    assert (usual.command("genyard traces"), shop.command("genyard eval")) == ("genyard traces", "genyard eval")


def test_other_projects_are_reached_at_the_same_page() -> None:
    frame = Frame(project="shop", projects=("acme", "shop"), current="sessions")
    assert [(one.text, one.href) for one in frame.others] == [("acme", "/p/acme/sessions")]
    bare = Frame(project="shop", projects=("acme", "shop"))
    assert [one.href for one in bare.others] == ["/p/acme"]
