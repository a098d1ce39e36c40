"""Time to resolve, frequency and recurrence, told."""

from typing import Any

import numpy as np

from portal.foundation.words import counted
from reports.document import Cell, Column, Kind, Section, Table, duration_in_words, number_in_words
from reports.metrics import resolution_definitions as definitions
from reports.metrics.incidents import DIMENSIONS, Incidents

from .facts import Facts

_COUNT, _SHARE, _TIME = Kind.INTEGER, Kind.PERCENT, Kind.DURATION
TIMES = ("count", "open", "mean", "p50", "p50_with_open", "p90", "p90_with_open", "p95")
TIME_COLUMNS = (
    Column("resolved", "Resolved", _COUNT),
    Column("open", "Open", _COUNT),
    Column("mean", "MTTR, mean", _TIME),
    Column("p50", "Median", _TIME),
    Column("p50_with_open", "Median with the open ones", _TIME),
    Column("p90", "90 % within", _TIME),
    Column("p90_with_open", "90 % with the open ones", _TIME),
    Column("p95", "95 % within", _TIME),
)


def content_of(facts: Facts) -> dict[str, Any]:
    by = {
        dimension: {name: definitions.time_to_resolve(part) for name, part in facts.incidents.parts(dimension)} for dimension in DIMENSIONS
    }
    return {
        "time_to_resolve": definitions.time_to_resolve(facts.incidents) | {"by": by},
        "frequency": definitions.frequency(facts.incidents, facts.start, facts.end),
        "recurrence": {of: definitions.recurrence(back) for of, back in facts.back.items()},
    }


def sections_of(facts: Facts, told: dict[str, Any]) -> tuple[Section, ...]:
    if not len(facts.incidents):
        return ()
    times, rate, again = told["time_to_resolve"], told["frequency"], told["recurrence"]
    words = [
        f"{number_in_words(rate['per_day'])} incidents were opened a day and {number_in_words(rate['per_week'])} a week; most, "
        f"{number_in_words(rate['on_the_busiest_day'])}, on {rate['busiest_day']}."
    ]
    if times["p50_with_open"] is not None:
        words.append(
            f"Half were resolved within {duration_in_words(times['p50_with_open'])}, {counted(times['open'], 'open incident')} counted as waiting."
        )
    if times["contradicting"]:
        words.append(f"{counted(times['contradicting'], 'incident')} with a resolution before the opening left out.")
    if again["service"]["of"]:
        words.append(
            f"{number_in_words(again['service']['share_7_days'])} % came within 7 days after the last resolution of the same service, "
            f"{number_in_words(again['component']['share_7_days'] or 0)} % of those with a known component within 7 days of the same component."
        )
    tables = [_times_table(dimension, told["time_to_resolve"]["by"][dimension]) for dimension in ("service", "team", "severity", "hour")]
    again_tables = [_recurrence_table(facts.incidents, of, facts) for of in ("service", "component")]
    return (
        Section("resolution", "Time to resolve, frequency, recurrence", paragraphs=(" ".join(words),), tables=(*tables, *again_tables)),
    )


def _times_table(dimension: str, by: dict[str, Any]) -> Table:
    columns = (Column(dimension, DIMENSIONS[dimension]), *TIME_COLUMNS)
    rows: tuple[tuple[Cell, ...], ...] = tuple((name or "–", *(times[key] for key in TIMES)) for name, times in by.items())
    title = f"Time to resolve, by {DIMENSIONS[dimension].lower()}"
    text = "'With the open ones': after Kaplan and Meier, see the definitions."
    return Table(f"resolution_by_{dimension}", title, text, columns, rows)


def _recurrence_table(incidents: Incidents, of: str, facts: Facts) -> Table:
    columns = [Column(of, DIMENSIONS[of]), Column("of", "Incidents opened", _COUNT)]
    for days in definitions.WINDOWS:
        columns += [Column(f"within_{days}_days", f"Within {days} days", _COUNT), Column(f"share_{days}_days", "Share", _SHARE)]
    back = facts.back[of]
    rows: list[tuple[Cell, ...]] = []
    for code in np.unique(back.of[back.of != 0]).tolist():
        told = definitions.recurrence(back.where(back.of == code))
        rows.append((incidents.name_of(of, code), *(told[column.key] for column in columns[1:])))
    rows.sort(key=lambda row: str(row[0]))
    text = f"Incidents opened within so many days after the last resolution of another one of the same {DIMENSIONS[of].lower()}."
    return Table(f"recurrence_by_{of}", f"Recurrence, by {DIMENSIONS[of].lower()}", text, tuple(columns), tuple(rows))
