"""Earlier quarters read by a process of its own say what they say when they are read here."""

import os
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from django.db import connection

from reports.metrics.population import Population
from reports.patterns import aside, services
from reports.patterns.finding import Past, past_among
from reports.patterns.grid import Grid
from tests.factories.reports import small_quarter, stored
from tests.reports.patterns.made_up import quarter

QUARTER = Population(datetime(2016, 1, 1, tzinfo=UTC), datetime(2016, 4, 1, tzinfo=UTC), (3, 1))
QUARTER_OF_ALL = replace(QUARTER, units=None)
KNOWN = datetime(2016, 4, 2, tzinfo=UTC)


def test_what_a_quarter_said_is_the_same_after_the_way_between_processes() -> None:
    past = past_among(quarter(7, 1_500))
    are_the_same(past, pickle.loads(pickle.dumps(past)))  # noqa: S301 (written in the line itself)


@pytest.mark.django_db(transaction=True)
def test_a_real_process_reads_what_would_be_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    stored(*small_quarter())
    expected = services.past_of(QUARTER_OF_ALL, KNOWN)
    monkeypatch.setenv("DATABASE_URL", url_of(str(connection.settings_dict["NAME"])))
    monkeypatch.setattr(aside, "worth_it", lambda incidents: True)
    with aside.begun([QUARTER_OF_ALL, QUARTER], KNOWN, 0) as asked:
        pasts = asked.pasts()
    assert pasts is not None
    are_the_same(expected, pasts[0])
    assert sum(int(tallies.cases.sum()) for tallies in pasts[0].values()) > 0
    are_the_same(services.past_of(QUARTER, KNOWN), pasts[1])
    here: list[Population] = []
    monkeypatch.setattr(services, "past_of", lambda population, known: here.append(population))
    services.found_in(QUARTER_OF_ALL, KNOWN, [QUARTER_OF_ALL] * 4)
    assert here == []


def are_the_same(past: Past, came: Past) -> None:
    assert came.keys() == past.keys()
    for name, tallies in past.items():
        assert came[name].parts == tallies.parts
        for column in ("cases", "bad", "ended", "still", "widened", "of_days"):
            one, other = (getattr(each, column) for each in (tallies, came[name]))
            places = np.arange(len(tallies.parts))
            one, other = (each.rows(places) if isinstance(each, Grid) else each for each in (one, other))
            assert (one is None and other is None) or np.array_equal(one, other)


def url_of(name: str) -> str:
    """The address of the database under test."""
    server = os.environ.get("DATABASE_URL", "")
    return urlsplit(server)._replace(path=f"/{name}").geturl() if server.startswith("postgres") else f"sqlite:///{name}"


@pytest.mark.django_db
def test_within_a_transaction_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "PYTHON", "/nobody/is/here")
    with aside.begun([QUARTER], KNOWN, aside.WORTH_IT) as asked:
        assert asked.pasts() is None


# A process that says it failed, one that is killed while it reads, one that dies while it writes its answer.
FAILS, IS_KILLED, WRITES_HALF = "exit 1", "kill -9 $$", 'for last; do :; done; printf "\\200\\005" > "$last"'


@pytest.mark.django_db
@pytest.mark.parametrize("how", [FAILS, IS_KILLED, WRITES_HALF])
def test_a_process_that_dies_costs_time_and_nothing_else(
    how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    stored(*small_quarter())
    earlier = [QUARTER_OF_ALL] * 4
    expected = services.found_in(QUARTER_OF_ALL, KNOWN, earlier)
    dies = tmp_path / "dies"
    dies.write_text(f"#!/bin/sh\n{how}\n")
    dies.chmod(0o755)
    monkeypatch.setattr(aside, "worth_it", lambda incidents: True)
    monkeypatch.setattr(aside, "PYTHON", str(dies))
    assert services.found_in(QUARTER_OF_ALL, KNOWN, earlier) == expected
    assert [record.getMessage() for record in caplog.records if "they are read here" in record.getMessage()] != []


@pytest.mark.django_db
def test_a_process_whose_settings_name_another_database_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests' database is called after the process that made it.
    monkeypatch.setattr(aside, "worth_it", lambda incidents: True)
    with aside.begun([QUARTER], KNOWN, 0) as asked:
        assert asked.pasts() is None
