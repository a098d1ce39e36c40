"""The escalations of every track, told by level, team, dimension and policy version."""

from typing import Any

import numpy as np

from reports.document import Cell, Column, Kind, Section, Table
from reports.metrics import escalation_definitions as definitions
from reports.metrics.escalation_definitions import Escalations
from reports.metrics.incidents import DIMENSIONS, NONE_RECORDED, in_a_sentence, told_apart
from reports.metrics.parts import by_level, split

from .facts import Facts

NAMES = {"technical": "Technical", "stakeholder": "Stakeholder", "compliance": "Legal and compliance"}
VERSION = "version"
_COUNT, _SHARE, _TIME, _NUMBER = Kind.INTEGER, Kind.PERCENT, Kind.DURATION, Kind.NUMBER
# On paper the beginning of a long table is all that there is of it; hours, severities and versions have an order of their own.
BY_MISSED = ("service", "component", "team", "unit")
DISCIPLINE = (
    Column("met", "Windows met", _COUNT),
    Column("missed", "Windows missed", _COUNT),
    Column("share_met", "Met", _SHARE),
    Column("late", "Late steps", _COUNT),
    Column("skipped", "Levels at which nobody was alerted", _COUNT),
    Column("exhausted", "Nobody reached", _COUNT),
)
ANSWERS = (
    Column("acknowledged", "Acknowledged there", _COUNT),
    Column("without", "Not acknowledged there", _COUNT),
    Column("mean", "MTTA, mean", _TIME),
    Column("p50", "Median", _TIME),
    Column("p50_with_open", "Median with the unanswered", _TIME),
    Column("p90", "90 % within", _TIME),
    Column("p95", "95 % within", _TIME),
)


def content_of(facts: Facts) -> dict[str, Any]:
    return {
        "tracks": {
            track: _measured(whole) | {"time_to_escalate_by_cause": definitions.time_to_escalate_by_cause(whole)}
            for track, (whole, _) in facts.tracks.items()
        },
        "levels": {
            track: {level: definitions.of_a_level(part) for level, part in by_level(whole).items()}
            for track, (whole, _) in facts.tracks.items()
        },
        "by": {
            track: {dimension: {name: _measured(part) for name, part in facts.by(dimension, track).items()} for dimension in DIMENSIONS}
            for track in facts.tracks
        },
        "versions": {name: _measured(part) for name, part in versions_of(facts).items()},
        "bottleneck": {track: _bottlenecks(facts, track) for track in facts.tracks},
    }


def versions_of(facts: Facts) -> dict[str, Escalations]:
    """The technical escalations by the policy version that they follow; each is held against the incidents that had one."""
    if facts.technical is None:
        return {}
    whole, version = facts.tracks["technical"]
    first = np.unique(np.stack((version, whole.incident)), axis=1)[0]
    opened = dict(zip(*(column.tolist() for column in np.unique(first, return_counts=True)), strict=True))
    found = split(whole, version, opened)
    named = [(facts.versions.get(code, ""), part) for code, part in found.items()]
    return dict(sorted(named, key=lambda each: each[0]))


def sections_of(facts: Facts, told: dict[str, Any]) -> tuple[Section, ...]:
    if not facts.tracks:
        return ()
    by = told["by"].get("technical", {})
    tables = (
        _tracks_table(told["tracks"]),
        _levels_table(told["levels"]),
        _team_levels_table(facts),
        _bottleneck_table(told),
        *(_discipline_table(each, DIMENSIONS[each], by[each]) for each in DIMENSIONS if told_apart(by.get(each, ()))),
        _discipline_table(VERSION, "Policy version", told["versions"], more=True),
    )
    text = (
        "The technical track repairs, the stakeholder track keeps people informed, the legal and compliance track answers to the law. Each has "
        "windows of its own. Tables without a track are of the technical one."
    )
    return (Section("tracks", "Escalations of every track", paragraphs=(text,), tables=tables),)


def _measured(part: Escalations) -> dict[str, Any]:
    return {function.__name__: function(part) for function, _, _ in definitions.MEASURES}


def _bottlenecks(facts: Facts, track: str) -> dict[str, Any]:
    levels = definitions.bottleneck(by_level(facts.tracks[track][0]))
    return {"level": levels} | {each: definitions.bottleneck(facts.by(each, track)) for each in DIMENSIONS}


