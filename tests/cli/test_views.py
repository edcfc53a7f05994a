"""``genyard views``, and the lists that a view shows."""

from tests.projects import Project


def test_a_view_is_saved_used_and_deleted(project: Project) -> None:
    assert project("views").out == "no view yet: genyard views save slow 'latency>5s'\n"
    project.ok("run", "What does a lost badge cost?")
    project.ok("run", "What may a hotel cost a night?")
    assert project("views", "save", "badges", '"does a lost badge"', "--since", "24h").out == "view badges is saved\n"
    found = project.ok("traces", "--view", "badges")["traces"]
    assert [one["preview"] for one in found] == ["What does a lost badge cost?"]
    assert project.ok("traces", "status:error", "--view", "badges")["traces"] == []
    assert [one["name"] for one in project.ok("views")["views"]] == ["badges"]
    gone = project("views", "delete", "badges").out
    assert gone == "view badges is deleted: genyard traces '\"does a lost badge\"' --since 24h\n"
    assert "no view 'badges'" in project("traces", "--view", "badges").err


def test_a_view_of_sessions_is_shown_by_sessions_only(project: Project) -> None:
    project.ok("views", "save", "ann", "user:ann", "--page", "sessions")
    assert project.ok("sessions", "--view", "ann")["sessions"] == []
    assert "ann is a view of sessions" in project("traces", "--view", "ann").err
