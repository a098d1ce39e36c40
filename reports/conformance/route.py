"""Rules of the route: which levels, which people, on whose order. The docstrings are the published definitions. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portal.foundation.words import visible
from reports.metrics.levels import NOBODY, Action

from .course import Course
from .passes import ANSWERED, NO_PLACE, bits
from .values import Deviation, Kind
from .ways import NONE

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is on record of an order: the reason that was given, and whether it says who gave it."""

    reason: str
    by_somebody: bool


NOT_ORDERED = Ordered("", by_somebody=False)
Orders = Mapping[tuple[int, int], Ordered]
BY_HAND = {
    Action.HELD: "put on hold",
    Action.RAISED: "moved up by hand",
    Action.LOWERED: "de-escalated",
    Action.BYPASSED: "moved past levels by hand",
}


def skipped_level(course: Course, orders: Orders) -> Iterator[Deviation]:
    """A level was entered although the version has levels between it and where the run stood, and the record does not say, by level, that
    they were passed over. Levels below the incident's start level, as recorded with the step, are not between. Also: a level that the
    version does not have, and a bypass for which nobody or no reason is on record.
    """
    for place in course.places(_unrecorded(course)):
        said = orders.get(_key(course, place), NOT_ORDERED)
        yield course.deviation(
            Kind.SKIPPED_LEVEL, place,
            "Each level on the way is alerted, or its passing over is recorded.",
            f"Level {int(course.passes.entered[place])} was entered, and levels before it are not on record.", rationale=said.reason,
        )  # fmt: skip
    entered, ways = course.passes.entered, course.ways
    capped = np.minimum(entered, ways.top)
    unknown = (entered > 0) & ((entered > ways.top) | (ways.window[course.way, 0, capped] == NONE))
    for place in course.places(unknown):
        happened = f"Level {int(entered[place])} was entered."
        yield course.deviation(Kind.SKIPPED_LEVEL, place, "The version that the run follows has no such level.", happened)
    for place, said in _bypasses(course, orders):
        if not said.by_somebody or not visible(said.reason):
            missing = "who ordered it" if not said.by_somebody else "why"
            expected = "A bypass is ordered by somebody with the right, who says why."
            yield course.deviation(Kind.SKIPPED_LEVEL, place, expected, f"Levels were left out, and {missing} is not on record.")


def bypass(course: Course, orders: Orders) -> Iterator[Deviation]:
    """Levels were left out by an order of somebody with the right, for a reason that is on record. It departs from the route and is allowed;
    a review decides whether the reasons hold.
    """
    for place, said in _bypasses(course, orders):
        if said.by_somebody and visible(said.reason):
            happened = f"Level {int(course.passes.entered[place])} was alerted at once."
            yield course.deviation(Kind.BYPASS, place, "Each level on the way is alerted in its turn.", happened, rationale=said.reason)


def wrong_person(course: Course, orders: Orders, on_the_level: NDArray[np.bool_]) -> Iterator[Deviation]:
    """Somebody was alerted who was not, by the roster recorded with the step, at that place of that level, on duty behind it, or the holder
    who had fallen silent; somebody was reminded who had not been alerted in the window; or the escalation was moved or held by hand and the
    record does not name who did it. Alerts of which no roster was recorded cannot be judged, and are counted apart.
    """
    passes = course.passes
    for place in course.places(~on_the_level & passes.paged & (passes.position != 0) & (passes.person != NOBODY) & course.known):
        expected = f"Whoever stood at place {int(passes.position[place])} of level {int(passes.level[place])} then."
        yield _about(course, place, expected, "Somebody was alerted who was not on the recorded roster there.", passes.person[place])
    for place in course.places(_not_the_holder(course)):
        expected = "The holder who fell silent is alerted first."
        yield _about(course, place, expected, "Somebody else was alerted as the holder.", passes.person[place])
    for step in np.flatnonzero(_never_alerted(course)).tolist():
        place = int(course.of[step])
        expected = "Only who was alerted in the window is reminded."
        yield _about(course, place, expected, "Somebody was reminded who had not been alerted.", course.steps.person[step])
    for place in course.places(passes.has(bits(*(action for action in BY_HAND if action is not Action.BYPASSED)))):
        if not orders.get(_key(course, place), NOT_ORDERED).by_somebody:
            what = next(words for action, words in BY_HAND.items() if passes.did[place] & (1 << action))
            expected = "Only somebody with the right moves or holds an escalation."
            yield course.deviation(Kind.WRONG_PERSON, place, expected, f"It was {what}, and who did it is not on record.")


