"""What a pack says of conformance: counts by class, the most telling on paper, all of them for machines and spreadsheets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from portal.foundation.words import counted
from reports.document import Cell, Chapter, Column, Section, Table
from reports.document import Kind as ColumnKind
from reports.metrics.population import Population

from .checking import Conformance, conformance_of
from .published import definitions_of
from .values import CONFUSION, Deviation, Kind

ON_PAPER = 20
_COUNT = ColumnKind.INTEGER
COUNTS = (
    Column("class", "Class"),
    Column("deviations", "Found", _COUNT),
    Column("with_rationale", "With a rationale", _COUNT),
    Column("without_rationale", "Without one", _COUNT),
    Column("incidents", "Incidents", _COUNT),
)
TELLING = (
    Column("incident", "Incident"),
    Column("class", "Class"),
    Column("at", "When", ColumnKind.DATETIME),
    Column("happened", "What happened"),
    Column("rationale", "Rationale on record"),
)
ALL = (
    *(Column("incident", "Incident"), Column("service", "Service"), Column("class", "Class"), Column("at", "When", ColumnKind.DATETIME)),
    *(Column("steps", "Steps"), Column("level", "Level", _COUNT)),
    *(Column("expected", "Expected"), Column("happened", "What happened"), Column("rationale", "Rationale on record")),
    Column("incident_page", "Incident's page"),
)


def chapter_of(population: Population, known_until: datetime) -> Chapter:
    """The chapter on conformance and on roles; empty where no escalation ran and nothing was found."""
    return told(conformance_of(population, known_until))


def told(found: Conformance) -> Chapter:
    if not found.runs and not found.deviations:
        return Chapter("conformance")
    course = [each for each in found.deviations if not each.kind.is_confusion]
    roles = [each for each in found.deviations if each.kind.is_confusion]
    by_course = Section("conformance", "Conformance", (_in_words(found, course),), tables=_tables("conformance", course, confusion=False))
    by_roles = Section("roles", "Signs of role confusion", (_roles_in_words(roles),), tables=_tables("roles", roles, confusion=True))
    return Chapter(
        "conformance",
        # Of imported incidents only the moves between people and groups are known.
        sections=(by_course, by_roles) if found.runs else (by_roles,),
        content=content_of(found),
        definitions=definitions_of() if found.runs else definitions_of(CONFUSION),
        summary=(
            " ".join((*((_in_words(found, course),) if found.runs else ()), _roles_in_words(roles).split(". ")[0].rstrip(".") + ".")),
        ),
    )


def content_of(found: Conformance) -> dict[str, Any]:
    """The figures for machines; the rows stand in the tables."""
    return {
        "checked": {"escalations": found.runs, "steps_passes": found.passes},
        "not_checked": {"escalations_of_unreadable_versions": found.unreadable, "alerts_without_recorded_roster": found.unrecorded},
        "classes": {
            kind.value: {
                "with_rationale": justified,
                "without_rationale": bare,
                "incidents": len({each.incident for each in found.deviations if each.kind is kind}),
            }
            for kind, (justified, bare) in found.counts().items()
        },
    }


def row_of(each: Deviation) -> tuple[Cell, ...]:
    """A deviation under the columns ALL. No key of the database, which another database would count otherwise."""
    steps = ", ".join(str(sequence) for sequence in each.sequences)
    return (
        each.number, each.service, each.kind.words, each.at, steps, each.level, each.expected, each.happened, each.rationale or None,
        f"{settings.PORTAL_URL}/admin/incidents/incident/?{urlencode({'q': each.number})}",
    )  # fmt: skip


def _in_words(found: Conformance, course: Sequence[Deviation]) -> str:
    bare = sum(not each.rationale for each in course)
    said = [
        f"{counted(found.runs, 'escalation')} with {counted(found.passes, 'recorded pass', 'recorded passes')} of the engine "
        f"{'was' if found.runs == 1 else 'were'} held against the policy version that each follows.",
        f"{counted(len(course), 'deviation')} {'was' if len(course) == 1 else 'were'} found, {bare:,} of them without a recorded rationale."
        if course
        else "No deviation was found.",
    ]
    if found.unreadable:
        said.append(
            f"{counted(found.unreadable, 'escalation')} could not be held against anything, as the version cannot be read any more."
        )
    if found.unrecorded:
        said.append(
            f"Of {counted(found.unrecorded, 'alert')} no roster was recorded, so whether the right person was alerted is not known."
        )
    return " ".join(said)


def _roles_in_words(roles: Sequence[Deviation]) -> str:
    if not roles:
        return "No sign of role confusion was found."
    incidents = len({each.incident for each in roles})
    return (
        f"{counted(len(roles), 'sign of role confusion', 'signs of role confusion')} in {counted(incidents, 'incident')}. Each is a question for the people concerned, and no finding about "
        "them: many may have had good reasons that no record holds."
    )


def _tables(key: str, rows: Sequence[Deviation], *, confusion: bool) -> tuple[Table, ...]:
    title, what = ("Signs by kind", "signs") if confusion else ("Deviations by class", "deviations")
    counts = Table(f"{key}_classes", title, "Drills are left out.", COUNTS, _counts(rows, confusion=confusion), whole=True)
    if not rows:
        return (counts,)
    telling = tuple((each.number, each.kind.words, each.at, each.happened, each.rationale or None) for each in rows[:ON_PAPER])
    many = "the most telling first, those without a rationale before those with one"
    return (
        counts,
        Table(
            f"{key}_telling",
            f"The {len(telling)} most telling {what}" if len(telling) > 1 else f"The most telling {what[:-1]}",
            f"{many.capitalize()}.",
            TELLING,
            telling,
            whole=True,
        ),
        Table(
            f"{key}_all", f"All {what}", f"{many.capitalize()}. Times in UTC.", ALL, tuple(row_of(each) for each in rows), on_paper=False
        ),
    )


def _counts(rows: Sequence[Deviation], *, confusion: bool) -> tuple[tuple[Cell, ...], ...]:
    told = []
    for kind in Kind:
        if (kind in CONFUSION) is confusion:
            mine = [each for each in rows if each.kind is kind]
            justified = sum(bool(each.rationale) for each in mine)
            told.append((kind.words, len(mine), justified, len(mine) - justified, len({each.incident for each in mine})))
    return tuple(told)
