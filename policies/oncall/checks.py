"""What the schedules a version relies on must satisfy."""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from policies.decisions.findings import Finding, found
from policies.decisions.rota import RotaSnapshot, gaps
from portal.foundation import words

from .clock_changes import clock_changes

# A quarter: as far ahead as rotations are planned, and far enough to meet a clock change half of the time.
AHEAD = timedelta(days=90)
MOST_SHOWN = 5


def check_schedule(
    rota: RotaSnapshot,
    since: datetime,
    *,
    gone: Collection[int] = (),
    unreachable: Collection[int] = (),
    only_email: Collection[int] = (),
    unverified: Collection[int] = (),
    expired: Collection[int] = (),
) -> list[Finding]:
    """Findings on a schedule for the 90 days from `since`; the others are people by primary key (see policies.pathways.people).

    A schedule with nobody in it at all is a finding on the level that names it, so it has none here.
    """
    rotation, zone = rota.people(), rota.zone_at(since)
    if not rotation and not rota.overrides:
        return []
    place, until = f"Schedule {rota.name}", since + AHEAD
    findings = []
    for person in rotation:
        if person.person_id in gone:
            findings.append(found("schedule.left", place, f"{person.name} stands in the rotation and can no longer sign in."))
        elif person.person_id in only_email:
            text = f"{person.name} stands in the rotation and can be reached by e-mail only: nobody hears that at night."
            findings.append(found("target.only_email", place, text))
        elif person.person_id in unreachable:
            findings.append(found("schedule.no_contact", place, f"{person.name} stands in the rotation and has no active contact point."))
    findings += _unshown(rota, place, "contact.unverified", set(unverified) - set(gone))
    findings += _unshown(rota, place, "contact.expired", set(expired) - set(gone))
    open_times = [f"from {_local(begin, zone)} to {_local(end, zone)}" for begin, end in gaps(rota, since, until, without=gone)]
    if open_times:
        more = [f"{len(open_times) - MOST_SHOWN} more times"] if len(open_times) > MOST_SHOWN else []
        left = any(person.person_id in gone for person in rotation)
        nobody = "Without those who left, nobody is on duty" if left else "Nobody is on duty"
        text = f"{nobody} {words.listed([*open_times[:MOST_SHOWN], *more])} ({zone})."
        findings.append(found("coverage.gap", place, text))
    for change in clock_changes(zone, since, until):
        how = "shorter" if change.by > timedelta(0) else "longer"
        text = f"The clocks change on {_local(change.at, zone)}: the shift of that time is {words.duration(abs(change.by))} {how}."
        findings.append(found("schedule.clock_change", place, text))
    return findings


def _unshown(rota: RotaSnapshot, place: str, check: str, people: Collection[int]) -> list[Finding]:
    """One finding for a whole rotation."""
    names = list(dict.fromkeys(person.name for person in rota.people() if person.person_id in people))
    if not names:
        return []
    has = "has" if len(names) == 1 else "have"
    ago = " for half a year" if check == "contact.expired" else ""
    return [found(check, place, f"{words.listed(names)} {has} not shown{ago} that messages reach them.")]


def _local(at: datetime, zone: str) -> str:
    """'29 Mar 2026, 03:00 CEST': the zone's own name of the hour tells the two hours of a change back apart."""
    return f"{at.astimezone(ZoneInfo(zone)):%d %b %Y, %H:%M %Z}"
