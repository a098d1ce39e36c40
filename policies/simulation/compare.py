"""Two courses of each incident held against each other and added up. Pure; the result is canonical data that can be hashed and stored."""

import heapq
from collections import Counter
from datetime import tzinfo
from typing import Any

from policies.decisions.vocabulary import Track
from portal.foundation.words import counted

from .replay import Course, PastIncident

MOST_CHANGED = 10
MOST_TEAMS = 15
NO_SEVERITY, NO_INCIDENT, NO_TEAM = "none", "no incident", "no team"
# How far apart two severities are; 'none' is one step below the least.
STEPS = {"SEV1": 4, "SEV2": 3, "SEV3": 2, "SEV4": 1}
# What makes one incident more changed than another: a severity or a window weighs more than an alert.
A_STEP, A_WINDOW = 3, 2


class Comparison:
    """Takes incidents one at a time with their course before and after, and keeps only sums and the most changed ten.

    `zone` is the time zone in which the hour of an alert is told.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._incidents = 0
        self._changed = 0
        self._severities: Counter[tuple[str, str]] = Counter()
        self._priorities: Counter[tuple[int, int]] = Counter()
        self._sums: dict[str, list[int]] = {}
        self._newly: Counter[str] = Counter()
        self._tables: dict[str, dict[Any, list[int]]] = {"pages": {}, "entered": {}, "team": {}, "hour": {}}
        self._most: list[tuple[int, int, dict[str, Any]]] = []

    def add(self, incident: PastIncident, before: Course, after: Course) -> None:
        """Counts one incident."""
        self._incidents += 1
        was, will = severity_of(before), severity_of(after)
        if was != will:
            self._severities[was, will] += 1
        if before.priority != after.priority and before.happened and after.happened:
            self._priorities[before.priority, after.priority] += 1
        for side, course in enumerate((before, after)):
            self._count(incident, course, side)
        for what, missed in (("windows", _missed_window), ("milestones", _missed_milestone)):
            if missed(before) != missed(after):
                self._newly[f"{what}_{'missed' if missed(after) else 'met'}"] += 1
        if before != after:
            self._changed += 1
            self._remember(incident, before, after)

    def result(self) -> dict[str, Any]:
        """Whole numbers and text only. Pairs are [before, after]."""
        teams = sorted(self._tables["team"].items(), key=lambda row: (-abs(row[1][1] - row[1][0]), -row[1][1], row[0]))
        numbers = sorted(self._tables["entered"].keys() | self._tables["pages"].keys())
        return {
            "incidents": self._incidents,
            "changed": self._changed,
            "severities_changed": self._severities.total(),
            "severities": [{"from": was, "to": will, "incidents": n} for (was, will), n in sorted(self._severities.items())],
            "priorities": [{"from": was, "to": will, "incidents": n} for (was, will), n in sorted(self._priorities.items())],
            "tracks": [
                {"track": track.value, "runs": self._sums.get(track.value, [0, 0])} for track in Track if track is not Track.TECHNICAL
            ],
            **{
                name: self._sums.get(name, [0, 0])
                for name in ("pages", "escalations", "windows_missed", "exhausted", "milestones_missed", "incidents_paged")
            },
            **{f"newly_{name}": self._newly[name] for name in ("windows_missed", "windows_met", "milestones_missed", "milestones_met")},
            "levels": [
                {"level": n, "entered": self._tables["entered"].get(n, [0, 0]), "pages": self._tables["pages"].get(n, [0, 0])}
                for n in numbers
            ],
            "teams": [{"team": name, "pages": pages} for name, pages in teams[:MOST_TEAMS]],
            "teams_left_out": max(len(teams) - MOST_TEAMS, 0),
            "hours": [{"hour": hour, "pages": self._tables["hour"].get(hour, [0, 0])} for hour in range(24)],
            "most_changed": [entry for *_, entry in sorted(self._most, key=lambda row: (-row[0], -row[1]))],
        }

    def _count(self, incident: PastIncident, course: Course, side: int) -> None:
        sums = (
            ("pages", len(course.pages)),
            ("escalations", course.escalations),
            ("windows_missed", _missed_window(course)),
            ("exhausted", course.exhausted),
            ("milestones_missed", course.milestone_missed),
            ("incidents_paged", bool(course.pages)),
        )
        for name, value in sums:
            self._sums.setdefault(name, [0, 0])[side] += int(value)
        for track in course.tracks:
            self._sums.setdefault(track.value, [0, 0])[side] += 1
        for level in course.levels:
            self._tables["entered"].setdefault(level, [0, 0])[side] += 1
        if course.pages:
            self._tables["team"].setdefault(incident.team or NO_TEAM, [0, 0])[side] += len(course.pages)
        for page in course.pages:
            self._tables["pages"].setdefault(page.level, [0, 0])[side] += 1
            hour = (incident.opened_at + page.after).astimezone(self._zone).hour
            self._tables["hour"].setdefault(hour, [0, 0])[side] += 1

    def _remember(self, incident: PastIncident, before: Course, after: Course) -> None:
        weight = weight_of(before, after)
        # Of equally changed ones the first stay, so that the same incidents give the same ten.
        order = (weight, -self._incidents)
        if len(self._most) == MOST_CHANGED and self._most[0][:2] > order:
            return
        entry = {"key": incident.key, "number": incident.number, "changes": changes_in_words(before, after)}
        row = (*order, entry)
        if len(self._most) < MOST_CHANGED:
            heapq.heappush(self._most, row)
        else:
            heapq.heapreplace(self._most, row)


def severity_of(course: Course) -> str:
    """'SEV2', 'none', or 'no incident' where no threshold would have declared one."""
    return (course.severity or NO_SEVERITY) if course.happened else NO_INCIDENT


def weight_of(before: Course, after: Course) -> int:
    """How much two courses of one incident differ."""
    steps = abs(STEPS.get(severity_of(before), 0) - STEPS.get(severity_of(after), 0))
    windows = (_missed_window(before) != _missed_window(after)) + (_missed_milestone(before) != _missed_milestone(after))
    steps += abs(before.priority - after.priority) if before.happened and after.happened else 0
    ladder = abs(len(after.pages) - len(before.pages)) + abs(after.escalations - before.escalations)
    return A_STEP * steps + A_WINDOW * windows + ladder + (before.exhausted != after.exhausted) + (before.happened != after.happened)


def changes_in_words(before: Course, after: Course) -> str:
    """'severity none → SEV2, 2 alerts more, its windows newly missed'."""
    said = []
    if severity_of(before) != severity_of(after):
        said.append(f"severity {severity_of(before)} → {severity_of(after)}")
    if before.priority != after.priority and before.happened and after.happened:
        said.append(f"priority P{before.priority} → P{after.priority}")
    for track in (Track.STAKEHOLDER, Track.COMPLIANCE):
        if (track in before.tracks) != (track in after.tracks):
            said.append(f"{track.label.lower()} track {'newly started' if track in after.tracks else 'no longer started'}")
    more = len(after.pages) - len(before.pages)
    if more:
        said.append(f"{counted(abs(more), 'alert')} {'more' if more > 0 else 'fewer'}")
    if before.highest != after.highest:
        said.append(f"highest level {before.highest or 'none'} → {after.highest or 'none'}")
    if _missed_window(before) != _missed_window(after):
        said.append("a window newly missed" if _missed_window(after) else "all windows newly met")
    if before.exhausted != after.exhausted:
        said.append("newly exhausted" if after.exhausted else "no longer exhausted")
    if _missed_milestone(before) != _missed_milestone(after):
        said.append("resolution milestone newly missed" if after.milestone_missed else "resolution milestone newly met")
    return ", ".join(said) or "other levels or other times of the alerts"


def _missed_window(course: Course) -> bool:
    return course.windows_missed > 0


def _missed_milestone(course: Course) -> bool:
    return course.milestone_missed