def asked_at(course: Course) -> Whole:
    """The passes whose alert is held against its roster."""
    return np.flatnonzero(course.passes.paged & (course.passes.position > 0))


def _about(course: Course, place: int, expected: str, happened: str, person: int) -> Deviation:
    return course.deviation(Kind.WRONG_PERSON, place, expected, happened, people=(int(person),))


def _key(course: Course, place: int) -> tuple[int, int]:
    return int(course.runs.key[course.passes.run[place]]), int(course.passes.sequence[place])


def _bypasses(course: Course, orders: Orders) -> Iterator[tuple[int, Ordered]]:
    for place in course.places(course.passes.has(bits(Action.BYPASSED))):
        yield place, orders.get(_key(course, place), NOT_ORDERED)


def _unrecorded(course: Course) -> NDArray[np.bool_]:
    """Whether a pass entered a level with more levels of the version before it than it passed over by name."""
    passes, steps, top = course.passes, course.steps, course.ways.top
    begins_at, at = course.begins_at, np.where(course.windows.begun >= 0, course.windows.level, 0)
    answered = _answered_before(course)
    reached = np.where(at > 0, at, np.where(answered, begins_at, begins_at - 1))
    reached = np.where(passes.has(bits(Action.REPEATED)), begins_at - 1, reached)
    below = np.clip(np.maximum(reached, begins_at - 1), 0, top)
    last = np.clip(passes.entered - 1, 0, top)
    between = course.ways.up_to[course.way, last] - course.ways.up_to[course.way, below]
    named = (steps.action == Action.PASSED_OVER) & (steps.position == NO_PLACE) & (steps.level > 0)
    named &= (steps.level > below[course.of]) & (steps.level <= last[course.of])
    passed = np.bincount(course.of[named], minlength=len(passes))
    return np.asarray((passes.entered > 0) & (last > below) & (between > passed))


def _answered_before(course: Course) -> NDArray[np.bool_]:
    """Whether somebody had answered before the run's first alert."""
    answered = np.cumsum(course.passes.has(ANSWERED))
    first = np.searchsorted(course.passes.run, course.passes.run)
    before = np.where(first > 0, answered[first - 1], 0) if len(answered) else answered
    return np.asarray(answered - course.passes.has(ANSWERED) > before)


def _not_the_holder(course: Course) -> NDArray[np.bool_]:
    passes, steps = course.passes, course.steps
    silent, told = np.zeros(len(passes), dtype=np.int64), steps.action == Action.SILENT
    silent[course.of[told]] = steps.person[told]
    return np.asarray(passes.paged & (passes.position == 0) & (passes.person != NOBODY) & (passes.person != silent))


def _never_alerted(course: Course) -> NDArray[np.bool_]:
    """The steps that remind somebody whom no alert of the window reached."""
    steps, windows, passes = course.steps, course.windows, course.passes
    reminded = (steps.action == Action.REMINDED) & (steps.person != NOBODY)
    if not reminded.any():
        return np.asarray(reminded)
    window = np.where(passes.begins, np.arange(len(passes)), windows.begun)
    alerted = ((window << 32) | passes.person)[passes.paged]
    asked = (windows.begun[course.of] << 32) | steps.person
    return np.asarray(reminded & ~np.isin(asked, alerted))
