"""What the teams answered for in a quarter, as a table in which no number of a few people stands or comes out by subtraction. Pure."""

from collections.abc import Mapping, Sequence
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
    f"unit. Kept back ({KEPT_BACK}) are numbers from 1 to {FEWEST - 1}, those of fewer than {FEWEST_BEHIND} people, parts that leave such a rest, "
    f"and as many others as keep them from coming out by subtraction. A team of which fewer than {FEWEST} people count is told with everybody else."
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
    zones = [*(team.zone for team in teams), *(("UTC",) if groups.others else ())]
    hours = {zone: out_of_hours(given.at, zone) for zone in set(zones)}
    split = [Group(people, hours[zone]) for people, zone in zip(groups.in_order, zones, strict=True)]
    found: dict[str, list[int | None]] = {}
    for measure in MEASURES:
        counted = [measure.function(given, group) for group in split]
        whole = found.get(measure.part_of)
        values = [sum(each.values()) for each in counted]
        most: list[int | None] = [None] * len(values) if whole is None else whole[:-1]
        risky = {place for place, each in enumerate(counted) if _is_risky(each, most[place], is_part=whole is not None)}
        hidden, total = kept_back(values, risky, most)
        told = total and (_behind(counted) >= FEWEST_BEHIND or not any(values)) and (whole is None or _safe_rest(whole[-1], sum(values)))
        # A part of nothing is nothing, as everybody knows.
        kept = {place for place in hidden if most[place] != 0}
        found[measure.name] = [None if place in kept else value for place, value in enumerate(values)] + [sum(values) if told else None]
    return found


def _is_risky(counts: Counts, whole: int | None, *, is_part: bool) -> bool:
    """Too small, of too few people, or with too small a rest to what it is a part of, or a part of what is not told."""
    value = sum(counts.values())
    if is_part and not _safe_rest(whole, value):
        return True
    return value > 0 and (value < FEWEST or sum(1 for each in counts.values() if each) < FEWEST_BEHIND)


def _safe_rest(whole: int | None, part: int) -> bool:
    return whole is not None and (whole == part or whole - part >= FEWEST)


def _behind(counted: Sequence[Counts]) -> int:
    return sum(1 for each in counted for count in each.values() if count)


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
