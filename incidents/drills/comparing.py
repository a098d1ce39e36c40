"""What was expected of a drill beside what happened. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

# A pass of the engine and a message take a few seconds; more is a finding.
IN_TIME = timedelta(seconds=10)
COMPARED = frozenset({"level", "paged", "reminded", "milestone", "exhausted"})


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a drill: how long after its beginning, on which track, what, at which level and place, and who."""

    after: timedelta
    track: str
    action: str
    level: int | None
    position: int | None
    person: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the comparison. `difference` is empty where it went as expected."""

    expected: Moment | None
    actual: Moment | None
    difference: str = ""


def compare(expected: Sequence[Moment], actual: Sequence[Moment], *, over_after: timedelta, answered: dict[str, timedelta]) -> list[Pair]:
    """Each expected step beside the actual one, then what nobody expected, in order of time.

    What was foretold supposes that nobody answers. So a step that would have come after somebody answered on its track (`answered`, by
    track), or after the drill was over, was not needed and is left out.
    """
    left = [moment for moment in actual if moment.action in COMPARED]
    pairs: list[Pair] = []
    for step in expected:
        if step.action not in COMPARED:
            continue
        found = next((moment for moment in left if _same_step(step, moment)), None)
        if found is not None:
            left.remove(found)
            pairs.append(Pair(step, found, _difference(step, found)))
        elif step.after <= min(answered.get(step.track, over_after), over_after):
            pairs.append(Pair(step, None, "It did not happen."))
    pairs += [Pair(None, moment, "Nobody expected it.") for moment in left]
    return sorted(pairs, key=lambda pair: (pair.actual or pair.expected or NOTHING).after)


def verdict(pairs: Sequence[Pair], answered: dict[str, timedelta]) -> str:
    """The comparison in two sentences."""
    differing = [pair for pair in pairs if pair.difference]
    said = f"{len(pairs)} steps, {len(differing)} of them other than expected." if pairs else "No step was taken."
    first = min(answered.values(), default=None)
    return f"{said} {'Nobody answered.' if first is None else f'Answered after {in_minutes(first)}.'}"


def in_minutes(duration: timedelta) -> str:
    """'2 min 5 s'."""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    return " ".join(part for part in (f"{minutes} min" if minutes else "", f"{seconds} s" if seconds or not minutes else "") if part)


NOTHING = Moment(timedelta(), "", "", None, None, "")


def _same_step(expected: Moment, actual: Moment) -> bool:
    """The same thing at the same place; who it was is part of the comparison, but a reminder is one only to the same person."""
    same = (expected.track, expected.action, expected.level, expected.position) == (
        actual.track,
        actual.action,
        actual.level,
        actual.position,
    )
    return same and (expected.action != "reminded" or expected.person == actual.person)


def _difference(expected: Moment, actual: Moment) -> str:
    told = []
    if expected.person != actual.person:
        told.append(f"{actual.person or 'Nobody'} instead of {expected.person or 'nobody'}.")
    late = actual.after - expected.after
    if abs(late) > IN_TIME:
        told.append(f"{in_minutes(abs(late))} {'later' if late > timedelta() else 'earlier'} than expected.")
    return " ".join(told)
