"""The false-discovery rate, by the example of its authors and by its definition."""

from hypothesis import given
from hypothesis import strategies as st

from reports.patterns.discovery import adjusted

# Y. Benjamini and Y. Hochberg (1995), section 3.1: fifteen comparisons of treatments after a heart attack.
PRINTED = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]


def test_the_authors_example_has_four_findings() -> None:
    found = adjusted(PRINTED[::-1])
    assert (found <= 0.05).tolist() == [False] * 11 + [True] * 4


@given(st.lists(st.floats(0, 1), max_size=12))
def test_a_finding_is_what_the_step_up_rule_finds(chances: list[float]) -> None:
    ordered, m, rate = sorted(chances), len(chances), 0.2
    called = max((place for place in range(1, m + 1) if ordered[place - 1] * m / place <= rate), default=0)
    assert (adjusted(chances) <= rate).sum() == called


def test_nothing_compared_is_nothing_found() -> None:
    assert adjusted([]).tolist() == []
