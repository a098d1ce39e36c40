"""What the demo's people told once the incidents were over: feedback on them, and a freeze of changes that has ended by itself."""

from datetime import datetime, timedelta

from incidents.changes.freezing import declare_freeze
from incidents.feedback.services import Given, leave, record
from incidents.models import Feedback, Incident
from policies.oncall.coverage.checking import check_when_due
from portal.models import User

from . import organisation as company

# Enough in a quarter for a share with its interval, and for a service of its own.
ANSWERS = 14


def plant(now: datetime) -> None:
    """After the past was lived through, and before its quarters are reviewed; in the order of time where that shows."""
    people = {user.username: user for user in User.objects.filter(username__in=["manager", "commander", "responder", "compliance"])}
    _frozen_for_the_holidays(now - timedelta(days=45), people["manager"])
    _heard(now, people)
    check_when_due(now=now)


def _frozen_for_the_holidays(then: datetime, manager: User) -> None:
    declare_freeze(
        covers="everything",
        begins_at=then + timedelta(days=2),
        ends_at=then + timedelta(days=4),
        reason=company.FREEZE,
        actor=manager,
        now=then,
    )


def _heard(now: datetime, people: dict[str, User]) -> None:
    """Of the incidents that were resolved last, each a day later; of the first it was said that there is nothing to do."""
    resolved = Incident.objects.filter(resolved_at__lt=now - timedelta(days=1)).select_related("service").order_by("-resolved_at")
    told = list(reversed(resolved[:ANSWERS]))
    for position, incident in enumerate(told):
        giver, way, satisfaction, text = company.FEEDBACK[position % len(company.FEEDBACK)]
        at = (incident.resolved_at or now) + timedelta(days=1)
        given = Given(giver=giver, given_on=at.date(), way=way, satisfaction=satisfaction, text=text, incident=incident)
        heard = record(given, actor=people["responder"], now=at)
        if position == 0:
            _nothing_to_do(heard, at + timedelta(days=1), people)


def _nothing_to_do(heard: Feedback, at: datetime, people: dict[str, User]) -> None:
    leave(heard, actor=people["commander"], now=at, reason="Thanked by mail; the wait was that of the bank.")
