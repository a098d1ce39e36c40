"""Using a mandate in an incident, ending that and reviewing it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from audit.ledger.models import LedgerEvent
from incidents.mandates.queries import mandates_of
from incidents.mandates.services import LONGEST, end_use, remind_to_review, review_use, use_mandate
from incidents.models import Incident, MandateUse
from policies.models import DelegatedAuthority, Region
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.models import OutboxMessage
from tests.factories.incidents import incident, service
from tests.factories.policies import approve, draft, level, policy
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=4)
WHY = "The change freeze is lifted for the hotfix; customers cannot pay."


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.owner = person("Olga Owner", roles=("responder",))
            contact(self.owner)
            self.reviewer = person("Rita Reviewer", roles=("compliance",))
            self.other = person("Otto Other", roles=("responder",))
            self.service = service("Card payments", owner=person("Sam Service"))
            version = draft(policy(self.service))
            level(
                version,
                1,
                self.owner,
                owner=self.owner,
                mandates="suspend_processes, mobilise_resources",
                mandate_limits="Not the ledger.",
                mandate_until=date(2098, 12, 31),
            )
            approve(version, now=NOW - timedelta(days=1))
            self.incident: Incident = incident(NOW, service=self.service)

        def use(self, **changed: Any) -> MandateUse:
            given: dict[str, Any] = {"mandate": "suspend_processes", "until": LATER, "actor": self.owner, "now": NOW, "reason": WHY}
            given.update(changed)
            return use_mandate(self.incident, given.pop("mandate"), **given)

    return Scene()


def test_the_owner_of_a_level_uses_its_mandate_for_a_time_and_others_are_told(scene: Any) -> None:
    use = scene.use()
    assert (use.until, use.limits, use.held_as) == (LATER, "Not the ledger.", "Owner of level 1, Line 1.")
    told = OutboxMessage.objects.filter(kind="mandate.used")
    assert {message.person for message in told} >= {scene.reviewer, scene.service.owner}
    assert scene.owner not in {message.person for message in told}
    entry = scene.incident.timeline.get(kind="mandate")
    assert entry.text == "Olga Owner used a mandate: suspend processes"
    event = LedgerEvent.objects.get(type="mandate.used")
    assert WHY in event.payload


def test_authority_delegated_by_region_counts_until_its_last_day(scene: Any) -> None:
    region = Region.objects.create(name="Iberia")
    DelegatedAuthority.objects.create(
        person=scene.other,
        region=region,
        mandates="override_access_controls",
        limits="Read only.",
        valid_from=date(2026, 11, 1),
        valid_until=date(2026, 11, 20),
        delegated_by=scene.owner,
    )
    assert [held.mandate.value for held in mandates_of(scene.other, scene.incident, NOW)] == ["override_access_controls"]
    assert mandates_of(scene.other, scene.incident, NOW + timedelta(days=1)) == []
    assert scene.use(mandate="override_access_controls", actor=scene.other).limits == "Read only."


@pytest.mark.parametrize("mandate", ["suspend_processes", "override_access_controls"])
def test_who_does_not_hold_it_cannot_use_it(scene: Any, mandate: str) -> None:
    with pytest.raises(NotAllowed, match="You hold no mandate"):
        scene.use(mandate=mandate, actor=scene.other)
    assert not MandateUse.objects.exists()


def test_a_mandate_past_its_last_day_counts_no_more(scene: Any) -> None:
    late = datetime(2099, 1, 1, 0, 30, tzinfo=UTC)
    with pytest.raises(NotAllowed):
        scene.use(now=late, until=late + timedelta(hours=1))


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"mandate": "everything"}, "Choose one of"),
        ({"until": NOW}, "later than now"),
        ({"until": NOW + LONGEST + timedelta(seconds=1)}, "at most 72 hours"),
        ({"reason": "  "}, "why it cannot wait"),
    ],
)
def test_a_use_needs_a_known_mandate_an_end_and_words(scene: Any, changed: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        scene.use(**changed)
    assert refusal in str(refused.value)
    assert not MandateUse.objects.exists()


def test_the_same_mandate_is_not_used_twice_at_once(scene: Any) -> None:
    scene.use()
    with pytest.raises(WrongState, match="You use it already"):
        scene.use(now=NOW + timedelta(minutes=5))


def test_somebody_else_reviews_it_once_and_not_justified_ends_it(scene: Any) -> None:
    use = scene.use()
    with pytest.raises(NotAllowed):
        review_use(use, verdict="justified", actor=scene.other, now=LATER, reason="Fine.")
    at = NOW + timedelta(hours=1)
    review_use(use, verdict="not_justified", actor=scene.reviewer, now=at, reason="The approver was in the room.")
    use.refresh_from_db()
    assert (use.ended_at, use.ended_by, use.reviewed_by) == (at, scene.reviewer, scene.reviewer)
    with pytest.raises(WrongState, match="reviewed it already"):
        review_use(use, verdict="justified", actor=scene.reviewer, now=LATER, reason="On reflection.")


def test_nobody_reviews_their_own_use(scene: Any) -> None:
    from django.contrib.auth.models import Group

    scene.owner.groups.add(Group.objects.get(name="Compliance"))
    with pytest.raises(NotAllowed, match="Somebody else"):
        review_use(scene.use(), verdict="justified", actor=scene.owner, now=LATER, reason="Fine.")


def test_whoever_used_it_can_end_it_and_others_cannot(scene: Any) -> None:
    use = scene.use()
    with pytest.raises(NotAllowed):
        end_use(use, actor=scene.other, now=NOW, reason="Enough.")
    end_use(use, actor=scene.owner, now=NOW + timedelta(hours=1), reason="The freeze is back.")
    with pytest.raises(WrongState):
        end_use(use, actor=scene.owner, now=NOW + timedelta(hours=2), reason="Again.")


def test_an_overdue_review_is_reminded_of_once(scene: Any) -> None:
    use = scene.use()
    assert remind_to_review(now=NOW) == 0
    for _ in range(2):
        assert remind_to_review(now=use.review_due_at) == 1
    assert OutboxMessage.objects.filter(kind="mandate.review_due", person=scene.reviewer).count() == 1


@pytest.mark.parametrize(
    "change", [{"until": LATER + timedelta(days=1)}, {"reason": "Something else."}, {"used_at": NOW - timedelta(days=1)}]
)
def test_the_database_keeps_a_use_as_it_was_told(scene: Any, change: dict[str, Any]) -> None:
    use = scene.use()
    with pytest.raises(DatabaseError, match="stays as it was told"), transaction.atomic():
        MandateUse.objects.filter(pk=use.pk).update(**change)
    with pytest.raises(DatabaseError, match="stays as it was told"), transaction.atomic():
        MandateUse.objects.filter(pk=use.pk)._raw_delete("default")


def test_the_pages_of_using_and_reviewing(scene: Any, client: Client) -> None:
    client.force_login(scene.owner)
    page = reverse("admin:incidents_incident_change", args=[scene.incident.pk])
    assert "Use a mandate" in client.get(page).content.decode()
    verb = reverse("admin:incidents_incident_do", args=[scene.incident.pk, "mandate"])
    client.post(verb, {"mandate": "mobilise_resources", "hours": "4", "reason": WHY})
    use = MandateUse.objects.get()
    assert use.mandate == "mobilise_resources"
    own = client.get(reverse("admin:incidents_mandateuse_change", args=[use.pk])).content.decode()
    assert "End now" in own
    assert "do/review" not in own
    client.force_login(scene.reviewer)
    listed = client.get(reverse("admin:incidents_mandateuse_changelist")).content.decode()
    assert "Mobilise resources" in listed
    client.post(
        reverse("admin:incidents_mandateuse_do", args=[use.pk, "review"]), {"verdict": "justified", "reason": "Nobody else was there."}
    )
    use.refresh_from_db()
    assert use.verdict == "justified"
