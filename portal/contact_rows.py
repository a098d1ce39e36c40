"""What the page of somebody's contact points shows: each way with its state in words, whether they can take something, what is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.foundation.adminkit.moments import moment
from portal.foundation.channels.base import not_set_up
from portal.foundation.contacts import losing
from portal.foundation.people.addresses import EMAIL, is_slack_member
from portal.foundation.people.availability import Presence, State
from portal.foundation.people.models import ContactCode, ContactPoint, ContactRule, User
from portal.foundation.people.queries import availability_of
from portal.foundation.people.reach import can_interrupt
from portal.foundation.redaction import mask_address
from portal.foundation.words import counted, listed

# As long before a verification ends as people are reminded of it.
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Way:
    """One contact point as its owner reads it. `look` is the badge's colour: done, open or late."""

    point: ContactPoint
    address: str
    how: str
    state: SafeString | str
    look: str
    problem: str
    waiting: bool
    first: bool
    last: bool
    losing: str

    @property
    def verified(self) -> bool:
        return self.look == "done"


def ways_of(person: User, now: datetime) -> list[Way]:
    """Every contact point of `person` in order. Two queries, and who is on duty when only one is verified."""
    points = list(person.contact_points.order_by("order", "id"))
    waiting = set(ContactCode.objects.filter(contact__in=points, expires_at__gt=now).values_list("contact_id", flat=True))
    return [_way(point, points, point.pk in waiting, now) for point in points]


def _way(point: ContactPoint, points: list[ContactPoint], waiting: bool, now: datetime) -> Way:
    state, look = _state(point, now)
    alone = sum(other.active and other.verified(now) and other.channel != EMAIL for other in points) == 1
    return Way(
        point,
        mask_address(point.address),
        _how(point),
        state,
        look,
        not_set_up(point.channel, point.address),
        waiting and point.active,
        point is points[0],
        point is points[-1],
        losing(point, now) if alone else "",
    )


def _state(point: ContactPoint, now: datetime) -> tuple[SafeString | str, str]:
    if not point.active:
        return "Switched off: nothing is sent here.", "open"
    if point.verified_until is None:
        return "Not verified: nobody knows yet whether messages arrive here.", "late"
    if not point.verified(now):
        return format_html("The verification ended {}.", moment(point.verified_until, now)), "late"
    if point.verified_until - now <= SOON:
        return format_html("Verified only until {}. Verify it again.", moment(point.verified_until, now)), "done"
    return format_html("Verified until {}.", moment(point.verified_until, now)), "done"


def _how(point: ContactPoint) -> str:
    """Which of a channel's ways it is, where there are two."""
    if point.channel == ContactPoint.Channel.SLACK:
        return "Slack, the bot writes to you" if is_slack_member(point.address) else "Slack, through an incoming webhook"
    return point.get_channel_display()


def summary(person: User, ways: list[Way], *, own: bool) -> tuple[str, bool]:
    """The page's first line, and whether it is a warning."""
    who = "you" if own else str(person)
    alerts = [way for way in ways if way.point.active and can_interrupt(way.point.channel, way.point.address)]
    if not alerts:
        by_mail = " E-mail does not count: nobody hears it at night." if any(way.point.channel == EMAIL for way in ways) else ""
        return f"No alert can reach {who}.{by_mail} Add a telephone number, a push service or a chat below.", True
    verified = [way for way in alerts if way.verified]
    if not verified:
        return f"Alerts go to {counted(len(alerts), 'contact point')}, but nobody knows whether they arrive: verify one now.", True
    return f"Alerts reach {who}: {listed([way.point.label for way in alerts])}. {len(verified)} of {len(alerts)} verified.", False


def presence_in_words(person: User, now: datetime, *, own: bool) -> tuple[SafeString, Presence]:
    """'You are busy until …. Holds a live incident.'"""
    presence = availability_of([person.pk], now)[person.pk]
    who = "You are" if own else f"{person} is"
    until = format_html(" until {}", moment(presence.until, now)) if presence.until else ""
    why = "" if presence.source is None else presence.why
    return format_html("{} <strong>{}</strong>{}. {}", who, presence.state.value, until, why), presence


def taken_by(presence: Presence) -> str:
    """What it means for alerts; empty for whoever is available."""
    told = {
        State.BUSY: "Where a level may choose among several people, those who are free come first. Duty stays duty: its alerts still come.",
        State.AWAY: "Where a level may choose among several people, those who are there come first. Duty stays duty: find a stand-in for it.",
    }
    return told.get(presence.state, "")


def steps_of(person: User) -> dict[str, list[int]]:
    """The contact points of a person's rules by urgency, in order. One query."""
    steps: dict[str, list[int]] = {urgency: [] for urgency in ContactRule.Urgency.values}
    for urgency, key in ContactRule.objects.filter(person=person).order_by("position").values_list("urgency", "contact_id"):
        steps[urgency].append(key)
    return steps


def vouched(point: ContactPoint) -> str:
    """Why the portal itself counts `point` as verified, when nobody answered from there; else empty. One query."""
    history: Any = point.history
    row = history.filter(verified_at=point.verified_at).order_by("history_date", "history_id").first() if point.verified_at else None
    return str(row.history_change_reason or "") if row is not None and row.history_user_id is None else ""
