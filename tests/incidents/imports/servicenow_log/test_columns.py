"""The words of the log: read, or left unread, never guessed."""

from datetime import UTC, datetime

import pytest

from incidents.imports.servicenow_log.columns import COLUMNS, SourceState, doubtful, read_number, read_time, snapshot
from incidents.lifecycle.states import IncidentState
from tests.incidents.imports.logs import cells


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("New", SourceState(IncidentState.NEW)),
        ("Active", SourceState(IncidentState.IN_PROGRESS)),
        ("Awaiting User Info", SourceState(IncidentState.ON_HOLD, "Awaiting User Info")),
        ("Awaiting Problem", SourceState(IncidentState.ON_HOLD, "Awaiting Problem")),
        ("Awaiting Vendor", SourceState(IncidentState.ON_HOLD, "Awaiting Vendor")),
        ("Awaiting Evidence", SourceState(IncidentState.ON_HOLD, "Awaiting Evidence")),
        ("Resolved", SourceState(IncidentState.RESOLVED)),
        ("Closed", SourceState(IncidentState.CLOSED)),
    ],
)
def test_each_state_of_the_source_has_one_of_ours(word: str, state: SourceState) -> None:
    values = tuple(cells("INC1", "1/2/2016 09:00", incident_state=word).values())
    assert (snapshot(values).incident_state, doubtful(values)) == (state, [])


@pytest.mark.parametrize("word", ["-100", "active", "In Progress", "?", "", "Awaiting"])
def test_a_state_that_is_not_in_the_list_is_unknown_and_doubted(word: str) -> None:
    values = tuple(cells("INC1", "1/2/2016 09:00", incident_state=word).values())
    assert snapshot(values).incident_state.state is IncidentState.UNKNOWN
    assert doubtful(values) == [("incident_state", word)]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("active", "yes"),
        ("made_sla", "1"),
        ("reopen_count", "-1"),
        ("reopen_count", "1.5"),
        ("reassignment_count", "9" * 12),
        ("sys_mod_count", "\u0664"),
        ("impact", "High"),
        ("urgency", "4 - None"),
        ("priority", "P1"),
        ("opened_at", "2016-02-01 08:00:00"),
        ("resolved_at", "31/2/2016 08:00"),
        ("closed_at", "1/2/9999 08:00"),
        ("category", "x" * 121),
        ("caller_id", "x" * 151),
        ("rfc", "x" * 61),
    ],
)
def test_a_value_that_cannot_be_read_is_doubted_and_counts_as_not_known(column: str, text: str) -> None:
    values = tuple(cells("INC1", "1/2/2016 09:00", **{column: text}).values())
    assert doubtful(values) == [(column, text)]
    assert not getattr(snapshot(values), column)


def test_not_known_and_empty_are_no_cause_for_doubt() -> None:
    state = COLUMNS.index("incident_state")
    for word in ("?", "", " ? "):
        values = tuple("New" if place == state else word for place in range(len(COLUMNS)))
        assert doubtful(values) == []
        assert not any(value for name, value in snapshot(values)._asdict().items() if name != "incident_state")


def test_times_are_day_first_and_read_as_utc() -> None:
    assert read_time("2/3/2016 01:05") == datetime(2016, 3, 2, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("number", ["", "?", "   ", "=1+1", "INC 1", "x" * 41, "INC\n1", "-INC1"])
def test_a_number_that_could_not_be_written_on_a_page_is_not_usable(number: str) -> None:
    with pytest.raises(ValueError, match="not usable"):
        read_number(number)
