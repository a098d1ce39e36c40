"""Taking what is due: which messages leave now, over which contact point, and alone or together.

A message that is taken is marked for the length of a lease; whoever dies while sending leaves it to be taken again when that ends.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from portal.foundation.channels.rules import Use, Uses
from portal.foundation.people.models import ContactPoint

from .calling import Parcel
from .handlers import tell
from .letters import letter_for_all, most_together
from .models import DeliveryAttempt, OutboxMessage
from .settling import State, give_up, store
from .slots import share
from .ways import fault_of, lane_of, ways_of

# Looked at in one go for each lane, and of messages whose lane is not known yet: enough to fill every lane, little enough to be quick.
MOST_OF_A_LANE = 240
MOST_NOT_ROUTED = 500
# A message that is older than this has long ended, so none of its attempts lies within a limit's stretch.
LONGEST_STRETCH = timedelta(days=1)
# Whoever stands in for the sending process takes messages for 90 s.
NO_LEASE_IS_LONGER = timedelta(minutes=2)
NO_WAY = "There is no active contact point left to try."
NO_WAY_OF_A_DRILL = "The drill allows none of this person's contact points."

# Who gets it, and by what: the limits count for both together.
Receiver = tuple[int | None, str]


@dataclass(slots=True)
class Room:
    """What is free: how many calls each lane may still begin, which messages are in this process's hands, and when calls began to whom."""

    free: Callable[[str], int]
    most: int
    full: Collection[str] = ()
    held: Collection[UUID] = ()
    calling: Mapping[Receiver, Sequence[datetime]] = field(default_factory=dict)


def is_due(now: datetime) -> Q:
    """Waiting messages whose time has come, and those whose worker did not come back before its lease ended."""
    return Q(state__in=(State.PENDING, State.SENDING), next_attempt_at__lte=now)


def something_due(now: datetime) -> bool:
    """Whether any message has to be looked at. One step in an index, asked many times a second, so it is asked by hand."""
    table = connection.ops.quote_name(OutboxMessage._meta.db_table)
    with connection.cursor() as cursor:
        # No part of the question comes from outside.
        question = f"SELECT 1 FROM {table} WHERE next_attempt_at <= %s LIMIT 1"  # noqa: S608
        cursor.execute(question, [connection.ops.adapt_datetimefield_value(now)])
        return cursor.fetchone() is not None


@transaction.atomic
def claim(now: datetime, room: Room, lease: timedelta) -> list[Parcel]:
    """Takes what is due and has room, the most urgent first; each parcel is one call to make. Gives up what has no way left."""
    messages = _due(now, room)
    if not messages:
        return []
    ways, uses = ways_of(messages), Uses()
    stranded = [message for message in messages if message.contact_position >= len(ways[message.pk])]
    routed = [(message, ways[message.pk][message.contact_position]) for message in messages if message not in stranded]
    before = {message.pk: (message.lane, message.next_attempt_at) for message in messages}
    parcels: list[Parcel] = []
    taken: Counter[str] = Counter()
    for contact, some, use, sent in _by_contact(routed, uses, room, now):
        lane = lane_of(contact)
        for message in some:
            message.lane = lane
        begin = min(room.free(lane) - taken[lane], room.most - len(parcels))
        more = _parcels(contact, some, use, sent, ways, begin, now)
        taken[lane] += len(more)
        parcels += more
    for parcel in parcels:
        for message in parcel.messages:
            message.state, message.next_attempt_at, message.tries = State.SENDING, now + lease, message.tries + 1
            message.bundle_id = parcel.messages[0].pk if message is not parcel.messages[0] else None
    news = [give_up(message, None, now, why=NO_WAY_OF_A_DRILL if message.drill else NO_WAY) for message in stranded]
    store(message for message in messages if before[message.pk] != (message.lane, message.next_attempt_at))
    tell(news, now)
    return parcels


def renew(messages: Collection[UUID], until: datetime) -> None:
    """Holds on to messages whose calls still run."""
    OutboxMessage.objects.filter(pk__in=messages, state=State.SENDING).update(next_attempt_at=until)


