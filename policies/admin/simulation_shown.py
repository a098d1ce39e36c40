"""A simulation as its page shows it: a way down the page for each track, the table, and who is told when under another version."""

from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from policies.decisions.escalation_facts import Kind, Status
from policies.decisions.vocabulary import Track
from policies.simulation.simulating import Simulation, Telling
from policies.simulation.values import End
from policies.simulation.ways import Way
from portal.foundation import words
from portal.foundation.people.models import ContactPoint

Row = dict[str, Any]
CHANNELS = {"sms": "SMS", "voice": "telephone call", "apprise": "push", "slack": "Slack", "teams": "Teams", "webhook": "webhook"}
# How far apart two things stand on the page, by the time between them.
GAPS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=8))
ENDS = {
    Status.PAGING: "still alerting",
    Status.HELD: "on hold",
    Status.ACKNOWLEDGED: "acknowledged, and watched until it is resolved",
    Status.ENDED: "ended",
    Status.EXHAUSTED: "nobody reached",
}


def shown(found: Simulation, zone: tzinfo) -> Row:
    """Everything of a simulation, with its times on the clocks of `zone`."""
    course, clock = found.course, _Clock(zone)
    lanes = [_lane(found, track, clock) for track in Track if any(told.step.track is track for told in found.told)]
    return {
        "simulation": found,
        "version": found.version,
        "name": str(found.version) if found.version else "What is in force",
        "first_line": first_line(found),
        "grade": course.first,
        "begins": clock.full(found.scenario.begins),
        "rules": found.rules.won,
        "lanes": lanes,
        "happenings": [{"after": after(told.after), "at": clock.at(told.at), "text": told.text} for told in course.told],
        "rows": [_row(number, told, clock) for number, told in enumerate(found.told, start=1)],
        "cut": course.cut,
        "messages": sum(bool(told.title) for told in found.told),
    }


def first_line(found: Simulation) -> str:
    """What the page is opened for: who is told first, how many are told, and how it ends."""
    if not found.follows:
        return f"Nobody would be alerted: no policy is in force for {found.service} at that time."
    first = next((told for told in found.told if told.step.action.kind is Kind.PAGED), None)
    if first is None:
        return "Nobody would be alerted."
    people = {told.receiver for told in found.told if told.step.action.kind is Kind.PAGED}
    when = "at once" if not first.step.after else f"after {words.duration(first.step.after)}"
    alone = "nobody else" if len(people) == 1 else f"{words.counted(len(people), 'person is', 'people are')} alerted in all"
    ends = "; ".join(f"{end.track.label.lower()} track: {_ended(end)}" for end in found.course.ends)
    return f"{first.receiver} is alerted {when}; {alone}. {ends[:1].upper()}{ends[1:]}."


def compared(found: Simulation, other: Simulation, zone: tzinfo) -> Row:
    """When each person is told first under either, and the steps of both beside each other."""
    was, will = _first_alerts(other), _first_alerts(found)
    people = [
        {
            "who": who,
            "track": track.label,
            "before": after(was.get((track, who))),
            "after": after(will.get((track, who))),
            "said": _said(was.get((track, who)), will.get((track, who))),
        }
        for track, who in dict.fromkeys([*will, *was])
    ]
    rows = _beside(found, other, _Clock(zone))
    return {"people": people, "rows": rows, "same": all(row["same"] for row in rows)}


def after(duration: timedelta | None) -> str:
    """'+7 min', 'never'."""
    return "never" if duration is None else f"+{words.duration(duration)}" if duration else "at once"


def way_in_words(way: Way) -> str:
    """'SMS (phone), receipt within 60 s'."""
    name = CHANNELS.get(way.channel) or dict(ContactPoint.Channel.choices).get(way.channel, way.channel)
    if way.problem:
        return f"{name} ({way.label}) {way.problem}"
    return f"{name} ({way.label})" + (f", receipt within {words.duration(way.receipt_within)}" if way.receipt_within else "")