def _tracks_table(told: dict[str, Any]) -> Table:
    columns = (
        Column("track", "Track"),
        Column("runs", "Begun", _COUNT),
        Column("escalations", "To a higher level", _COUNT),
        Column("mtte_p50", "Median to escalate", _TIME),
        Column("mtta_p50", "Median to acknowledge", _TIME),
        Column("mtta_p50_with_open", "With the unanswered", _TIME),
        Column("premature", "Premature", _COUNT),
        Column("woken_for_nothing", "Woken for nothing", _COUNT),
        *DISCIPLINE,
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            *(NAMES[track], of["runs"], of["escalations"], of["time_to_escalate_seconds"]["p50"]),
            *(of["time_to_acknowledge_level_seconds"][name] for name in ("p50", "p50_with_open")),
            *(of[name]["count"] for name in ("premature", "woken_for_nothing")),
            *_discipline(of),
        )
        for track, of in told.items()
    )
    return Table("tracks", "Escalations, by track", "Drills are left out.", columns, rows, whole=True)


def _levels_table(told: dict[str, Any]) -> Table:
    columns = (Column("track", "Track"), Column("level", "Level"), *ANSWERS)
    rows = tuple((NAMES[track], level, *_answers(of)) for track, levels in told.items() for level, of in levels.items())
    text = "From the first alert at a level to the acknowledgement there."
    return Table("acknowledgement_by_level", "Time to acknowledge, by track and level", text, columns, rows, whole=True)


def _team_levels_table(facts: Facts) -> Table:
    columns = (Column("team", "Assignment group"), Column("level", "Level"), *ANSWERS)
    rows = tuple(
        (
            name or NONE_RECORDED,
            level,
            *_answers({"time_to_acknowledge_level_seconds": definitions.time_to_acknowledge_level_seconds(part)}),
        )
        for name, team in facts.by("team").items()
        for level, part in by_level(team).items()
    )
    text = "Of the assignment group that the incident has now."
    return Table("acknowledgement_by_team", "Time to acknowledge, by assignment group and level", text, columns, rows)


def _bottleneck_table(whole: dict[str, Any]) -> Table:
    columns = (
        Column("track", "Track"), Column("dimension", "By"), Column("name", "Where"), Column("seconds", "Waited", _TIME), Column("share", "Share", _SHARE),
    )  # fmt: skip
    rows = tuple(
        (NAMES[track], {"level": "Level", **DIMENSIONS}[dimension], found["name"] or NONE_RECORDED, found["seconds"], found["share"])
        for track, by in whole["bottleneck"].items()
        for dimension, found in by.items()
        if found["name"] is not None and (dimension not in DIMENSIONS or told_apart(whole["by"][track][dimension]))
    )
    text = "Where most time was waited between an alert and its acknowledgement, and its share of all such time on the track."
    return Table("bottlenecks", "Bottlenecks", text, columns, rows, whole=True)


def _discipline_table(key: str, title: str, by: dict[str, Any], *, more: bool = False) -> Table:
    runs = (
        Column("runs", "Begun", _COUNT),
        Column("escalations", "To a higher level", _COUNT),
        Column("per_incident", "Per incident", _NUMBER),
    )
    columns = (Column(key, title), *(runs if more else ()), *DISCIPLINE)
    ordered = sorted(by.items(), key=lambda each: -each[1]["windows"]["missed"]) if key in BY_MISSED else list(by.items())
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            name or NONE_RECORDED,
            *((of["runs"], of["escalations"], of["escalation_density"]["per_incident"]) if more else ()),
            *_discipline(of),
        )
        for name, of in ordered
    )
    text = (
        f"{'The most missed first. ' if key in BY_MISSED else ''}A window is met when somebody acknowledges before the level's time is over; "
        "a step is late when the portal made it half a minute or more after it was due."
    )
    return Table(f"discipline_by_{key}", f"Kept and missed, by {in_a_sentence(title)}", text, columns, rows)


def _discipline(of: dict[str, Any]) -> tuple[Cell, ...]:
    windows = of["windows"]
    return (
        *(windows["met"], windows["missed"], windows["share"]),
        *(of["late_steps"]["count"], of["skipped_levels"], of["exhausted_runs"]),
    )


def _answers(of: dict[str, Any]) -> tuple[Cell, ...]:
    times = of["time_to_acknowledge_level_seconds"]
    return tuple(times[name] for name in ("count", "without", "mean", "p50", "p50_with_open", "p90", "p95"))
