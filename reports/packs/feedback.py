"""What the pack says of feedback: how many answers, how satisfied with which certainty, and what followed. No words, no names."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from incidents.feedback.queries import COUNTING
from incidents.models import Feedback
from portal.foundation.words import counted, listed
from reports.document import Cell, Chapter, Column, Definition, Kind, Section, Table, number_in_words
from reports.metrics.definitions import definition_of
from reports.metrics.population import Population

from .quarters import Quarter
from .satisfaction import (
    FEWEST,
    KINDS,
    MEASURES,
    NUMBERS,
    Answer,
    Heard,
    feedback_followed,
    feedback_given,
    satisfaction,
    satisfaction_by_service,
    satisfaction_change,
)

KEY, TITLE = "feedback", "What customers, teams and stakeholders said"
MANY = {"customer": "customers", "team": "teams", "stakeholder": "stakeholders"}
SHOWN = {"higher": "higher", "lower": "lower", "neither": "no difference shown"}
CAVEAT = (
    "Whoever answers was not drawn by lot, and how many were asked is not known: the intervals cover chance alone. Satisfaction is told of "
    f"{FEWEST} answers with a number or more, as fewer may point to a person; the portal does not know whether they are of different people. "
    "Services with fewer stand together."
)
OF_UNITS = (
    "In this report on some units satisfaction is that of customers of the services told below, with the numbers of the whole organisation's "
    "report; of teams and stakeholders only the answers are counted."
)
_COUNT, _SHARE = Kind.INTEGER, Kind.PERCENT


def chapter_of(population: Population, known_until: datetime) -> Chapter:
    """The chapter; empty where nobody let anything be known in the period."""
    given = read(population)
    if not any(each.here for each in given.answers):
        return Chapter(KEY)
    tables = (_satisfaction(given), _services(given), _change(given), _followed(given))
    said = (*_in_words(given), CAVEAT, *(() if given.whole else (OF_UNITS,)))
    return Chapter(
        KEY,
        sections=(Section(KEY, TITLE, paragraphs=said, tables=tuple(table for table in tables if table.rows)),),
        content={function.__name__: function(given) for function, _, _ in MEASURES},
        definitions=tuple(Definition(each.__name__, title, unit, definition_of(each)) for each, title, unit in MEASURES),
        summary=_in_words(given)[:1],
    )


def read(population: Population) -> Heard:
    """Two queries. An answer belongs to the period by its own day, and to the unit of its service as that stands now."""
    before = Quarter.of(population.start).previous.start.date()
    start, end, units = population.start.date(), population.end.date(), population.units
    columns = ("giver", "service_id", "service__name", "service__business_unit_id", "satisfaction", "outcome", "given_on", "withdrawn_at")
    answers: dict[bool, list[Answer]] = {True: [], False: []}
    withdrawn = 0
    rows = Feedback.objects.filter(given_on__gte=before, given_on__lt=end).order_by("given_on", "pk")
    for giver, service, name, unit, number, outcome, day, gone in rows.values_list(*columns).iterator():
        here = units is None or unit in units
        if gone is None:
            answers[day >= start].append(Answer(giver, service, name, number, outcome, here))
        elif here and day >= start:
            withdrawn += 1
    agreed = Feedback.objects.filter(COUNTING, given_on__gte=start, given_on__lt=end, actions__isnull=False)
    if units is not None:
        agreed = agreed.filter(service__business_unit_id__in=units)
    states = list(agreed.order_by().values_list("actions__state", flat=True))
    return Heard(answers[True], answers[False], withdrawn, states, units is None)


def _in_words(given: Heard) -> tuple[str, ...]:
    told, followed = feedback_given(given), feedback_followed(given)
    parts = [f"{number_in_words(told[kind]['answers'])} by {MANY[kind]}" for kind in KINDS if told[kind]["answers"]]
    answers = sum(told[kind]["answers"] for kind in KINDS)
    first = f"{counted(answers, 'answer was', 'answers were')} given in the quarter: {listed(parts)}."
    if given.withdrawn:
        first += (
            f" {counted(given.withdrawn, 'more was', 'more were')} withdrawn and {'counts' if given.withdrawn == 1 else 'count'} nowhere."
        )
    measured, changes = satisfaction(given), satisfaction_change(given)
    sentences = [_sentence(kind, measured[kind], changes[kind]) for kind in KINDS if measured[kind]]
    last = (
        f"{number_in_words(followed['became_actions'])} became actions, for {number_in_words(followed['nothing_to_do'])} there was nothing to do, "
        f"and {number_in_words(followed['waiting'])} {'waits' if followed['waiting'] == 1 else 'wait'} for somebody to look at them."
    )
    return (" ".join((first, *sentences)), last)


def _sentence(kind: str, measured: dict[str, Any], change: dict[str, Any] | None) -> str:
    told = (
        f"Of {number_in_words(measured['with_number'])} {MANY[kind]}' answers with a number {number_in_words(measured['satisfied'])} "
        f"({number_in_words(measured['share'])} %) are 4 or 5; with 95 % confidence between {number_in_words(measured['low'])} and "
        f"{number_in_words(measured['high'])} %"
    )
    if change is None:
        return f"{told}."
    before = f"{number_in_words(change['share_before'])} % in the quarter before"
    if change["shown"] == "neither":
        return f"{told}. A difference to {before} is not shown."
    return f"{told}. That is {change['shown']} than {before}."


def _satisfaction(given: Heard) -> Table:
    told, measured = feedback_given(given), satisfaction(given)
    columns = (
        Column("from", "From"),
        Column("answers", "Answers", _COUNT),
        Column("with_number", "With a number", _COUNT),
        *_OF_A_SHARE,
        Column("mean", "Mean", Kind.NUMBER),
        *(Column(f"gave_{number}", str(number), _COUNT) for number in NUMBERS),
    )
    rows = [
        (MANY[kind], told[kind]["answers"], told[kind]["with_number"], *_cells(measured[kind], "share", "low", "high", "mean"), *_spread(measured[kind]))
        for kind in KINDS
        if told[kind]["answers"]
    ]  # fmt: skip
    return Table("satisfaction", "Satisfaction", "The columns 1 to 5 say how many gave that number.", columns, rows, whole=True)


def _services(given: Heard) -> Table:
    columns = (Column("service", "Service"), Column("with_number", "With a number", _COUNT), *_OF_A_SHARE)
    rows = [_cells(each, "service", "with_number", "share", "low", "high") for each in satisfaction_by_service(given)]
    return Table("satisfaction_by_service", "Customers' satisfaction, by service", "Of customers' answers with a number.", columns, rows)


def _change(given: Heard) -> Table:
    columns = (
        Column("from", "From"),
        Column("share", "4 or 5", _SHARE),
        Column("share_before", "The quarter before", _SHARE),
        Column("with_number_before", "With a number then", _COUNT),
        Column("difference", "Difference, points", Kind.NUMBER),
        Column("low", "From", Kind.NUMBER),
        Column("high", "To", Kind.NUMBER),
        Column("shown", "Is"),
    )
    found = satisfaction_change(given)
    keys = ("share", "share_before", "with_number_before", "difference", "low", "high")
    rows = [(MANY[kind], *_cells(each, *keys), SHOWN[each["shown"]]) for kind in KINDS if (each := found[kind])]
    text = "Both quarters as they are known now. 'From' and 'To' are the 95 % interval of the difference."
    return Table("satisfaction_change", "Satisfaction against the quarter before", text, columns, rows, whole=True)


def _followed(given: Heard) -> Table:
    words = {
        "waiting": "Waits to be looked at",
        "became_actions": "Became an action",
        "nothing_to_do": "Nothing to do",
        "actions_done": "Actions done",
        "actions_open": "Actions open",
        "actions_cancelled": "Actions cancelled",
    }
    found = feedback_followed(given)
    columns = (Column("what", "What followed"), Column("number", "Number", _COUNT))
    text = "The first three count answers, the others the actions of quarterly reviews agreed because of them."
    return Table("feedback_followed", "What followed", text, columns, [(words[key], found[key]) for key in words], whole=True)


_OF_A_SHARE = (Column("share", "4 or 5", _SHARE), Column("low", "From", _SHARE), Column("high", "To", _SHARE))


def _cells(of: dict[str, Any] | None, *keys: str) -> tuple[Cell, ...]:
    return tuple(None if of is None else of[key] for key in keys)


def _spread(of: dict[str, Any] | None) -> Sequence[Cell]:
    return [None if of is None else of["numbers"][str(number)] for number in NUMBERS]
