"""Every measure that can be stored has its words."""

from policies.decisions.measures import MEASURES, words_of
from policies.severity.models import Measure


def test_the_choices_and_the_words_name_the_same_measures() -> None:
    assert set(MEASURES) == set(Measure.values)


def test_an_unknown_measure_is_named_by_its_key() -> None:
    assert words_of("queue_length").name == "Queue length"
