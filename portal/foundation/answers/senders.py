"""Who writes: the one active person whose verified contact point the sender's address is."""

from datetime import datetime

from portal.foundation.errors import NotAllowed, NotFound
from portal.foundation.people.addresses import as_kept, is_slack_member, problem_with
from portal.foundation.people.models import ContactPoint, User


def sender(channel: str, address: str, *, now: datetime, receiver: int | None = None) -> User:
    """Whose address it is. Of several people who share it, `receiver`, to whom the message went, is meant.

    Raises NotFound for an address that is nobody's, NotAllowed for one that was never answered from (anybody can enter an address) and
    for one that several people share.
    """
    known = is_slack_member(address) if channel == ContactPoint.Channel.SLACK else not problem_with(channel, address)
    points = known and list(
        ContactPoint.objects.filter(channel=channel, address=as_kept(channel, address), active=True, person__is_active=True)
        .select_related("person")
        .order_by("person_id")
    )
    if not points:
        raise NotFound("The portal does not know you here. Add this to your contact points in the portal, or answer in the portal itself.")
    people = {point.person_id: point.person for point in points if point.verified(now)}
    if not people:
        raise NotAllowed(
            "The portal has not verified this contact point yet, so it cannot tell who answers. Verify it in the portal first."
        )
    if receiver in people:
        return people[receiver]
    if len(people) > 1:
        raise NotAllowed("Several people share this contact point, so the portal cannot tell who answers. Use the link of the message.")
    return next(iter(people.values()))
