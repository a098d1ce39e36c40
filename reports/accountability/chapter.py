"""What a pack says of the teams: what they answered for, side by side and without a rank, and nothing of a few people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reports.document import Cell, Chapter, Column, Definition, Kind, Section, Table
from reports.metrics.definitions import definition_of
from reports.metrics.population import Population
from reports.metrics.statistics import share_of

from .team_definitions import MEASURES
from .team_queries import teams_told
from .teams import IN_WORDS, RULE, Row

KEY, TITLE = "accountability", "What the teams answered for"


def chapter_of(population: Population, known_until: datetime) -> Chapter:
    """The chapter; empty where nothing can be told. Of some units it has their teams, with the numbers that the whole organisation's has."""
    return told(teams_told(population.start, population.end), population.units)


def told(rows: Sequence[Row], units: Sequence[int] | None) -> Chapter:
    shown = list(rows) if units is None else [row for row in rows if row.team is not None and row.team.unit in units]
    if not shown:
        return Chapter(KEY)
    if units is not None:
        shown.append(rows[-1])
    section = Section("team_accountability", TITLE, paragraphs=(IN_WORDS, RULE), tables=(_responses(shown), _duties(shown)))
    return Chapter(KEY, (section,), content_of(shown), definitions_of())


def definitions_of() -> tuple[Definition, ...]:
    return tuple(Definition(each.name, each.title, each.unit, definition_of(each.function)) for each in MEASURES)


def content_of(rows: Sequence[Row]) -> dict[str, Any]:
    """For machines: null is what is kept back."""
    return {"teams": [{"name": row.name, "people": row.people, "members": row.members, **row.numbers} for row in rows]}


def _responses(rows: Sequence[Row]) -> Table:
    columns = (*_WHO, Column("alerts", "Alerts", _COUNT), Column("alerts_each", "A person", Kind.NUMBER), Column("out_of_hours", "Out of hours", _COUNT),
               Column("asked", "Needed an answer", _COUNT), Column("answered", "Answered in time", _COUNT), Column("answered_share", "Share", Kind.PERCENT))  # fmt: skip
    return Table(
        "team_responses",
        "Alerts and answers",
        "“All together” is context, and no target.",
        columns,
        tuple(map(_response, rows)),
        whole=True,
    )


def _response(row: Row) -> tuple[Cell, ...]:
    alerts, hours, asked, answered = (row.numbers[measure.name] for measure in MEASURES[:4])
    each = None if alerts is None else round(alerts / row.people, 1)
    share = None if asked is None or answered is None else share_of(answered, asked)
    return row.name, row.people, row.members, alerts, each, hours, asked, answered, share


def _duties(rows: Sequence[Row]) -> Table:
    columns = (*_WHO, *(Column(each.name, each.title, _COUNT) for each in MEASURES[4:]))
    cells = tuple((row.name, row.people, row.members, *(row.numbers[each.name] for each in MEASURES[4:])) for row in rows)
    return Table("team_duties", "Hand-offs, drills and reviews", "Counts of the same people.", columns, cells, whole=True)


_COUNT = Kind.INTEGER
_WHO = (Column("team", "Team"), Column("people", "People", _COUNT), Column("members", "Members", _COUNT))
