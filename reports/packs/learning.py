"""What the pack says about learning: post-mortems owed, published and waived, and what became of their actions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Max, Q

from incidents.models import EscalationRun, EscalationStep, Incident, PostMortem, PostMortemAction
from incidents.postmortems.queries import FROM_LEVEL, OVER
from portal.foundation.words import counted
from reports.document import Cell, Chapter, Column, Definition, Kind, Section, Table
from reports.metrics.definitions import definition_of
from reports.metrics.population import Population
from reports.metrics.statistics import share_of


@dataclass(frozen=True, slots=True)
class Lesson:
    """A post-mortem of an incident of the period. `actions` are how many stand how."""

    number: str
    level: int
    state: str
    due: date
    ended: date | None
    lessons: str
    open_actions: int
    late_actions: int
    settled_actions: int


@dataclass(frozen=True, slots=True)
class Learned:
    """All of them, how many incidents went up so far, and the day up to which all is told."""

    lessons: Sequence[Lesson]
    owing: int
    today: date


def post_mortems_owed(given: Learned) -> int:
    """Incidents of the period that are resolved and whose technical escalation entered level 3 or above, with a post-mortem or without."""
    return given.owing


def post_mortems_published(given: Learned) -> dict[str, Any]:
    """Post-mortems published for incidents of the period, whatever their level; how many of them by the day they were due, and the share of those."""
    ended = [each.ended <= each.due for each in given.lessons if each.state == PostMortem.State.PUBLISHED and each.ended]
    return {"count": len(ended), "in_time": sum(ended), "share": share_of(sum(ended), len(ended))}


def post_mortems_waived(given: Learned) -> int:
    """Post-mortems of which somebody with the right said, with a reason, that none is written."""
    return sum(each.state == PostMortem.State.WAIVED for each in given.lessons)


def post_mortems_overdue(given: Learned) -> int:
    """Post-mortems that are still being written though their day had passed when the last thing told about the period's incidents happened."""
    return sum(each.state == PostMortem.State.DRAFT and each.due < given.today for each in given.lessons)


def post_mortem_actions(given: Learned) -> dict[str, int]:
    """Actions of the period's post-mortems: settled (done or dropped), open, and of the open ones those overdue by the same day."""
    return {
        "settled": sum(each.settled_actions for each in given.lessons),
        "open": sum(each.open_actions for each in given.lessons),
        "overdue": sum(each.late_actions for each in given.lessons),
    }


MEASURES: tuple[tuple[Callable[[Learned], Any], str, str], ...] = (
    (post_mortems_owed, "Post-mortems owed", "incidents"),
    (post_mortems_published, "Post-mortems published", "post-mortems"),
    (post_mortems_waived, "Post-mortems waived", "post-mortems"),
    (post_mortems_overdue, "Post-mortems overdue", "post-mortems"),
    (post_mortem_actions, "Actions of post-mortems", "actions"),
)


def chapter_of(population: Population, known_until: datetime) -> Chapter:
    """The chapter; empty where no incident went up to level 3 and nobody wrote a post-mortem."""
    given = read(population, known_until)
    if not given.owing and not given.lessons:
        return Chapter("learning")
    return Chapter(
        "learning",
        sections=(Section("learning", "Learning", paragraphs=(_in_words(given),), tables=(_table(given),)),),
        content={function.__name__: function(given) for function, _, _ in MEASURES},
        definitions=tuple(Definition(each.__name__, title, unit, definition_of(each)) for each, title, unit in MEASURES),
    )


def read(population: Population, known_until: datetime) -> Learned:
    """Three queries. What a post-mortem of a confidential incident says stays out."""
    reached = Q(runs__steps__action=EscalationStep.Action.LEVEL, runs__track=EscalationRun.Track.TECHNICAL)
    over = Incident.objects.filter(population.incidents(), state__in=OVER).exclude(origin=Incident.Origin.IMPORTED)
    owing = over.annotate(reached=Max("runs__steps__level", filter=reached)).filter(reached__gte=FROM_LEVEL).count()
    actions: dict[int, list[tuple[str, date]]] = {}
    of_period = PostMortemAction.objects.filter(population.without_drills("post_mortem__incident__")).order_by()
    for key, state, due in of_period.values_list("post_mortem_id", "state", "due").iterator():
        actions.setdefault(key, []).append((state, due))
    rows = PostMortem.objects.filter(population.without_drills("incident__")).annotate(number=F("incident__number"))
    named = ("pk", "number", "level", "state", "due", "ended_at", "lessons", "incident__confidential")
    lessons = [_lesson(row, actions.get(row[0], []), known_until.date()) for row in rows.order_by("number").values_list(*named)]
    return Learned(lessons, owing, known_until.date())


def _lesson(row: tuple[Any, ...], actions: list[tuple[str, date]], today: date) -> Lesson:
    _, number, level, state, due, ended_at, lessons, confidential = row
    still = [day for how, day in actions if how == PostMortemAction.State.OPEN]
    return Lesson(
        number=number,
        level=level,
        state=state,
        due=due,
        ended=ended_at.date() if ended_at else None,
        lessons=lessons if state == PostMortem.State.PUBLISHED and not confidential else "",
        open_actions=len(still),
        late_actions=sum(day < today for day in still),
        settled_actions=len(actions) - len(still),
    )


def _in_words(given: Learned) -> str:
    published, actions = post_mortems_published(given), post_mortem_actions(given)
    said = [
        f"{counted(given.owing, 'resolved incident')} had gone up to level {FROM_LEVEL} or above. "
        f"{counted(published['count'], 'post-mortem')} {'was' if published['count'] == 1 else 'were'} published, {published['in_time']} in time; "
        f"{post_mortems_waived(given)} waived, {post_mortems_overdue(given)} overdue.",
        f"Of their actions {actions['settled']} are settled and {actions['open']} open, {actions['overdue']} of those overdue.",
    ]
    return " ".join(said)


def _table(given: Learned) -> Table:
    columns = (
        Column("number", "Incident"),
        Column("level", "Level", Kind.INTEGER),
        Column("state", "Post-mortem"),
        Column("due", "Due"),
        Column("ended", "Ended"),
        Column("open_actions", "Open actions", Kind.INTEGER),
        Column("lessons", "Lessons"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.number, each.level, PostMortem.State(each.state).label, each.due.isoformat(), each.ended.isoformat() if each.ended else "",
            each.open_actions, each.lessons,
        )
        for each in given.lessons
    )  # fmt: skip
    text = "Each names roles, never people. Lessons of confidential incidents are read in the portal."
    return Table("post_mortems", "Post-mortems", text, columns, rows)
