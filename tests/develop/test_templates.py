"""The sandbox of prompt templates: what it has, what it has not, and its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genyard.core.canonical import Json
from genyard.core.errors import InvalidInput, TooLarge
from genyard.develop.templates import Template, without_comments

VALUES: dict[str, Json] = {
    "text": "abc",
    "number": 3,
    "yes": True,
    "nothing": None,
    "passages": [{"title": "A", "text": "one"}, {"title": "B", "text": "two"}],
    "hostile": "{{ 7 * 7 }}{% for %}{# x",
    "big": "x" * 1000,
}


def rendered(source: str) -> str:
    return Template(source, where="p.md").render(VALUES)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ text }} {{ number }} {{ yes }}", "abc 3 true"),
        ("{{ hostile }}", "{{ 7 * 7 }}{% for %}{# x"),
        ("{{ text ~ number }} {{ text + text }} {{ number * 2 + 1 }}", "abc3 abcabc 7"),
        ("{{ passages | map(attribute='title') | join(', ') }}", "A, B"),
        ("{{ passages | join('|', attribute='text') }}", "one|two"),
        ("{{ nothing | default('-', true) }}", "-"),
        ("{{ passages[0] | tojson }}", '{"title": "A", "text": "one"}'),
        ("{{ text.upper() }}{% if text.startswith('a') %}!{% endif %}", "ABC!"),
        ("{% for key, value in passages[0].items() %}{{ key }}={{ value }};{% endfor %}", "title=A;text=one;"),
        ("{% for kind in ['x', 'y'] %}{{ loop.index }}{{ kind }}{% endfor %}", "1x2y"),
        ("{% raw %}{{ text }}{% endraw %}", "{{ text }}"),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"),
        ("{% set up = text | upper %}{{ up }}", "ABC"),
    ],
)
def test_what_a_prompt_needs_is_there(source: str, text: str) -> None:
    assert rendered(source) == text


def test_a_tag_alone_on_its_line_leaves_no_line_but_one_at_the_end_of_a_line_does() -> None:
    source = "{% for one in passages %}\n  {{ one.text }}{% if not loop.last %},{% endif %}\n{% endfor %}\nend"
    assert rendered(source) == "  one,\n  two\nend"


@pytest.mark.parametrize(
    "source",
    [
        "{{ text.__class__ }}",
        "{{ text['__class__'] }}",
        "{{ passages | map(attribute='__class__') | join }}",
        "{{ text | attr('__class__') }}",
        "{{ text.format(1) }}",
        "{{ '%1000000000d' % number }}",
        "{{ passages.append(1) }}",
        "{{ lipsum() }}",
        "{{ cycler('a') }}",
        "{{ namespace(a=1) }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% block a %}{% endblock %}",
        "{% macro a() %}{{ a() }}{% endmacro %}",
        "{% for one in passages recursive %}{{ loop(passages) }}{% endfor %}",
        "{{ [text, text] }}",
        "{{ passages }}",
        "{{ nothing }}",
        "{{ passages[0].titel }}",
        "{{ missing }}",
        "{{ text | random }}",
        "{{ number / 0 }}",
        "{% if %}",
        "{{ range }}",
        "{{ text * 3 }}",
    ],
)
def test_what_a_prompt_must_not_have_is_refused_in_one_line(source: str) -> None:
    with pytest.raises(InvalidInput, match="^p.md") as caught:
        rendered(source)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{% for a in big %}{% for b in big %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{{ big }}{% endfor %}",
        "{{ range(99999999) | list | length }}",
        "{{ range(9999) | join(big) }}",
        "{{ big | replace('x', big) | replace('x', big) }}",
        "{{ big | replace('', big) }}",
        "".join("{% set big = big ~ big %}" for _ in range(20)) + "{{ big }}",
        "".join("{% set big = big + big %}" for _ in range(20)) + "{{ big }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 94906267 * 94906267 }}",
        "{{ " + "text ~ " * 20_000 + "text }}",
    ],
)
def test_work_is_bounded(source: str) -> None:
    with pytest.raises(TooLarge, match="^p.md"):
        rendered(source)


def test_only_so_many_variables_are_set() -> None:
    with pytest.raises(InvalidInput, match="sets at most 50 variables"):
        rendered("{% set a = text %}" * 51)


def test_a_mistake_is_told_with_its_line() -> None:
    with pytest.raises(InvalidInput, match="p.md, line 12: "):
        Template("fine\n\n{{ text | uppr }}", where="p.md", first_line=10)


def test_the_variables_used_are_known() -> None:
    source = "{% set a = b %}{{ a }}{% for c in d %}{{ c }}{{ loop.index }}{% endfor %}{{ range(e) | join }}"
    assert Template(source, where="p.md").variables == {"b", "d", "e"}


@pytest.mark.parametrize(
    "source",
    [
        "{% for n in numbers %}{{ text | wordcount }}{% endfor %}",
        "{% for n in numbers %}{{ (numbers | sort) | length }}{% endfor %}",
        "{% for n in numbers %}{% if text in text %}{% endif %}{% endfor %}",
        "{% for n in numbers %}{{ text[1:] | length }}{% endfor %}",
        "{{ numbers | map('string') | map('replace', '1', text) | list | length }}",
    ],
)
def test_work_on_large_values_in_loops_is_bounded(source: str) -> None:
    values: dict[str, Json] = {"numbers": [1] * 5_000, "text": "a" * 100_000}
    with pytest.raises(TooLarge, match="goes over more than 20000000 characters"):
        Template(source, where="p.md").render(values)


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("a\n  {# c #}\nb {# x #}c", "a\nb c"),
        ("{# a #}\n{# b #}\nhi", "hi"),
        ("{% raw %}{# x #}{% endraw %}{{ '{# y #}' }}", "{% raw %}{# x #}{% endraw %}{{ '{# y #}' }}"),
        ("x {# y #}\nz", "x \nz"),
        ("{# only #}", ""),
        ("", ""),
    ],
)
def test_comments_are_left_out(source: str, bare: str) -> None:
    assert without_comments(source) == bare
    assert without_comments(bare) == bare


@given(st.text(alphabet="{}%# \nab-'\"", max_size=30))
def test_any_source_renders_or_is_refused(source: str) -> None:
    try:
        assert isinstance(Template(source, where="p.md").render({"a": "1", "b": [1]}), str)
    except (InvalidInput, TooLarge) as error:
        assert error.message.startswith("p.md")


@given(st.text(max_size=50))
def test_a_value_is_never_a_template(value: str) -> None:
    assert Template("<{{ value }}>", where="p.md").render({"value": value}) == f"<{value}>"
