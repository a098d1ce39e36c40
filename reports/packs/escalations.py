"""What the pack says about escalations by the engine: how long levels took, who was woken, where people were waited for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portal.foundation.words import counted
from reports.document import Cell, Column, Definition, Kind, Section, Table, duration_in_words, number_in_words
from reports.metrics import escalation_definitions as definitions
from reports.metrics.definitions import definition_of
from reports.metrics.escalation_definitions import Escalations
from reports.metrics.incidents import NONE_RECORDED, in_a_sentence, told_apart
from reports.metrics.parts import split

DIMENSIONS = {"service": "Service", "team": "Assignment group", "severity": "Severity", "hour": "Hour of opening (UTC)"}
BY_SIZE = ("service", "team")
_COUNT, _SHARE, _TIME = Kind.INTEGER, Kind.PERCENT, Kind.DURATION


@dataclass(frozen=True, slots=True)
class EscalationFacts:
    """The quarter's technical escalations. `names` has for each dimension a name for each run, `opened` the incidents opened by name."""

    whole: Escalations
    names: Mapping[str, NDArray[Any]]
    opened: Mapping[str, Mapping[str, int]]
    _parts: dict[str, dict[str, Escalations]] = field(default_factory=dict, compare=False, repr=False)

    def by(self, dimension: str) -> dict[str, Escalations]:
        """The parts of a dimension that have escalations, by name; cut apart once, as several tables are made of them."""
        if dimension not in self._parts:
            place = {name: number for number, name in enumerate(sorted(set(self.names[dimension].tolist())))}
            codes = np.fromiter((place[name] for name in self.names[dimension].tolist()), dtype=np.int64, count=len(self.names[dimension]))
            opened = {number: self.opened[dimension].get(name, 0) for name, number in place.items()}
            found = split(self.whole, codes, opened)
            self._parts[dimension] = {name: found[number] for name, number in place.items()}
        return self._parts[dimension]


def content_of(facts: EscalationFacts) -> dict[str, Any]:
    """Every figure for machines: of the quarter, of each level, and of each part of each dimension."""
    by_level = {f"level {level}": part for level, part in _levels(facts.whole).items()}
    return {
        "measures": _measured(facts.whole) | {"time_to_escalate_by_cause": definitions.time_to_escalate_by_cause(facts.whole)},
        "bottleneck": {"level": definitions.bottleneck(by_level)}
        | {dimension: definitions.bottleneck(facts.by(dimension)) for dimension in DIMENSIONS},
        "by": {dimension: {name: _measured(part) for name, part in facts.by(dimension).items()} for dimension in DIMENSIONS},
    }


def definitions_of() -> tuple[Definition, ...]:
    return tuple(
        Definition(each.__name__, title, unit, definition_of(each))
        for each, title, unit in (*definitions.MEASURES, *definitions.OF_THE_WHOLE)
    )


def section_of(facts: EscalationFacts) -> tuple[Section, ...]:
    """The chapter; none where nothing escalated by the engine, as in imported logs."""
    if not len(facts.whole.incident):
        return ()
    tables = (
        _whole_table(facts.whole),
        _levels_table(facts.whole),
        *((_causes_table(facts.whole),) if definitions.escalations(facts.whole) else ()),
        *(_parts_table(facts, each) for each in DIMENSIONS if told_apart(facts.by(each))),
    )
    return (Section("engine_escalations", "Escalations by the portal", paragraphs=_in_words(facts), tables=tables),)


def summary_of(facts: EscalationFacts) -> tuple[str, ...]:
    """What the summary of the report says of them: the first two sentences of the chapter."""
    return (" ".join(_sentences(facts)[:2]),)


def _in_words(facts: EscalationFacts) -> tuple[str, ...]:
    return (" ".join(_sentences(facts)),)


def _sentences(facts: EscalationFacts) -> list[str]:
    whole = facts.whole
    density, windows, early = definitions.escalation_density(whole), definitions.windows(whole), definitions.premature(whole)
    begun, higher, closed = definitions.runs(whole), definitions.escalations(whole), windows["met"] + windows["missed"]
    said = [
        f"{counted(begun, 'escalation')} began, and {counted(higher, 'time')} a higher level was alerted, for {counted(density['incidents'], 'incident')}."
        if higher
        else f"{counted(begun, 'escalation')} began, and no higher level was alerted."
    ]
    if windows["share"] is not None:
        said.append(
            f"Of {counted(closed, 'level')} that {'was' if closed == 1 else 'were'} alerted and answered or ran out of time, {number_in_words(windows['met'])} "
            f"({number_in_words(windows['share'])} %) acknowledged in time and {number_in_words(windows['missed'])} did not."
        )
    slowest = definitions.bottleneck({f"level {level}": part for level, part in _levels(whole).items()})
    if slowest["name"] is not None:
        said.append(
            f"Most was waited for {slowest['name']}: {duration_in_words(slowest['seconds'])}, {number_in_words(slowest['share'])} % of all "
            "the time between an alert and its acknowledgement."
        )
    if early["count"]:
        said.append(
            f"{counted(early['count'], 'escalated incident')} ended without anything done by the levels above: premature escalations."
        )
    return said


def _measured(part: Escalations) -> dict[str, Any]:
    return {function.__name__: function(part) for function, _, _ in definitions.MEASURES}


def _levels(whole: Escalations) -> dict[int, Escalations]:
    return {int(level): whole.of_visits(whole.visits.level == level) for level in np.unique(whole.visits.level)}


