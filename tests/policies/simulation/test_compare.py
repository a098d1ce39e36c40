"""Two courses of each incident, added up: the figures a reader decides by."""

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from policies.decisions.ruleset import PolicySnapshot
from policies.simulation.compare import MOST_CHANGED, Comparison
from policies.simulation.replay import PastIncident, Replay, courses
from portal.foundation.canonical import content_hash

from .contents import LATER, content, past


def compared(before: PolicySnapshot | None, after: PolicySnapshot, *incidents: PastIncident, zone: Any = UTC) -> dict[str, Any]:
    comparison, pair = Comparison(zone), (Replay(before), Replay(after))
    for row in courses(incidents, lambda _: pair, LATER):
        comparison.add(*row)
    return comparison.result()


def test_shorter_windows_are_newly_missed_and_alert_more_people() -> None:
    found = compared(content(30, 30), content(10, 10), past(answered=12, ended=60), past(answered=2, ended=60, key=2))
    assert (found["incidents"], found["changed"]) == (2, 1)
    assert found["pages"] == [2, 3]
    assert found["escalations"] == [0, 1]
    assert (found["newly_windows_missed"], found["newly_windows_met"]) == (1, 0)
    assert found["levels"] == [{"level": 1, "entered": [2, 2], "pages": [2, 2]}, {"level": 2, "entered": [0, 1], "pages": [0, 1]}]
    assert found["most_changed"][0]["changes"] == "1 alert more, highest level 1 → 2, a window newly missed"


def test_longer_windows_are_newly_met() -> None:
    found = compared(content(10, 10), content(30, 30), past(answered=12, ended=60))
    assert (found["newly_windows_missed"], found["newly_windows_met"]) == (0, 1)


def test_a_changed_threshold_changes_severities() -> None:
    rules = [content(15, thresholds=(("SEV2", value, 1),)) for value in ("5", "3")]
    failing = past(answered=1, ended=60, readings=((0, "4"),))
    declared = past(answered=1, ended=60, readings=((0, "4"),), declared=True, key=2)
    found = compared(*rules, failing, declared)
    assert found["severities_changed"] == 2
    assert found["severities"] == [
        {"from": "no incident", "to": "SEV2", "incidents": 1},
        {"from": "none", "to": "SEV2", "incidents": 1},
    ]


def test_alerts_are_told_by_team_and_by_the_hour_of_their_zone() -> None:
    found = compared(None, content(15, 15), past(team="Network"), past(team=""), zone=ZoneInfo("Europe/Madrid"))
    assert found["teams"] == [{"team": "Network", "pages": [0, 2]}, {"team": "no team", "pages": [0, 2]}]
    assert [row["hour"] for row in found["hours"] if row["pages"] != [0, 0]] == [0, 23]


def test_the_milestone_is_compared_too() -> None:
    found = compared(content(15, milestone=300), content(15, milestone=60), past(answered=1, ended=200))
    assert (found["newly_milestones_missed"], found["milestones_missed"]) == (1, [0, 1])


def test_the_ten_most_changed_stand_first_and_are_the_same_each_time() -> None:
    mild = [past(answered=12, ended=60, key=number, number=f"INC-{number}") for number in range(1, 30)]
    worst = past(answered=25, ended=60, key=99, number="INC-99")
    found = compared(content(30, 30, 30), content(10, 10), *mild[:15], worst, *mild[15:])
    assert len(found["most_changed"]) == MOST_CHANGED
    assert [entry["key"] for entry in found["most_changed"]] == [99, *range(1, 10)]
    assert "newly exhausted" in found["most_changed"][0]["changes"]


def test_the_result_can_be_hashed() -> None:
    assert content_hash(compared(content(30), content(10), past()))
