"""Rules of time: what the policy version asked for when, held against when it came. The docstrings are the published definitions. Pure."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from reports.metrics.levels import NEVER, NOBODY, Action

from .course import Course, minutes, severity_in_words
from .passes import ANSWERED, MOVED, bits
from .values import Deviation, Kind, clock, moment
from .ways import NONE

SECOND = 1_000_000
# Half a minute is what the engine itself calls late; a second is left for rounding.
LATE_AFTER, ROUNDING = 30 * SECOND, SECOND
# The engine looks every second; a minute after its time a milestone that nobody saw was not seen.
SEEN_WITHIN = 60 * SECOND

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]

_DOES = {
    Action.EXHAUSTED: "that nobody was left was found",
    Action.MILESTONE: "the missed milestone was told",
    Action.SILENT: "the silence was noticed",
    Action.REPEATED: "the way began again",
    Action.REMINDED: "the reminder went",
}


def late_step(course: Course) -> Iterator[Deviation]:
    """A pass of the engine that came half a minute or more after its time, as the engine itself recorded. Everybody keeps the whole time to
    answer, so what follows moves by as much. Once a pass, however many steps it has.
    """
    for place in course.places(course.passes.late > 0):
        late, at = int(course.passes.late[place]), int(course.passes.at[place])
        expected = f"Due at {clock(moment(at - late))}."
        yield course.deviation(Kind.LATE_STEP, place, expected, f"{_what(course, place)} {minutes(late)} late.")


def level_early(course: Course) -> Iterator[Deviation]:
    """The next level was entered, or the next person of a level alerted, before the time to answer was over or after somebody had
    acknowledged, with no order, no worse severity, no missed milestone and no silence of the holder behind it. Windows and waits are those
    of the version that the run follows, at the pace of the severity recorded with the step, moved by holds and by late alerts. A second
    is left for rounding.
    """
    passes, windows = course.passes, course.windows
    for due, chosen in _turns(course):
        early = chosen & (due != NEVER) & ((passes.at < due - ROUNDING) | windows.answered)
        for place in course.places(early):
            at, happened = int(due[place]), f"{_what(course, place)} at {clock(moment(passes.at[place]))}"
            if windows.answered[place]:
                yield course.deviation(
                    Kind.LEVEL_EARLY,
                    place,
                    "After an acknowledgement nobody is alerted by time alone.",
                    f"{happened}, though acknowledged.",
                )
            else:
                wanted = f"Not before {clock(moment(at))}: {_pace(course, place)}."
                yield course.deviation(Kind.LEVEL_EARLY, place, wanted, f"{happened}, {minutes(at - int(passes.at[place]))} too early.")


def level_late(course: Course) -> Iterator[Deviation]:
    """The first level, the next level, or the next person of a level came half a minute or more after its time, and the record does not say
    that it was late. What the record calls late is a late step. Left out where the severity changed since the step before, because what
    a new pace makes due is not late.
    """
    passes = course.passes
    unsaid = (passes.late == 0) & ~course.regraded & ~course.windows.answered
    for due, chosen in (*_turns(course), _beginnings(course)):
        for place in course.places(chosen & unsaid & (due != NEVER) & (passes.at >= due + LATE_AFTER)):
            happened = f"{_what(course, place)} {minutes(int(passes.at[place] - due[place]))} late, and the record does not say so."
            yield course.deviation(Kind.LEVEL_LATE, place, f"Due at {clock(moment(due[place]))}: {_pace(course, place)}.", happened)


def reminder_missing(course: Course) -> Iterator[Deviation]:
    """A level's window closed in silence, and fewer reminders went than the version plans for it. Reminders count that are due at least a
    minute before the window closes and a minute apart. Left out where a step of the window was late or the severity changed, because one
    reminder may then stand for several.
    """
    passes, windows = course.passes, course.windows
    closing = course.closes_a_window & ~windows.answered
    if not closing.any():
        return
    begun = np.maximum(windows.begun, 0)
    planned = course.ways.reminders[course.way, passes.severity, np.minimum(windows.level, course.ways.top)]
    reminding = np.cumsum(passes.has(bits(Action.REMINDED)))
    unusual = np.cumsum((passes.late > 0) | course.regraded | passes.has(bits(Action.HELD)))
    sent: Whole = reminding - reminding[begun]
    odd: Whole = unusual - unusual[begun]
    for place in course.places(closing & (sent < planned) & (odd == 0) & (passes.person[begun] != NOBODY)):
        level, wanted, went = int(windows.level[place]), int(planned[place]), int(sent[place])
        expected = f"{wanted} {'reminder' if wanted == 1 else 'reminders'} before the window of level {level} closes."
        yield course.deviation(Kind.REMINDER_MISSING, place, expected, f"{went or 'None'} went before it closed.")


def milestone_ignored(course: Course) -> Iterator[Deviation]:
    """The incident was not resolved within the version's time, its technical escalation was live and had alerted or been answered, and a
    minute later no step said that the milestone was missed. The time counts from the opening, after a reopening from there.
    """
    passes, runs, ways = course.passes, course.runs, course.ways
    told, stood = np.zeros(len(runs.key), dtype=bool), np.full(len(runs.key), NEVER, dtype=np.int64)
    told[passes.run[passes.has(bits(Action.MILESTONE))]] = True
    standing = np.flatnonzero((passes.entered > 0) | passes.has(ANSWERED))[::-1]
    stood[passes.run[standing]] = passes.at[standing]
    within = ways.resolve_within[runs.way]
    due = np.maximum(runs.counts_from + within, stood)
    until = np.where(runs.ended == NEVER, course.known_until, runs.ended)
    ignored = runs.technical & (within != NONE) & (stood != NEVER) & ~told & (until > due + SEEN_WITHIN)
    first = np.searchsorted(passes.run, np.arange(len(runs.key)))
    for run in np.flatnonzero(ignored).tolist():
        place = int(np.searchsorted(passes.run, run, side="right")) - 1
        missed = moment(runs.counts_from[run] + within[run])
        yield Deviation(
            Kind.MILESTONE_IGNORED, int(runs.incident[run]), moment(due[run]),
            f"At {clock(missed)}, {minutes(int(within[run]))} after it counts from, the level above takes over.",
            "No step says that the milestone was missed.", int(runs.key[run]),
            (int(passes.sequence[int(first[run])]), int(passes.sequence[place])),
        )  # fmt: skip


def _turns(course: Course) -> tuple[tuple[Whole, Truth], ...]:
    """When it was due, and which passes: the end of a window, and the turn of a level's next person."""
    passes, windows = course.passes, course.windows
    next_person = passes.paged & ~passes.begins & (windows.begun >= 0) & ~passes.has(MOVED)
    return ((windows.end, course.closes_a_window), (windows.next_turn, next_person))