def _whole_table(whole: Escalations) -> Table:
    density, early, idle, late = (
        measure(whole)
        for measure in (definitions.escalation_density, definitions.premature, definitions.woken_for_nothing, definitions.late_steps)
    )
    rows: list[tuple[Cell, ...]] = [
        ("Escalations begun", definitions.runs(whole), None, ""),
        ("To a higher level", definitions.escalations(whole), None, f"{number_in_words(density['per_incident'] or 0)} an incident opened"),
        *((f"… {cause}", count, None, "") for cause, count in definitions.escalations_by_cause(whole).items()),
        ("Incidents escalated to a higher level", density["incidents"], density["share"], "of the incidents opened"),
        ("Premature", early["count"], early["share"], "of those escalated to a higher level"),
        ("Levels woken for nothing", idle["count"], idle["share"], "of the higher levels at which somebody was alerted"),
        ("Levels at which nobody was alerted", definitions.skipped_levels(whole), None, ""),
        ("Nobody reached", definitions.exhausted_runs(whole), None, ""),
        ("Late steps", late["count"], late["share"], "of the engine's steps"),
    ]
    columns = (Column("figure", "Figure"), Column("number", "Number", _COUNT), Column("share", "Share", _SHARE), Column("of", "Of what"))
    return Table("escalation_counts", "Escalations in figures", "Drills are left out.", columns, tuple(rows), whole=True)


def _levels_table(whole: Escalations) -> Table:
    columns = (
        Column("level", "Level", _COUNT),
        Column("entered", "Entered", _COUNT),
        Column("alerted", "Somebody alerted", _COUNT),
        Column("acknowledged", "Acknowledged there", _COUNT),
        Column("mtta_p50", "Median of those", _TIME),
        Column("mtta_p50_with_open", "Median with the unanswered", _TIME),
        Column("escalated", "Left upwards", _COUNT),
        Column("mtte_mean", "MTTE, mean", _TIME),
        Column("mtte_p50", "Median", _TIME),
        Column("mtte_p90", "90 % within", _TIME),
        Column("mtte_p95", "95 % within", _TIME),
    )
    text = "MTTE, the last four columns: from entering the level to entering a higher one. 'With the unanswered': after Kaplan and Meier, see the definitions."
    rows = tuple((level, *_level_row(part)) for level, part in _levels(whole).items())
    return Table("escalation_levels", "Escalations, by level", text, columns, rows, whole=True)


def _causes_table(whole: Escalations) -> Table:
    columns = (
        Column("cause", "Why the higher level was entered"),
        Column("escalated", "Escalations", _COUNT),
        Column("mtte_mean", "MTTE, mean", _TIME),
        Column("mtte_p50", "Median", _TIME),
        Column("mtte_p90", "90 % within", _TIME),
        Column("mtte_p95", "95 % within", _TIME),
    )
    by_cause = definitions.time_to_escalate_by_cause(whole)
    rows = tuple(
        (_capital(cause), *(of[name] for name in ("count", "mean", "p50", "p90", "p95"))) for cause, of in by_cause.items() if of["count"]
    )
    text = "From entering a level to entering a higher one, by the first cause of the list that applies; those that did not happen are left out."
    return Table("escalation_causes", "Time to escalate, by cause", text, columns, rows, whole=True)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _level_row(part: Escalations) -> tuple[Cell, ...]:
    answered, escalated = definitions.time_to_acknowledge_level_seconds(part), definitions.time_to_escalate_seconds(part)
    asked = int((part.visits.alerted > 0).sum())
    times = (escalated[name] for name in ("count", "mean", "p50", "p90", "p95"))
    return len(part.visits), asked, answered["count"], answered["p50"], answered["p50_with_open"], *times


def _parts_table(facts: EscalationFacts, dimension: str) -> Table:
    columns = (
        Column(dimension, DIMENSIONS[dimension]),
        Column("opened", "Incidents opened", _COUNT),
        Column("escalations", "To a higher level", _COUNT),
        Column("per_incident", "Per incident", Kind.NUMBER),
        Column("mtte_p50", "Median to escalate", _TIME),
        Column("mtta_p50", "Median to acknowledge", _TIME),
        Column("mtta_p50_with_open", "With the unanswered", _TIME),
        Column("windows_missed", "Windows missed", _COUNT),
        Column("premature", "Premature", _COUNT),
        Column("woken_for_nothing", "Woken for nothing", _COUNT),
        Column("nobody_reached", "Nobody reached", _COUNT),
    )
    name = in_a_sentence(DIMENSIONS[dimension])
    parts = list(facts.by(dimension).items())
    if dimension in BY_SIZE:
        parts.sort(key=lambda each: (-definitions.escalations(each[1]), -each[1].opened, each[0]))
    text = f"Technical escalations, by {name} of their incidents{'; the most first' if dimension in BY_SIZE else ''}."
    rows = tuple(_part_row(name, part) for name, part in parts)
    return Table(f"escalations_by_{dimension}", f"Escalations, by {name}", text, columns, rows)


def _part_row(name: str, part: Escalations) -> tuple[Cell, ...]:
    answered = definitions.time_to_acknowledge_level_seconds(part)
    return (
        name or NONE_RECORDED, part.opened, definitions.escalations(part), definitions.escalation_density(part)["per_incident"],
        definitions.time_to_escalate_seconds(part)["p50"], answered["p50"], answered["p50_with_open"], definitions.windows(part)["missed"],
        definitions.premature(part)["count"], definitions.woken_for_nothing(part)["count"], definitions.exhausted_runs(part),
    )  # fmt: skip
