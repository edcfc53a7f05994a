"""Charts: where lines are cut, what is drawn of nothing."""

from genyard.server.pages.chart import chart

TIMES = [0, 1, 2, 3]


def drawn(values: dict[int, float], gap: str = "unknown") -> list[int]:
    """Return how many points each part of the only line has."""
    made = chart("Cost", [("a", values)], times=TIMES, show=str, gap=gap)  # type: ignore[arg-type]
    return [len(part.split()) for part in made.lines[0].parts]


def test_a_line_is_cut_where_nothing_is_known_and_zero_where_nothing_happened() -> None:
    assert drawn({0: 1.0, 1: 2.0, 3: 1.0}) == [2]
    assert drawn({0: 1.0, 1: 2.0, 3: 1.0}, gap="zero") == [4]


def test_the_highest_value_is_at_the_top_and_zero_at_the_floor() -> None:
    made = chart("Cost", [("a", {0: 0.0, 3: 5.0})], times=TIMES, show=str)
    assert [dot.y for dot in made.lines[0].dots] == ["90.0", "6.0"]
    assert (made.top, made.lines[0].last) == ("5.0", "5.0")


def test_nothing_and_too_much() -> None:
    assert chart("Cost", [("a", {})], times=TIMES, show=str).lines == ()
    made = chart("Cost", [(str(number), {0: 1.0}) for number in range(11)], times=TIMES, show=str)
    assert (len(made.lines), made.more) == (8, 3)
    assert chart("Cost", [("a", {0: 0.0})], times=[0], show=str).lines[0].dots[0].y == "90.0"


def test_dots_are_few_and_a_lone_point_is_always_one() -> None:
    times = list(range(100))
    values = {at: 1.0 for at in times if at not in (49, 51)}
    dots = chart("Cost", [("a", values)], times=times, show=str).lines[0].dots
    assert [dot.x for dot in dots] == ["151.5"]


def test_what_leads_to_a_part_of_a_day_is_drawn_apart_and_said() -> None:
    made = chart("Cost", [("a", dict.fromkeys(TIMES, 1.0))], times=TIMES, show=str, partial={0, 3})
    line = made.lines[0]
    assert [len(part.split()) for part in (*line.parts, *line.loose)] == [2, 2, 2]
    assert [dot.partial for dot in line.dots] == [True, False, False, True]
    assert line.last == "1.0, in part" and "in part" in line.dots[0].title and "in part" not in line.dots[1].title
    assert made.partial and "1.0, in part" in made.label
    assert not chart("Cost", [("a", {1: 1.0})], times=TIMES, show=str, partial={0, 3}).partial


def test_of_two_points_that_are_no_whole_days_no_line_is_whole() -> None:
    line = chart("Cost", [("a", {2: 1.0, 3: 2.0})], times=TIMES, show=str, partial={3}).lines[0]
    assert (line.parts, len(line.loose), line.last) == ((), 1, "2.0, in part")


def test_the_pointer_is_told_of_every_line_at_once_where_the_times_are_few() -> None:
    few = chart("Cost", [("a", {0: 1.0, 1: 2.0}), ("b", {1: 3.0})], times=[0, 1], show=str, partial={1})
    assert [one.title for one in few.hits] == ["1970-01-01T00:00: a 1.0", "1970-01-01T00:00, in part: a 2.0; b 3.0"]
    many = chart("Cost", [("a", {0: 1.0})], times=list(range(90)), show=str)
    assert many.hits == ()
