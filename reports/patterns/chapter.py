"""What a report says of the patterns found: the chapter 'What stands out', its figures, and how they were found."""

from collections.abc import Sequence
from datetime import datetime

from portal.foundation.words import counted
from reports.document import Cell, Chapter, Column, Definition, Kind, Section, Table
from reports.metrics.definitions import definition_of
from reports.metrics.population import Population

from .candidates import RATE
from .finding import EVERY
from .pattern import Pattern
from .services import affordable, found_in, quarters_before

# As many are told in full; all of them stand in the table.
TOLD = 5
_UNITS = (86_400, 3_600, 60)
HOW = Definition(
    "patterns",
    "What stands out",
    "findings",
    "Each service, component, group, policy version, level, time of day, and each service at night, with at least 20 cases on at least 5 "
    "days, is held against all other cases of the quarter at the same severities, and each of them and each severity against its own "
    "quarters before, up to eight, where at least four are known; so is the number of incidents of services, components and groups, whose "
    "chance is binomial. Shares: exact conditional test, hypergeometric within severities; 95 % interval of the "
    "difference after Newcombe. Times: log-rank test within severities, open cases counted as waiting; where all have ended, the rank sums "
    "of van Elteren and the difference of Hodges and Lehmann. Cases of one day are not independent: their design effect widens every "
    "chance. A finding is at least half as much again or ten points more, with five cases more than expected, or a pace of four fifths or "
    "less with a median that is a quarter and a minute longer; against the past it also lies beyond the control limit of its earlier "
    "quarters (individuals chart) and is worse than the same quarter a year ago. All comparisons of the quarter are judged together: of the "
    "findings one in twenty at most is expected to be chance (Benjamini and Hochberg). What disappears without the incidents of a surer "
    "finding of its kind is told with that one. Pace: of those still waiting at any moment, how many are done next, compared with the others; "
    "at 0.5 times their pace waits end half as readily. Ranked by the harm: minutes waited beyond those at the others' mean, or cases beyond the "
    "expected times what one is taken to cost.",
)
_COLUMNS = (
    Column("rank", "Rank", Kind.INTEGER),
    Column("kind", "Kind"),
    Column("headline", "Finding"),
    Column("effect", "Effect"),
    Column("confidence", "Confidence"),
    Column("harm", "Harm", Kind.DURATION),
)
_EVIDENCE = (
    Column("rank", "Rank", Kind.INTEGER),
    Column("sentence", "In words"),
    Column("also", "Also"),
    Column("cases", "Cases", Kind.INTEGER),
    Column("incidents", "Incidents", Kind.INTEGER),
    Column("confidence", "How sure"),
)
_INCIDENTS = (Column("rank", "Rank", Kind.INTEGER), Column("headline", "Finding"), Column("incident", "Incident"))


def chapter_of(population: Population, known_until: datetime) -> Chapter:
    """The chapter; that nothing stands out is told, too, as that is what a reader asks."""
    return told(found_in(population, known_until, affordable(tuple(quarters_before(population)))))


def told(found: Sequence[Pattern]) -> Chapter:
    """The findings as a chapter. Pure."""
    tables = (_table(found), _evidence(found), _incidents(found)) if found else ()
    return Chapter(
        "patterns",
        sections=(Section("patterns", "What stands out", (_in_words(found), *map(_paragraph, found[:TOLD])), tables=tables),),
        content={
            "false_discovery_rate": RATE,
            "measures": [measure.name for measure in EVERY],
            "found": [dict(each.as_content()) for each in found],
        },
        definitions=(HOW, *_definitions(found)),
        summary=(_in_one_sentence(found),),
    )


def _in_one_sentence(found: Sequence[Pattern]) -> str:
    if not found:
        return "Nothing stands out by more than chance."
    many = "1 pattern stands" if len(found) == 1 else f"{len(found):,} patterns stand"
    return f"{many} out by more than chance{'. The one with the most harm' if len(found) > 1 else ''}: {found[0].headline}."


def _in_words(found: Sequence[Pattern]) -> str:
    if not found:
        return (
            "Nothing stands out: no part of the quarter differs from the others, or from its own earlier quarters, by more than chance and "
            "by enough to matter. Parts with fewer than 20 cases were not compared."
        )
    return (
        f"{counted(len(found), 'pattern')} {'was' if len(found) == 1 else 'were'} found, the most harm first; one in twenty of them at most "
        "is expected to be chance. They are proposals: a difference has reasons that no figure knows."
    )


def _paragraph(each: Pattern) -> str:
    also = f" Also: {' '.join(each.also)}" if each.also else ""
    return f"{each.rank}. {each.headline}. {each.sentence}{also}"


def _table(found: Sequence[Pattern]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (each.rank, each.kind, each.headline, str(each.effect), each.confidence.words, _harm(each.minutes)) for each in found
    ]
    text = (
        "Effect with its 95 % interval. Harm: what was waited or done beyond the expected. How they were found stands in the definitions."
    )
    return Table("patterns", "Patterns by their harm", text, _COLUMNS, rows)


def _evidence(found: Sequence[Pattern]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (each.rank, each.sentence, " ".join(each.also), each.cases, each.of_incidents, str(each.confidence)) for each in found
    ]
    return Table("patterns_evidence", "Patterns in words", "Each with its numbers.", _EVIDENCE, rows, on_paper=False)


def _harm(minutes: float) -> float:
    """In seconds, rounded to its largest unit: it is an estimate."""
    seconds = 60 * minutes
    unit = next((size for size in _UNITS if seconds >= 2 * size), 1)
    return float(round(seconds / unit) * unit)


def _incidents(found: Sequence[Pattern]) -> Table:
    rows: list[tuple[Cell, ...]] = [(each.rank, each.headline, number) for each in found for number in each.incidents]
    text = "The incidents behind each pattern, the worst first, at most a hundred."
    return Table("patterns_incidents", "Incidents behind the patterns", text, _INCIDENTS, rows, on_paper=False)


def _definitions(found: Sequence[Pattern]) -> tuple[Definition, ...]:
    """Of the measures that found something."""
    used = {each.measure for each in found}
    return tuple(
        Definition(
            f"patterns.{measure.name}", f"{measure.title}, compared", "share" if measure.minutes else "seconds", definition_of(measure.of)
        )
        for measure in EVERY
        if measure.name in used
    )
