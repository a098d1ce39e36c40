"""Time to resolve, frequency and recurrence, told."""

from typing import Any

import numpy as np

from portal.foundation.words import counted
from reports.document import Cell, Column, Kind, Section, Table, duration_in_words, number_in_words
from reports.metrics import resolution_definitions as definitions
from reports.metrics.incidents import DIMENSIONS, NONE_RECORDED, Incidents, in_a_sentence, told_apart

from .facts import Facts

_COUNT, _SHARE, _TIME = Kind.INTEGER, Kind.PERCENT, Kind.DURATION
# Parts of these stand by their number of incidents: on paper the beginning of a table is all that there is of it.
BY_SIZE = ("service", "team")
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
        words.append(_half_in_words(times))
    if times["contradicting"]:
        words.append(f"{counted(times['contradicting'], 'incident')} with a resolution before the opening left out.")
    words += [_again_in_words(of, again[of]) for of in ("service", "component") if again[of]["of"]]
    by = told["time_to_resolve"]["by"]
    tables = [_times_table(dimension, by[dimension]) for dimension in ("service", "team", "severity", "hour") if told_apart(by[dimension])]
    again_tables = [_recurrence_table(facts.incidents, of, facts) for of in ("service", "component") if again[of]["of"]]
    return (
        Section("resolution", "Time to resolve, frequency, recurrence", paragraphs=(" ".join(words),), tables=(*tables, *again_tables)),
    )


def _half_in_words(times: dict[str, Any]) -> str:
    whole = duration_in_words(times["p50_with_open"])
    if not times["open"]:
        return f"Half were resolved within {whole}; none is still open."
    resolved = f"; of those resolved alone, half within {duration_in_words(times['p50'])}" if times["p50"] is not None else ""
    return f"With {counted(times['open'], 'open incident')} counted as still waiting, half were resolved within {whole}{resolved}."


def _again_in_words(of: str, told: dict[str, Any]) -> str:
    return (
        f"{number_in_words(told['within_7_days'])} of {counted(told['of'], 'incident')} with a known {of} "
        f"({number_in_words(told['share_7_days'])} %) came within 7 days after another one of the same {of} had been resolved."
    )


def _times_table(dimension: str, by: dict[str, Any]) -> Table:
    columns = (Column(dimension, DIMENSIONS[dimension]), *TIME_COLUMNS)
    ordered = sorted(by.items(), key=lambda each: -each[1]["count"] - each[1]["open"]) if dimension in BY_SIZE else by.items()
    rows: tuple[tuple[Cell, ...], ...] = tuple((name or NONE_RECORDED, *(times[key] for key in TIMES)) for name, times in ordered)
    title = f"Time to resolve, by {in_a_sentence(DIMENSIONS[dimension])}"
    text = (
        f"{'The most incidents first. ' if dimension in BY_SIZE else ''}'With the open ones': after Kaplan and Meier, see the definitions."
    )
    return Table(f"resolution_by_{dimension}", title, text, columns, rows)


def _recurrence_table(incidents: Incidents, of: str, facts: Facts) -> Table:
    columns = [Column(of, DIMENSIONS[of]), Column("of", "Incidents opened", _COUNT)]
    for days in definitions.WINDOWS:
        columns += [Column(f"within_{days}_days", f"Within {days} days", _COUNT), Column(f"share_{days}_days", "Share", _SHARE)]
    back = facts.back[of]
    told_of: list[tuple[int, tuple[Cell, ...]]] = []
    for code in np.unique(back.of[back.of != 0]).tolist():
        told = definitions.recurrence(back.where(back.of == code))
        told_of.append((told["of"], (incidents.name_of(of, code), *(told[column.key] for column in columns[1:]))))
    rows = tuple(row for _, row in sorted(told_of, key=lambda each: (-each[0], str(each[1][0]))))
    name = in_a_sentence(DIMENSIONS[of])
    text = f"Incidents opened within so many days after the last resolution of another one of the same {name}; the most incidents first."
    return Table(f"recurrence_by_{of}", f"Recurrence, by {name}", text, tuple(columns), rows)
