"""Making, reading and revoking feeds. The address is told once; only its hash is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from audit.events.services import act
from policies.oncall.models import OnCallSchedule
from policies.oncall.secret_addresses import Secret, hash_of
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.people.models import User

from .models import CalendarFeed, FeedAccess

SEE_DUTY = "policies.view_oncallschedule"
SEE_FEEDS, CHANGE_FEEDS = "policies.view_calendarfeed", "policies.change_calendarfeed"
MOST_FEEDS = 20
# Once a minute, a day long: calendar programs ask a few times an hour.
MOST_READS_A_DAY = 1_440


def make_feed(
    label: str,
    *,
    actor: Any,
    now: datetime,
    schedule: OnCallSchedule | None = None,
    person: User | None = None,
    reason: str = "",
) -> tuple[CalendarFeed, str]:
    """A feed of `schedule`, or of the duty of `person`, and its secret token, which stands nowhere else.

    Raises NotAllowed, InvalidInput without a label or with not exactly one thing to show, and WrongState beyond 20 live feeds.
    """
    if (schedule is None) == (person is None):
        raise InvalidInput("A feed shows a schedule or a person: choose one.", {"schedule": ["Choose a schedule, or a person."]})
    if not may_show(actor, schedule, person):
        raise NotAllowed("You may make feeds of your own duty only. Others need the right to see on-call schedules.")
    if not label.strip():
        raise InvalidInput("Say where the feed is read.", {"label": ["Say where it is read, such as 'my telephone'."]})
    secret = Secret.new()
    with act("calendar_feed.made", actor=actor, now=now, why=reason) as running:
        if CalendarFeed.objects.filter(owner=actor, revoked_at=None).count() >= MOST_FEEDS:
            raise WrongState(f"You have {MOST_FEEDS} feeds. Revoke one that is not read any more.")
        feed = CalendarFeed(label=label.strip()[:80], owner=actor, schedule=schedule, person=person, made_at=now)
        feed.token_hash, feed.hint = secret.hash, secret.hint
        save_tracked(feed, actor=actor, now=now, reason=reason)
        running.subject = feed
    return feed, secret.token


def revoke_feed(feed: CalendarFeed, *, actor: Any, now: datetime, reason: str = "") -> CalendarFeed:
    """Lets the feed's address lead nowhere from now on. Raises NotAllowed, and WrongState for one that was revoked before."""
    if actor is None or actor.pk != feed.owner_id:
        require(actor, CHANGE_FEEDS, feed, to="revoke this feed")
    with act("calendar_feed.revoked", actor=actor, now=now, subject=feed, why=reason):
        feed = CalendarFeed.objects.select_for_update(of=("self",)).get(pk=feed.pk)
        if feed.revoked_at is not None:
            raise WrongState("The feed was revoked before.")
        feed.revoked_at, feed.revoked_by = now, actor
        save_tracked(feed, actor=actor, now=now, reason=reason)
    return feed


def feed_of(token: str) -> CalendarFeed | None:
    """The feed behind `token`; None when there is none, it was revoked, somebody left, or its owner may not see this any more."""
    found = CalendarFeed.objects.select_related("owner", "schedule", "person").filter(token_hash=hash_of(token), revoked_at=None).first()
    if found is None or not found.owner.is_active or (found.person is not None and not found.person.is_active):
        return None
    return found if may_show(found.owner, found.schedule, found.person) else None


def may_show(owner: Any, schedule: OnCallSchedule | None, person: User | None) -> bool:
    """Whether `owner` may have a feed of this: one's own duty always, else with the right to see schedules."""
    if person is not None and owner is not None and owner.is_active and owner.pk == person.pk:
        return True
    return may(owner, SEE_DUTY, schedule)


def may_read_again(feed: CalendarFeed, now: datetime) -> bool:
    """Whether the feed was not read too often today."""
    read = FeedAccess.objects.filter(feed=feed, day=now.astimezone(UTC).date()).aggregate(all=Sum("count"))["all"] or 0
    return read < MOST_READS_A_DAY


def note_access(feed: CalendarFeed, *, address: str, program: str, now: datetime) -> None:
    """Counts a reading under its day, network address and program."""
    day = now.astimezone(UTC).date()
    same = {"feed": feed, "day": day, "address": address or None, "program": program[:150]}
    with transaction.atomic():
        if not FeedAccess.objects.filter(**same).update(count=F("count") + 1, last_at=now):
            FeedAccess.objects.get_or_create(**same, defaults={"first_at": now, "last_at": now})


def feeds_of(reader: Any) -> QuerySet[CalendarFeed]:
    """The feeds that `reader` may see: one's own, those of one's own duty, all with the right."""
    if may(reader, SEE_FEEDS):
        return CalendarFeed.objects.all()
    return CalendarFeed.objects.filter(Q(owner=reader) | Q(person=reader))


def next_day(now: datetime) -> int:
    """Seconds until the count begins anew."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(int((midnight - now).total_seconds()), 1)
