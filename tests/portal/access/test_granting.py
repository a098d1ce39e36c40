"""Giving a right on one object and taking it back: by whom, why, and never more than one has."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from guardian.models import UserObjectPermission

from audit.events.stories import parsed
from audit.models import LedgerEvent
from portal.foundation.access.checks import may
from portal.foundation.access.models import ObjectGrant
from portal.foundation.access.places import AUDIT, SEE, WORK
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, PortalError, WrongState
from portal.foundation.granting.services import give, take_back
from portal.models import User
from tests.factories.portal import person
from tests.shared import shared

from .organisation import Organisation, organisation

pytestmark = pytest.mark.django_db
VIEW = "incidents.view_incident"


@shared
def bank(now: datetime) -> Organisation:
    return organisation(now)


def told(type_: str) -> dict[str, Any]:
    return dict(parsed(LedgerEvent.objects.filter(type=type_).latest("id").payload))


def test_a_right_is_given_with_its_reason_and_taken_back(bank: Organisation, now: datetime) -> None:
    mia, gus = person("Mia", roles=("manager",)), person("Gus")
    given = give(SEE, gus, bank.services["paying"], actor=mia, now=now, reason="Helps with the move")
    assert may(gus, VIEW, bank.incidents["paying"])
    event = told("objectgrant.given")
    assert (event["why"], event["details"]["level"]) == ("Helps with the move", "see")
    assert {change["kind"] for change in event["changes"]} >= {"right.granted"}
    take_back(given, actor=mia, now=now, reason="The move is over")
    assert not may(User.objects.get(pk=gus.pk), VIEW, bank.incidents["paying"])
    assert not UserObjectPermission.objects.exists()
    assert told("objectgrant.taken_back")["why"] == "The move is over"
    assert [row.history_change_reason for row in ObjectGrant.history.order_by("history_id")] == ["Helps with the move", "The move is over"]
    with pytest.raises(WrongState):
        take_back(given, actor=mia, now=now, reason="Again")


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ({"by": ("responder",)}, NotAllowed),
        ({"by": ("administrator",)}, NotAllowed),
        # A manager resolves no incident, so lets nobody resolve one.
        ({"by": ("manager",), "level": WORK}, NotAllowed),
        ({"to": "self"}, NotAllowed),
        ({"to": "own group"}, NotAllowed),
        ({"to": "gone"}, InvalidInput),
        ({"reason": "  "}, InvalidInput),
        ({"until": -1}, InvalidInput),
        ({"level": AUDIT}, InvalidInput),
        ({"twice": True}, Conflict),
    ],
)
def test_what_must_not_be_given_is_not(bank: Organisation, now: datetime, case: dict[str, Any], error: type[PortalError]) -> None:
    actor = person("Mia", roles=case.get("by", ("commander",)))
    holders = {"self": actor, "own group": actor.groups.first(), "gone": person("Gone", is_active=False)}
    holder, thing = holders.get(case.get("to", "")) or person("Gus"), bank.services["paying"]
    said: dict[str, Any] = {"actor": actor, "now": now, "reason": case.get("reason", "Because")}
    if "until" in case:
        said["until"] = now + timedelta(days=case["until"])
    if case.get("twice"):
        give(SEE, holder, thing, **said)
    before = (ObjectGrant.objects.count(), UserObjectPermission.objects.count())
    with pytest.raises(error):
        give(case.get("level", SEE), holder, thing, **said)
    assert (ObjectGrant.objects.count(), UserObjectPermission.objects.count()) == before


def test_what_is_over_can_be_given_again(bank: Organisation, now: datetime) -> None:
    gus, thing, later = person("Gus"), bank.services["paying"], now + timedelta(days=2)
    give(SEE, gus, thing, actor=None, now=now, reason="First", until=now + timedelta(days=1))
    give(SEE, gus, thing, actor=None, now=later, reason="Second")
    assert list(ObjectGrant.objects.filter(ended_at=None).values_list("reason", flat=True)) == ["Second"]
    assert UserObjectPermission.objects.count() == 1
