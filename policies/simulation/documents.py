"""A simulation as JSON values, for the API and for files."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from policies.governance.models import PolicyVersion

from .simulating import Simulation, Telling
from .ways import Way

# What two courses are compared by: names and sentences may change without anything happening differently.
COMPARED = ("after_seconds", "track", "action", "level", "position", "person_id")


def steps_of(simulation: Simulation) -> list[dict[str, Any]]:
    """The steps alone, numbered from 1."""
    return [_step(number, told) for number, told in enumerate(simulation.told, start=1)]


def document_of(simulation: Simulation) -> dict[str, Any]:
    """Everything that a simulation says. Times are ISO 8601 in UTC, durations whole seconds."""
    version, course = simulation.version, simulation.course
    first = course.first
    return {
        "scenario": simulation.scenario.document(),
        "service": simulation.service.name,
        "version": _version(version) if version else None,
        "rules": [{"part": won.part, "version": won.source.name, "why": won.why} for won in simulation.rules.won],
        "grade": {
            "severity": first.severity or None,
            "priority": first.priority,
            "impact": int(first.facts.impact),
            "urgency": int(first.facts.urgency),
            "start_level": first.start_level,
            "why": list(first.why),
        },
        "tracks": [
            {
                "track": end.track.value,
                "version": str(simulation.follows[end.track].version),
                "status": end.status.value,
                "ended_at": end.at.isoformat() if end.at else None,
                "why": end.why,
                "answered_by": end.by or None,
            }
            for end in course.ends
        ],
        "steps": steps_of(simulation),
        "happenings": [{"at": told.at.isoformat(), "after_seconds": _seconds(told.after), "text": told.text} for told in course.told],
        "cut": course.cut or None,
    }


def differing(before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]]) -> tuple[list[int], list[int]]:
    """The numbers of the steps that only the first has, and of those that only the second has."""
    was, will = {_key(step): step["number"] for step in before}, {_key(step): step["number"] for step in after}
    return [number for key, number in was.items() if key not in will], [number for key, number in will.items() if key not in was]


def _key(step: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(step[name] for name in COMPARED)


def _version(version: PolicyVersion) -> dict[str, Any]:
    told = {"policy": version.policy.name, "number": version.number, "state": version.state}
    return {**told, "content_sha256": version.content_sha256 or None}


def _step(number: int, told: Telling) -> dict[str, Any]:
    step, action = told.step, told.step.action
    return {
        "number": number,
        "at": step.at.isoformat(),
        "after_seconds": _seconds(step.after),
        "track": step.track.value,
        "action": action.kind.value,
        "level": action.level,
        "position": action.position,
        "role": told.role or None,
        "person_id": action.person_id,
        "person": action.person_name or None,
        "text": told.text,
        "reason": action.reason,
        "late_seconds": None if action.late_by is None else _seconds(action.late_by),
        "deviation": action.deviation,
        "receiver": told.receiver or None,
        "title": told.title or None,
        "ways": [_way(way) for way in told.ways],
    }


def _way(way: Way) -> dict[str, Any]:
    within = None if way.receipt_within is None else _seconds(way.receipt_within)
    return {"channel": way.channel, "label": way.label, "receipt_within_seconds": within, "problem": way.problem or None}


def _seconds(duration: timedelta) -> int:
    return round(duration.total_seconds())
