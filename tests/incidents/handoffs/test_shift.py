"""The change of shift: what somebody holds, who goes and who comes, and everything offered together or not at all."""

from datetime import datetime, timedelta

import pytest

from incidents.escalation.engine import run_cycle
from incidents.escalation.services import acknowledge, acknowledge_track
from incidents.handoffs.shift import change_in, changes_of, held_by, offer_all
from incidents.handoffs.standing import standing
from incidents.models import EscalationRun, HandOff
from portal.foundation.access.grants import grant
from portal.foundation.errors import InvalidInput, WrongState
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import contact, person

from .conftest import Case

pytestmark = pytest.mark.django_db


def test_every_track_that_somebody_has_is_listed_with_what_comes_next(now: datetime) -> None:
    lea = person("Lea Legal", roles=("responder",))
    contact(lea)
    draft = policies.draft(now=now - timedelta(minutes=1))
    draft.resolve_within = timedelta(hours=1)
    draft.save()
    policies.level(draft, 1, lea)
    policies.level(draft, 2, person("Kim"))
    policies.level(draft, 1, lea, track="compliance")
    service = policies.approve(draft, now=now - timedelta(minutes=1)).policy.service
    incident = make.incident(now, service=service, personal_data=True)
    run_cycle(now=now)
    acknowledge(incident, actor=lea, now=now + timedelta(minutes=1))
    acknowledge_track(incident, "compliance", actor=lea, now=now + timedelta(minutes=1))
    found = held_by(lea)
    assert sorted(each.track.value for each in found) == ["compliance", "technical"]
    technical = standing(EscalationRun.objects.get(track="technical"), incident)
    assert (technical.words, technical.remaining(now + timedelta(minutes=20))) == ("acknowledged, level 1", "40 min")
    assert held_by(lea, person("Stranger")) == []
    guest = person("Guest")
    grant("policies.see_service_incidents", guest, service)
    assert len(held_by(lea, guest)) == 2


def test_who_goes_and_who_comes(case: Case) -> None:
    schedule = policies.schedule(case.tom, name="Payments")
    policies.override(schedule, case.ana, case.now - timedelta(hours=4), case.after(60))
    for reader in (case.ana, case.tom):
        (change,) = changes_of(reader, case.now)
        assert change.incoming is not None
        assert (change.outgoing.person_id, change.incoming.person_id, change.at) == (case.ana.pk, case.tom.pk, case.after(60))
    assert changes_of(case.cara, case.now) == []
    seen = change_in(schedule, case.cara, case.now)
    assert seen is not None
    assert seen.at == case.after(60)
    late = change_in(schedule, case.ana, case.after(90))
    assert late is not None
    assert late.outgoing.person_id == case.ana.pk


def test_nobody_may_come_next(case: Case) -> None:
    alone = policies.schedule(name="Empty")
    policies.override(alone, case.ana, case.now, case.after(60))
    (change,) = changes_of(case.ana, case.after(1))
    assert (change.incoming, change.at) == (None, case.after(60))
    assert change_in(policies.schedule(name="Never planned"), case.ana, case.now) is None


def test_all_is_offered_or_nothing_and_the_refusal_names_the_incident(case: Case) -> None:
    second = make.incident(case.now)
    items = [(case.incident, "technical", "One"), (second, "technical", "Two")]
    with pytest.raises(WrongState, match=rf"{second.number}: Nobody has it yet.* Nothing was offered"):
        offer_all(items, to=case.tom, actor=case.ana, now=case.after(2))
    assert not HandOff.objects.exists()
    with pytest.raises(InvalidInput, match="nothing to offer"):
        offer_all([], to=case.tom, actor=case.ana, now=case.after(2))
    acknowledge(second, actor=case.ana, now=case.after(1))
    made = offer_all(items, to=case.tom, actor=case.ana, now=case.after(2))
    assert {each.kind for each in made} == {"shift"}