def bring_forward(now: datetime) -> None:
    """After a clock that was set back, and at a start: what an instant that has not come yet put off leaves now instead of then.

    What waits for a free slot or after a failure is judged anew, so this can only make something leave sooner.
    """
    OutboxMessage.objects.filter(next_attempt_at__gt=now, state=State.PENDING).update(next_attempt_at=now)
    OutboxMessage.objects.filter(next_attempt_at__gt=now + NO_LEASE_IS_LONGER, state=State.SENDING).update(next_attempt_at=now)


def _due(now: datetime, room: Room) -> list[OutboxMessage]:
    """The first of every lane that has room, locked. Two queries."""
    place = Window(RowNumber(), partition_by="lane", order_by=[F("urgent").desc(), "next_attempt_at"])
    first = OutboxMessage.objects.filter(is_due(now)).exclude(lane__in=room.full).annotate(place=place)
    few = Q(place__lte=MOST_OF_A_LANE) | Q(lane="", place__lte=MOST_NOT_ROUTED)
    keys = set(first.filter(few).order_by().values_list("pk", flat=True)) - set(room.held)
    if not keys:
        return []
    locked = OutboxMessage.objects.select_for_update(skip_locked=True, of=("self",)).filter(is_due(now), pk__in=keys)
    return list(locked.order_by("-urgent", "next_attempt_at", "created_at"))


def _by_contact(
    routed: Sequence[tuple[OutboxMessage, ContactPoint]], uses: Uses, room: Room, now: datetime
) -> list[tuple[ContactPoint, list[OutboxMessage], Use, list[datetime]]]:
    """What goes to each contact point, with what holds there and when this person got something by this channel. At most one query."""
    groups: dict[int, tuple[ContactPoint, list[OutboxMessage]]] = {}
    for message, contact in routed:
        groups.setdefault(contact.pk, (contact, []))[1].append(message)
    limited = {contact.person_id for contact, _ in groups.values() if uses[contact.channel].limit}
    sent = _sent(limited, now)
    for receiver, begun in room.calling.items():
        sent.setdefault(receiver, []).extend(begun)
    return [
        (contact, some, uses[contact.channel], sent.setdefault((contact.person_id, contact.channel), []))
        for contact, some in groups.values()
    ]


def _sent(people: Collection[int], now: datetime) -> dict[Receiver, list[datetime]]:
    """When each of these people was handed something, by channel. What travelled with others was one message."""
    if not people:
        return {}
    handed = DeliveryAttempt.objects.filter(
        succeeded=True, message__person__in=people, message__bundle=None, message__created_at__gt=now - LONGEST_STRETCH
    )
    sent: dict[Receiver, list[datetime]] = {}
    for person, channel, at in handed.values_list("message__person_id", "channel", "started_at"):
        sent.setdefault((person, channel), []).append(at)
    return sent


def _parcels(
    contact: ContactPoint,
    messages: Sequence[OutboxMessage],
    use: Use,
    sent: list[datetime],
    ways: Mapping[UUID, Sequence[ContactPoint]],
    begin: int,
    now: datetime,
) -> list[Parcel]:
    """At most `begin` calls to one contact point; `sent` grows by what they hand over."""
    if begin <= 0:
        return []
    # A code is for one address and one moment, a drill is no news: neither is put together with anything, nor held back.
    alone = [(message,) for message in messages if message.secret or message.drill]
    shared = share(
        [message for message in messages if not (message.secret or message.drill)],
        sent,
        use.limit,
        now,
        most_together=most_together(contact.channel),
    )
    for message in shared.waiting:
        message.state, message.next_attempt_at = State.PENDING, shared.until
    together = [*alone, *shared.parcels][:begin]
    sent.extend([now] * len(together))
    return [
        Parcel(
            contact,
            some,
            letter_for_all(some, contact, use, now),
            some[0].lane,
            frozenset(message.pk for message in some if message.contact_position + 1 < len(ways[message.pk])),
            fault_of(some[0], contact.channel),
        )
        for some in together
    ]