class _Clock:
    """Times on the clocks of a zone, with the day where it changes."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def at(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        return f"{local.day} {local:%b %H:%M}" + (f":{local:%S}" if local.second else "") + f" {words.zone(local.tzname() or 'UTC')}"

    def full(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        return f"{local.day} {local:%B %Y, %H:%M} {words.zone(local.tzname() or 'UTC')}"


def _lane(found: Simulation, track: Track, clock: _Clock) -> Row:
    told = [one for one in found.told if one.step.track is track]
    end = next(end for end in found.course.ends if end.track is track)
    gaps = [0, *(_gap(later.step.at - earlier.step.at) for earlier, later in pairwise(told))]
    # The heading names the track already.
    items = [
        {**_item(one, clock), "gap": gap, "text": one.text.removeprefix(f"{track.label} track: ")}
        for one, gap in zip(told, gaps, strict=True)
    ]
    for number, item in enumerate(items):
        item["same"] = bool(number) and not item["gap"]
    version, supplied = found.follows[track].version, found.follows[track].supplied
    return {
        "track": track,
        "follows": f"Follows {version}." if supplied else f"No policy says who answers for it; the owner of {version} is told.",
        "items": items,
        "end": _ended(end)[:1].upper() + _ended(end)[1:] + (f"; over {clock.at(end.at)}" if end.at else ""),
        "loud": end.status is Status.EXHAUSTED,
    }


def _ended(end: End) -> str:
    """'acknowledged by Ana Ruiz', 'nobody reached', 'nobody reached at the last level, though Ana Ruiz acknowledged it' (before or after)."""
    if not end.by:
        return ENDS[end.status]
    if end.status is Status.EXHAUSTED:
        return f"nobody reached at the last level, though {end.by} acknowledged it"
    return f"alerting again, after {end.by} had it" if end.status in (Status.PAGING, Status.HELD) else f"acknowledged by {end.by}"


def _item(told: Telling, clock: _Clock) -> Row:
    step, action = told.step, told.step.action
    late = f" This comes {words.duration(action.late_by)} late." if action.late_by else ""
    return {
        "after": after(step.after),
        "at": clock.at(step.at),
        "iso": step.at.isoformat(),
        "kind": action.kind.value,
        "text": told.text,
        "reason": f"{action.reason}{late}",
        "receiver": told.receiver,
        "title": told.title,
        "ways": [way_in_words(way) for way in told.ways],
        "reaches": any(not way.problem for way in told.ways),
        "deviation": action.deviation,
    }


def _row(number: int, told: Telling, clock: _Clock) -> Row:
    return {**_item(told, clock), "number": number, "track": told.step.track.label, "level": told.step.action.level}


def _beside(found: Simulation, other: Simulation, clock: _Clock) -> list[Row]:
    """A row for each step that either has, in the order of time: `after` is the step under what is simulated, `before` that of the other."""
    told = {"before": _by_key(other), "after": _by_key(found)}
    keys = sorted({*told["before"], *told["after"]}, key=lambda key: min(side[key][0] for side in told.values() if key in side))
    rows = []
    for key in keys:
        sides = {name: _item(side[key][1], clock) if key in side else None for name, side in told.items()}
        one = sides["after"] or sides["before"] or {}
        same = sides["before"] is not None and sides["after"] is not None
        rows.append({**sides, "when": one["after"], "at": one["at"], "iso": one["iso"], "track": key[1].label, "same": same})
    return rows


def _by_key(simulation: Simulation) -> dict[tuple[Any, ...], tuple[tuple[timedelta, int], Telling]]:
    """The steps by what makes two of them the same, each with its place in time."""
    found: dict[tuple[Any, ...], tuple[tuple[timedelta, int], Telling]] = {}
    for number, told in enumerate(simulation.told):
        step, action = told.step, told.step.action
        key = (step.after, step.track, action.kind, action.level, action.position, action.person_id)
        found.setdefault(key, ((step.after, number), told))
    return found


def _gap(between: timedelta) -> int:
    return 0 if not between else 1 + sum(between >= edge for edge in GAPS)


def _first_alerts(found: Simulation) -> dict[tuple[Track, str], timedelta]:
    first: dict[tuple[Track, str], timedelta] = {}
    for told in found.told:
        if told.title:
            first.setdefault((told.step.track, told.receiver), told.step.after)
    return first


def _said(was: timedelta | None, will: timedelta | None) -> str:
    if was is None or will is None:
        return "told newly" if was is None else "no longer told"
    return "as before" if was == will else f"{words.duration(abs(will - was))} {'later' if will > was else 'earlier'}"
