"""Names become values; everything else is refused or stays as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.messages.rendering import MISSING, VARIABLES, problems_in, render, sample_values, unknown_variables, variables_in

TEXTS = st.text(st.sampled_from("{}%# ai.\n|incident.number"), max_size=40)


def test_names_become_values_with_or_without_blanks() -> None:
    values = {"incident.number": "INC-1", "incident.title": "Down"}
    assert render("{{incident.number}}: {{  incident.title }}!", values) == "INC-1: Down!"


def test_a_value_that_is_not_there_is_a_dash() -> None:
    assert render("Severity {{ incident.severity }}, {{ level.name }}", {"level.name": "  "}) == f"Severity {MISSING}, {MISSING}"


def test_values_are_never_expanded_again_nor_touched_as_markup() -> None:
    values = {"incident.title": "{{ person.name }} <b>& co", "person.name": "Ana"}
    assert render("{{ incident.title }}", values) == "{{ person.name }} <b>& co"


def test_a_value_cannot_add_lines_or_turn_the_text_around() -> None:
    assert render("{{ incident.title }}", {"incident.title": "Down\r\nCall +1\u2028900\u202e now\x00"}) == "Down Call +1 900 now"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ incident.colour }}", "'incident.colour' is not known"),
        ("{{ incident", "is never closed"),
        ("{{ incident.number {{ incident.title }}", "is never closed"),
        ("incident.number }}", "closes nothing"),
        ("{{ }}", "names nothing"),
        ("{% if incident %}", "is not a name"),
        ("{{# incident }}x{{/ incident }}", "is not a name"),
        ("{{{ incident.number }}}", "is not a name"),
        ("{{ incident.number|upper }}", "is not a name"),
        ("{{ incident.__class__ }}", "is not known"),
        ("{{ incident['number'] }}", "is not a name"),
        ("{{ 7 * 7 }}", "is not a name"),
        ("{# hidden #}", "is not a name"),
    ],
)
def test_everything_but_known_names_is_a_problem_told_in_words(text: str, problem: str) -> None:
    assert any(problem in told for told in problems_in(text))
    render(text, sample_values())


def test_a_good_template_has_no_problems_and_single_braces_are_text() -> None:
    text = 'All of them: {"json": 1} ' + " ".join(f"{{{{ {name} }}}}" for name in VARIABLES)
    assert (problems_in(text), unknown_variables(text), variables_in(text)) == ((), (), tuple(VARIABLES))
    assert all(variable.sample in render(text, sample_values()) for variable in VARIABLES.values())


def test_unknown_names_are_listed_once() -> None:
    assert unknown_variables("{{ a.b }} {{ person.name }} {{ a.b }} {{ c }}") == ("a.b", "c")


@given(TEXTS)
def test_any_text_renders_and_text_with_no_names_stays_itself(text: str) -> None:
    rendered = render(text, sample_values())
    assert rendered == text or variables_in(text)
    assert bool(unknown_variables(text)) <= bool(problems_in(text))
