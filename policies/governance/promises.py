"""How long the tracks take when nobody answers, held against what customers and the law were promised. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from policies.decisions.findings import Finding, found
from policies.decisions.ruleset import PolicySnapshot, SeverityRule
from policies.decisions.statutory import LIMITS, Limit
from policies.decisions.vocabulary import Track
from policies.pathways.places import level_called, levels_called, place_of
from portal.foundation import words

from .effect import ladder

FULL_PACE = 100
# Longer windows are told as this: they are found wanting anyway, and sums of them would leave what a duration can hold.
LONGEST = timedelta(days=1000)


@dataclass(frozen=True, slots=True)
class Served:
    """A service in the scope, and what it was promised. `own_levels`, `own_compliance`: a narrower policy brings that track."""

    name: str
    regulated: bool = False
    promised_response: timedelta | None = None
    promised_resolution: timedelta | None = None
    own_levels: bool = False
    own_compliance: bool = False


def worst_cases(content: PolicySnapshot, track: Track) -> Iterator[Finding]:
    """When each level of a track is reached if nobody answers, and the same for every severity that changes it."""
    rules: list[SeverityRule | None] = [None, *(content.severity_rules if track is Track.TECHNICAL else ())]
    for rule in rules:
        told, exhausted = _course(content.on_track(track), rule)
        if not told:
            continue
        times = [
            f"{level_called(track, number)} {f'after {words.duration(after)}' if after else 'at once'}" for number, after in told.items()
        ]
        which = f"a {rule.severity} incident" if rule else "an incident"
        again = f", the way beginning {words.counted(content.repeats, 'more time')}" if track is Track.TECHNICAL and content.repeats else ""
        place = f"{levels_called(track)} at {rule.severity}" if rule else levels_called(track)
        text = (
            f"If nobody answers, {which} reaches {words.listed(times)}; after {words.duration(exhausted)}{again} nobody is left and the "
            "owner is told."
        )
        yield found("pathway.worst_case", place, text)


def _course(content: PolicySnapshot, rule: SeverityRule | None) -> tuple[dict[int, timedelta], timedelta]:
    """When each level is reached, and when nobody is left after all repeats."""
    pace, start = (rule.pace_percent, rule.start_level or 1) if rule else (FULL_PACE, 1)
    levels = tuple(replace(level, window=_at(pace, level.window), backup_after=_at(pace, level.backup_after)) for level in content.levels)
    course = ladder(replace(content, levels=levels), start)
    reached: dict[int, timedelta] = {}
    for alert in course.alerts:
        reached.setdefault(alert.level, alert.after)
    return reached, course.exhausted_after * (content.repeats + 1)


def _at(pace: int, duration: timedelta) -> timedelta:
    return min(duration, LONGEST) * pace / FULL_PACE


def check_promises(content: PolicySnapshot, services: Sequence[Served]) -> Iterator[Finding]:
    """The technical track against what customers of the services in scope were promised."""
    served = [service for service in services if not service.own_levels]
    responses = sorted((service.promised_response, service.name) for service in served if service.promised_response is not None)
    for level in content.levels:
        late = [(promise, name) for promise, name in responses if level.window > promise]
        if late:
            text = f"The window of level {level.number} ({words.duration(level.window)}) is longer than the response promised for {_for(late)}."
            yield found("promise.response", place_of(Track.TECHNICAL, level), text)
    resolutions = sorted((service.promised_resolution, service.name) for service in served if service.promised_resolution is not None)
    _, exhausted = _course(content, None)
    milestone = content.resolve_within
    late = [(promise, name) for promise, name in resolutions if milestone is not None and milestone > promise]
    if late and milestone is not None:
        text = f"The resolution milestone ({words.duration(milestone)}) is later than the resolution promised for {_for(late)}."
        yield found("promise.resolution", "Resolution milestone", text)
    late = [(promise, name) for promise, name in resolutions if exhausted > promise]
    if late:
        text = f"If nobody answers, nobody is left after {words.duration(exhausted)}: later than the resolution promised for {_for(late)}."
        yield found("promise.resolution", levels_called(Track.TECHNICAL), text)


def check_law(content: PolicySnapshot, services: Sequence[Served]) -> Iterator[Finding]:
    """The compliance track against the terms of law. Those for regulated workloads count when there is one in scope."""
    regulated = any(service.regulated and not service.own_compliance for service in services)
    limits = [limit for limit in LIMITS if regulated or not limit.regulated]
    told: set[Limit] = set()
    for level in content.compliance_levels:
        over = [limit for limit in limits if limit.aware and level.window > limit.within]
        told.update(over)
        if over:
            called = level_called(Track.COMPLIANCE, level.number)
            text = f"The window of {called} ({words.duration(level.window)}) is longer than the law gives: {_given(over)}."
            yield found("law.window", place_of(Track.COMPLIANCE, level), text)
    _, exhausted = _course(content.on_track(Track.COMPLIANCE), None)
    over = [limit for limit in limits if exhausted > limit.within and limit not in told]
    if over:
        text = f"If nobody answers, nobody is left after {words.duration(exhausted)}. The law gives {_given(over)}."
        yield found("law.worst_case", levels_called(Track.COMPLIANCE), text)


def _for(promises: Sequence[tuple[timedelta, str]]) -> str:
    """'Card payments (30 min) and 2 more services', the strictest first."""
    promise, name = promises[0]
    more = f" and {words.counted(len(promises) - 1, 'more service')}" if len(promises) > 1 else ""
    return f"{name} ({words.duration(promise)}){more}"


def _given(limits: Sequence[Limit]) -> str:
    return words.listed([f"{words.duration(limit.within)} ({limit.law}: {limit.what})" for limit in limits])