def _beginnings(course: Course) -> tuple[Whole, Truth]:
    """The first level is due when the run counts from; a hold before it, or an order, makes its own time."""
    passes = course.passes
    first = (passes.entered > 0) & (course.windows.begun < 0) & ~passes.has(MOVED | bits(Action.RESUMED))
    return np.asarray(course.runs.counts_from[passes.run]), first


def _what(course: Course, place: int) -> str:
    entered = int(course.passes.entered[place])
    if entered:
        return f"Level {entered} was entered"
    if course.passes.paged[place]:
        return f"The next person of level {int(course.passes.level[place])} was alerted"
    told = next((words for action, words in _DOES.items() if course.passes.did[place] & (1 << action)), "the step came")
    return f"{told[:1].upper()}{told[1:]}"


def _pace(course: Course, place: int) -> str:
    """Such as 'the window of level 1 is 15 min at SEV2'."""
    passes, windows = course.passes, course.windows
    level = int(windows.level[place])
    if windows.begun[place] < 0:
        return "the first alert is due at once"
    cell = (int(course.way[place]), int(passes.severity[place]), min(level, course.ways.top))
    whole = passes.entered[place] or not passes.paged[place]
    table, name = (course.ways.window, "window") if whole else (course.ways.wait, "wait for the next person")
    return f"the {name} of level {level} is {minutes(int(table[cell]))}{severity_in_words(cell[1])}"
