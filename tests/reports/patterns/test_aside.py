"""Earlier quarters read by a process of its own say what they say when they are read here."""

import pickle
from datetime import UTC, datetime

import numpy as np
import pytest

from reports.metrics.population import Population
from reports.patterns import aside, services
from reports.patterns.finding import past_among
from reports.patterns.grid import Grid
from tests.reports.patterns.made_up import quarter

QUARTER = Population(datetime(2016, 1, 1, tzinfo=UTC), datetime(2016, 4, 1, tzinfo=UTC), (3, 1))
KNOWN = datetime(2016, 4, 2, tzinfo=UTC)


def test_what_a_quarter_said_is_the_same_after_the_way_between_processes() -> None:
    past = past_among(quarter(7, 1_500))
    came = pickle.loads(pickle.dumps(past))  # noqa: S301 (written in the line itself)
    assert came.keys() == past.keys()
    for name, tallies in past.items():
        assert came[name].parts == tallies.parts
        for column in ("cases", "bad", "ended", "still", "widened", "of_days"):
            one, other = (getattr(each, column) for each in (tallies, came[name]))
            places = np.arange(len(tallies.parts))
            one, other = (each.rows(places) if isinstance(each, Grid) else each for each in (one, other))
            assert (one is None and other is None) or np.array_equal(one, other)


@pytest.mark.django_db
def test_within_a_transaction_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "PYTHON", "/nobody/is/here")
    with aside.begun([QUARTER], KNOWN, aside.WORTH_IT) as asked:
        assert asked.pasts() is None


@pytest.mark.django_db
def test_a_process_that_fails_costs_time_and_nothing_else(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    expected = services.found_in(QUARTER, KNOWN, [QUARTER])
    monkeypatch.setattr(aside, "worth_it", lambda incidents: True)
    monkeypatch.setattr(aside, "PYTHON", "/bin/false")
    assert services.found_in(QUARTER, KNOWN, [QUARTER]) == expected
    assert "they are read here" in caplog.text


@pytest.mark.django_db
def test_a_process_whose_settings_name_another_database_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests' database is called after the process that made it.
    monkeypatch.setattr(aside, "worth_it", lambda incidents: True)
    with aside.begun([QUARTER], KNOWN, 0) as asked:
        assert asked.pasts() is None
