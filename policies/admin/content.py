"""A version's content as a person reads it: the ladder of each track, and every other part in words."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Severity, Track
from policies.governance.effect import first_alert, ladder
from policies.governance.models import PolicyVersion
from policies.governance.snapshots import snapshot_of
from portal.foundation import clock, words
from portal.foundation.errors import PortalError

from . import reading

Words = Mapping[str, str]
# What counts where a version says nothing, by the parts of policies.decisions.scopes.
INSTEAD: Words = {
    "severity_criteria": "Says nothing about thresholds: the broader policy's count; without any, people declare incidents by hand.",
    "business_impact": "Says nothing about business impact: the broader policy's counts; without any, impact is what people tell.",
    "priority_matrix": "Says nothing about the priority matrix: the broader policy's counts, else ITIL's.",
    "technical_track": "Says nothing about the technical track: the broader policy's levels count; without any, incidents alert nobody.",
    "stakeholder_track": "Says nothing about the stakeholder track: the broader policy's levels count; without any, nobody is kept informed.",
    "compliance_track": "Says nothing about the legal and compliance track: the broader policy's levels count. The track starts all the same.",
    "exception_rules": "No exceptions of its own: those of broader policies count.",
    "messages": "No messages of its own: those of broader policies count; without any, the portal's own words.",
    "announcements": "No announcements of its own: those of broader policies count; without any, nobody has to speak.",
}
# The same where all policies were asked already.
WITHOUT: Words = {
    "severity_criteria": "Nobody says anything: people declare incidents by hand.",
    "business_impact": "Nobody says anything: impact is what people tell.",
    "priority_matrix": "Nobody says anything: ITIL's matrix counts.",
    "technical_track": "Nobody says anything: incidents alert nobody.",
    "stakeholder_track": "Nobody says anything: nobody is kept informed.",
    "compliance_track": "Nobody says anything: the track starts when it must, and alerts nobody.",
    "exception_rules": "There are none.",
    "messages": "There are none: the portal's own words are sent.",
    "announcements": "There are none: nobody has to speak.",
}


def content_panels(version: PolicyVersion) -> dict[str, Any]:
    """Context for policies/content.html, from the frozen content; says so when that content cannot be trusted."""
    try:
        content = snapshot_of(version)
    except PortalError as error:
        return {"content_problem": error.message}
    return snapshot_panels(content)


def snapshot_panels(content: PolicySnapshot, before: PolicySnapshot | None = None, instead: Words = INSTEAD) -> dict[str, Any]:
    """Context for policies/content.html. With `before`, each level also says when it was reached until now.

    `instead` says, part by part, what counts where the content says nothing.
    """
    today = clock.now().date()
    return {
        "instead": instead,
        "tracks": [{**_track(content, before, track, today), "instead": instead[f"{track.value}_track"]} for track in Track],
        "severity_rules": [reading.severity_rule(rule) for rule in content.severity_rules],
        "thresholds": reading.thresholds(content),
        "business": reading.business(content),
        "matrix": reading.matrix(content),
        "exceptions": [reading.exception(rule, today) for rule in content.exceptions],
        "messages_said": [reading.message(rule) for rule in content.messages],
        "announcements": [reading.announcement(rule) for rule in content.announcements],
    }


def _track(content: PolicySnapshot, before: PolicySnapshot | None, track: Track, today: date) -> dict[str, Any]:
    """One track: its alerts in time, what its levels have besides, and how it starts and ends."""
    shown = content.on_track(track)
    course = ladder(shown)
    levels = sorted(shown.levels, key=lambda level: level.number)
    return {
        "key": track.value,
        "title": f"{track.label} track",
        "ladder": _rungs(shown, before.on_track(track) if before is not None else None),
        "exhausted": words.duration(course.exhausted_after),
        "notes": [(f"Level {level.number}, {level.name}", reading.level_notes(level, today)) for level in levels],
        "about": _about(content, track),
    }


def _rungs(content: PolicySnapshot, before: PolicySnapshot | None) -> list[dict[str, Any]]:
    rows, shown = [], set()
    for alert in ladder(content).alerts:
        was = first_alert(before, alert.level) if before is not None and alert.level not in shown else None
        rows.append(
            {
                "alert": alert,
                "after": "at once" if not alert.after else f"after {words.duration(alert.after)}",
                "first": alert.level not in shown,
                "was": "" if was is None or was == alert.after else f"until now after {words.duration(was)}",
            }
        )
        shown.add(alert.level)
    return rows


def _about(content: PolicySnapshot, track: Track) -> list[str]:
    """How a track starts, repeats and moves on by itself."""
    if track is Track.STAKEHOLDER:
        return [f"It starts for incidents of {_severities(content.stakeholder_from)}."]
    if track is Track.COMPLIANCE:
        return ["It starts when personal data, a regulated workload or a suspected data breach is marked, and nothing drops it."]
    told = []
    if content.repeats:
        told.append(f"When nobody acknowledged, it begins again from the first level, {words.counted(content.repeats, 'time')}.")
    if content.resolve_within:
        told.append(
            f"An incident that is not resolved {words.duration(content.resolve_within)} after opening moves one level up, even when acknowledged."
        )
    if content.silent_after:
        told.append(
            f"Whoever acknowledged and gives no sign of work for {words.duration(content.silent_after)} is alerted again, then the others of "
            "the level."
        )
    return told


def _severities(least: Severity) -> str:
    return least.label if least is Severity.SEV1 else f"{least.label} and worse"
