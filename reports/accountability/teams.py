"""What the teams answered for in a quarter, as a table in which no number of a few people stands or comes out by subtraction. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from reports.metrics.levels import Truth, Whole
from reports.metrics.moments import EPOCH

from .definitions import FEWEST, NIGHT_BEGINS, NIGHT_ENDS, SATURDAY
from .suppression import FEWEST_BEHIND, Groups, disjoint, kept_back
from .team_definitions import MEASURES, Answers, Counts, Group

OTHERS, TOGETHER = "Everybody else", "All together"
KEPT_BACK = "–"
IN_WORDS = (
    "Sums of teams, in the order of their names. They are context for talks about work: teams differ in their services, sizes and hours, so none "
    "stands above another, and no person is named."
)
RULE = (
    f"Each person counts once, in the smallest of their teams that can be told, as the teams were when the quarter ended, and about incidents of any "
    f"unit. Kept back ({KEPT_BACK}) are numbers from 1 to {FEWEST - 1}, those of fewer than {FEWEST_BEHIND} people, parts that leave such a "
    f"rest, and as many others as keep them from coming out by subtraction. A team of which fewer than {FEWEST} people count is told with everybody else."
)
# No zone is away from UTC by less than a quarter of an hour, so one look at the clock serves all alerts within it.
_QUARTER_OF_AN_HOUR = 15 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class Team:
    """Who was in it at the quarter's end."""

    name: str
    zone: str
    unit: int | None
    members: frozenset[int]
    key: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A team, everybody else, or all together. `people` counts there, `members` are in the team; None is what is kept back."""

    name: str
    people: int
    members: int
    numbers: Mapping[str, int | None]
    team: Team | None = None


def told_of(teams: Sequence[Team], given: Answers) -> list[Row]:
    """The rows in the order of names, everybody else and all together last; none where fewer than 5 people have anything to count."""
    everybody = _counted(given)
    groups = disjoint({team.name: team.members for team in teams}, everybody)
    by_name = {team.name: team for team in teams}
    kept = [by_name[name] for name in sorted(groups.told)]
    columns = _columns(given, groups, kept)
    names = [*sorted(groups.told), *((OTHERS,) if groups.others else ())]
    if not names:
        return []
    rows = [
        Row(
            name,
            len(people),
            len(kept[place].members) if place < len(kept) else len(people),
            {each: column[place] for each, column in columns.items()},
            kept[place] if place < len(kept) else None,
        )
        for place, (name, people) in enumerate(zip(names, groups.in_order, strict=True))
    ]
    return [*rows, Row(TOGETHER, len(everybody), len(everybody), {each: column[-1] for each, column in columns.items()})]


def _columns(given: Answers, groups: Groups, teams: Sequence[Team]) -> dict[str, list[int | None]]:
    """By the name of each measure what is told of each group, the total last."""
    by_measure = _counts(given, groups, teams)
    untold: frozenset[str] = frozenset()
    while True:
        found = _told(by_measure, untold)
        alone = {each.part_of for each in MEASURES if each.is_told_elsewhere and _is_alone(found[each.name], found[each.part_of])}
        if alone <= untold:
            return found
        # Where one group alone can have any of a part, it has all of it.
        untold |= alone


def _is_alone(part: Sequence[int | None], whole: Sequence[int | None]) -> bool:
    """Whether all but one of several groups are known to have nothing of the part, and that one is kept back with the total."""
    hidden = [place for place, value in enumerate(part[:-1]) if value is None]
    return len(part) > 2 and part[-1] is None and len(hidden) == 1 and whole[hidden[0]] is not None


def _counts(given: Answers, groups: Groups, teams: Sequence[Team]) -> dict[str, list[Counts]]:
    """By the name of each measure, of each group how many each of its people have."""
    zones = [*(team.zone for team in teams), *(("UTC",) if groups.others else ())]
    hours = {zone: out_of_hours(given.at, zone) for zone in set(zones)}
    split = [Group(people, hours[zone]) for people, zone in zip(groups.in_order, zones, strict=True)]
    return {measure.name: [measure.function(given, group) for group in split] for measure in MEASURES}


def _told(by_measure: Mapping[str, Sequence[Counts]], untold: Set[str]) -> dict[str, list[int | None]]:
    """The numbers that are told, none of those of `untold`."""
    found: dict[str, list[int | None]] = {}
    for measure in MEASURES:
        counted = by_measure[measure.name]
        values = [sum(each.values()) for each in counted]
        if measure.name in untold:
            found[measure.name] = [None] * (len(values) + 1)
            continue
        whole = found.get(measure.part_of)
        most: list[int | None] = [None] * len(values) if whole is None else whole[:-1]
        rests = [_rest(one, part) for one, part in zip(by_measure[measure.part_of], counted, strict=True)] if whole else []
        unsafe = {place for place, rest in enumerate(rests) if most[place] is None or _is_few(rest)}
        risky = unsafe | {place for place, each in enumerate(counted) if _is_few(each)}
        own = [max(each.values(), default=0) for each in counted]
        hidden, total = kept_back(values, risky, most, own)
        told = total and not _is_few(_together(counted)) and (whole is None or (whole[-1] is not None and not _is_few(_together(rests))))
        # A part of nothing is nothing, as everybody knows.
        kept = {place for place in hidden if most[place] != 0}
        found[measure.name] = [None if place in kept else value for place, value in enumerate(values)] + [sum(values) if told else None]
    return found


def _is_few(counts: Counts) -> bool:
    """Too small, or of too few people; nothing at all is neither."""
    behind = sum(1 for each in counts.values() if each)
    return behind > 0 and (sum(counts.values()) < FEWEST or behind < FEWEST_BEHIND)


def _rest(whole: Counts, part: Counts) -> Counts:
    """What of the whole is not of the part, which whoever has both can tell."""
    return {person: count - part.get(person, 0) for person, count in whole.items()}


def _together(counted: Sequence[Counts]) -> Counts:
    return {person: count for each in counted for person, count in each.items()}


def _counted(given: Answers) -> frozenset[int]:
    """Whoever has anything to count."""
    counts = (given.given, given.taken, given.drills, given.reviews)
    return frozenset(np.unique(given.person).tolist()) | {person for each in counts for person, count in each.items() if count}


def out_of_hours(at: Whole, zone: str) -> Truth:
    """Which of these moments are at night or at a weekend on the clocks of `zone`."""
    clock = ZoneInfo(zone)
    steps, where = np.unique(at // _QUARTER_OF_AN_HOUR, return_inverse=True)
    local = [(EPOCH + timedelta(microseconds=step * _QUARTER_OF_AN_HOUR)).astimezone(clock) for step in steps.tolist()]
    found = [not NIGHT_ENDS <= each.time() < NIGHT_BEGINS or each.weekday() >= SATURDAY for each in local]
    return np.array(found, dtype=np.bool_)[where] if found else np.zeros(0, dtype=np.bool_)
