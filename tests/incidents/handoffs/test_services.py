"""Who has it while a hand-off is on its way, and what becomes of every answer to it."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.models import LedgerEvent
from incidents.escalation.engine import run_cycle
from incidents.escalation.services import acknowledge, acknowledge_track, resolve
from incidents.handoffs.services import accept, decline, hand_over, offer, sign_giving, waive, withdraw
from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationRun, HandOff, Incident
from policies.models import Team
from portal.foundation.canonical import content_hash
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from reports.metrics.facts import functional_escalations_in
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import contact, person

from .conftest import Case

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[str]:
    rows = OutboxMessage.objects.filter(kind=f"handoff.{kind}").order_by("created_at", "person_name")
    return [str(name).split()[0] for name in rows.values_list("person_name", flat=True)]


def story(incident: Incident) -> list[str]:
    return list(incident.timeline.filter(kind="handoff").order_by("at", "id").values_list("text", flat=True))


def test_until_somebody_accepts_the_giver_keeps_it(case: Case) -> None:
    made = case.offered()
    assert (case.fresh().assigned_to, made.state, made.given_at, made.received_at) == (case.ana, "open", case.after(2), None)
    assert (told("offered"), story(case.incident)) == (["Tom"], ["Ana Ruiz offers it to Tom Berg"])


def test_accepting_moves_it_and_both_signatures_stand(case: Case) -> None:
    made = accept(case.offered(), actor=case.tom, now=case.after(5), reason="I am on it")
    assert (case.fresh().assigned_to, made.state) == (case.tom, "signed")
    assert (made.giver, made.given_at, made.receiver, made.received_at) == (case.ana, case.after(2), case.tom, case.after(5))
    stored = HandOff.objects.get()
    assert stored.content_sha256 == content_hash(stored.content)
    assert (stored.content["giver"]["name"], stored.content["receiver"]["name"], stored.content["note"]) == (
        "Ana Ruiz",
        "Tom Berg",
        "Restarted the gateway; queue still grows",
    )
    assert told("accepted") == ["Ana"]
    event = LedgerEvent.objects.get(type="handoff.accepted")
    assert json.loads(event.payload)["details"]["content_sha256"] == stored.content_sha256


def test_accepting_twice_is_harmless(case: Case) -> None:
    made = case.offered()
    accept(made, actor=case.tom, now=case.after(5))
    events = LedgerEvent.objects.count()
    assert accept(made, actor=case.tom, now=case.after(6)).received_at == case.after(5)
    assert LedgerEvent.objects.count() == events


def test_the_escalation_as_it_stood_is_part_of_what_is_signed(now: datetime) -> None:
    on_call = person("On call")
    contact(on_call)
    version = policies.in_force(None, [on_call], now=now - timedelta(minutes=1))
    incident = make.incident(now, service=version.policy.service)
    run_cycle(now=now)
    ana, tom = person("Ana", roles=("responder",)), person("Tom", roles=("responder",))
    acknowledge(incident, actor=ana, now=now + timedelta(minutes=1))
    made = offer(incident, to=tom, note="Take it", actor=ana, now=now + timedelta(minutes=2))
    assert made.run is not None
    assert made.content["escalation"]["level"] == 1
    accept(made, actor=tom, now=now + timedelta(minutes=3))
    made.run.refresh_from_db()
    assert (made.run.holder, Incident.objects.get().assigned_to) == (tom, tom)


def test_declining_leaves_the_giver_responsible_and_tells_them(case: Case) -> None:
    made = decline(case.offered(), actor=case.tom, now=case.after(3), reason="I am on another one")
    assert (case.fresh().assigned_to, made.state, made.answer) == (case.ana, "declined", "I am on another one")
    assert told("declined") == ["Ana"]
    assert not OutboxMessage.objects.filter(kind="handoff.offered", state="pending").exists()
    case.offered(now=case.after(4))


def test_declining_needs_words(case: Case) -> None:
    with pytest.raises(InvalidInput, match="why you decline"):
        decline(case.offered(), actor=case.tom, now=case.after(3), reason=" ")


def test_withdrawing_takes_the_question_back(case: Case) -> None:
    made = withdraw(case.offered(), actor=case.ana, now=case.after(3), reason="Solved it")
    assert (made.state, case.fresh().assigned_to, told("withdrawn")) == ("withdrawn", case.ana, ["Tom"])
    with pytest.raises(WrongState, match="withdrawn by Ana Ruiz"):
        accept(made, actor=case.tom, now=case.after(4))


def test_only_the_giver_and_whoever_offered_withdraw(case: Case) -> None:
    with pytest.raises(NotAllowed, match="Only Ana Ruiz"):
        withdraw(case.offered(), actor=case.tom, now=case.after(3))


def test_what_somebody_else_hands_on_waits_for_the_givers_signature(case: Case) -> None:
    made = case.offered(actor=case.cara)
    assert (made.given_at, told("sign")) == (None, ["Ana"])
    made = accept(made, actor=case.tom, now=case.after(3))
    assert (made.state, made.lacks, case.fresh().assigned_to) == ("open", ("giver",), case.tom)
    with pytest.raises(NotAllowed, match="Only Ana Ruiz"):
        sign_giving(made, actor=case.tom, now=case.after(4))
    for minute in (5, 6):
        made = sign_giving(made, actor=case.ana, now=case.after(minute))
    assert (made.state, made.given_at) == ("signed", case.after(5))


def test_the_giver_may_sign_before_it_is_accepted(case: Case) -> None:
    made = sign_giving(case.offered(actor=case.cara), actor=case.ana, now=case.after(3))
    assert (made.state, made.lacks) == ("open", ("receiver",))
    assert accept(made, actor=case.tom, now=case.after(4)).state == "signed"


def test_whoever_accepted_may_hand_on_before_the_first_giver_signed(case: Case) -> None:
    accept(case.offered(actor=case.cara), actor=case.tom, now=case.after(3))
    second = offer(case.incident, to=case.cara, note="Yours", actor=case.tom, now=case.after(4))
    accept(second, actor=case.cara, now=case.after(5))
    assert case.fresh().assigned_to == case.cara


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (lambda case: case.ana, "has it already"),
        (lambda case: person("Gone", roles=("responder",), is_active=False), "cannot sign in"),
        (lambda case: person("Reader", roles=("auditor",)), "no right to work"),
    ],
)
def test_it_is_not_offered_to_whoever_cannot_take_it(to: Any, words: str, case: Case) -> None:
    with pytest.raises(InvalidInput, match=words):
        case.offered(to=to(case))
    assert not HandOff.objects.exists()


def test_nobody_offers_it_to_oneself(case: Case) -> None:
    with pytest.raises(InvalidInput, match="to yourself"):
        case.offered(to=case.cara, actor=case.cara)


def test_it_is_offered_once_at_a_time(case: Case) -> None:
    case.offered()
    with pytest.raises(WrongState, match="offered to Tom Berg already"):
        case.offered(to=case.cara)


@pytest.mark.parametrize(
    ("field", "value"), [("note", " "), ("kind", "gift"), ("track", "gossip"), ("note", "x" * 2_001), ("note", "\x00")]
)
def test_what_cannot_be_meant_is_refused(field: str, value: str, case: Case) -> None:
    with pytest.raises(InvalidInput):
        case.offered(**{field: value})


def test_somebody_has_to_be_named(case: Case) -> None:
    with pytest.raises(InvalidInput, match="Say to whom"):
        case.offered(to=None)


def test_without_the_right_nothing_is_offered_or_accepted(case: Case) -> None:
    with pytest.raises(NotAllowed, match="hand over this incident"):
        case.offered(actor=person("Reader", roles=("auditor",)))
    made = case.offered()
    case.tom.groups.clear()
    with pytest.raises(NotAllowed, match="take over this incident"):
        accept(made, actor=User.objects.get(pk=case.tom.pk), now=case.after(3))
    assert case.fresh().assigned_to == case.ana


def test_an_offer_to_somebody_else_is_neither_accepted_nor_declined(case: Case) -> None:
    made = case.offered()
    for answer in (accept, decline):
        with pytest.raises(NotAllowed, match="offered to Tom Berg"):
            answer(made, actor=case.cara, now=case.after(3), reason="Mine")
    with pytest.raises(NotAllowed, match="offered to Tom Berg"):
        accept(made, actor=case.ana, now=case.after(3))


def test_after_the_incident_ended_there_is_nothing_to_accept(case: Case) -> None:
    made = case.offered()
    resolve(case.incident, actor=case.ana, now=case.after(3), reason="Restarted")
    with pytest.raises(WrongState, match="nothing to take over"):
        accept(made, actor=case.tom, now=case.after(4))
    with pytest.raises(WrongState, match="nothing to hand over"):
        case.offered(now=case.after(5))


def test_an_offer_from_before_a_reopening_moves_nothing(case: Case) -> None:
    made = case.offered()
    resolve(case.incident, actor=case.ana, now=case.after(3), reason="Restarted")
    lifecycle.reopen(case.incident, actor=case.ana, now=case.after(4), reason="Back")
    with pytest.raises(WrongState, match="reopened since"):
        accept(made, actor=case.tom, now=case.after(5))


def test_somebody_inactive_does_not_accept(case: Case) -> None:
    made = case.offered()
    User.objects.filter(pk=case.tom.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        accept(made, actor=User.objects.get(pk=case.tom.pk), now=case.after(3))


def test_of_a_team_whoever_accepts_first_has_it(case: Case) -> None:
    team = case.team(case.tom, case.cara)
    made = case.offered(team=team)
    assert (made.kind, made.receiver, told("offered")) == ("functional", None, ["Cara", "Tom"])
    accept(made, actor=case.cara, now=case.after(3))
    with pytest.raises(Conflict, match="Cara Chief accepted it first"):
        accept(made, actor=case.tom, now=case.after(3))
    with pytest.raises(Conflict):
        decline(made, actor=case.tom, now=case.after(3), reason="No")
    assert (case.fresh().assigned_to, case.fresh().team) == (case.cara, team)


def test_the_group_moves_and_counts_as_a_functional_escalation_only_when_it_is_accepted(case: Case) -> None:
    first, second = Team.objects.create(name="First line"), case.team(case.tom)
    Incident.objects.filter(pk=case.incident.pk).update(team=first)
    made = case.offered(team=second, to=case.tom)
    data = case.incident.timeline.filter(kind="assigned").values_list("data", flat=True)
    assert (functional_escalations_in(list(data)), case.fresh().team, case.fresh().reassignment_count) == (0, first, 0)
    accept(made, actor=case.tom, now=case.after(3))
    assert (functional_escalations_in(list(data.all())), case.fresh().team, case.fresh().reassignment_count) == (1, second, 1)


def test_whoever_is_on_call_for_a_team_is_told_and_may_accept_without_being_a_member(case: Case) -> None:
    team = case.team(case.cara)
    policies.schedule(case.tom, name="Databases on call", team=team)
    made = case.offered(team=team)
    assert told("offered") == ["Tom"]
    accept(made, actor=case.tom, now=case.after(3))
    assert case.fresh().assigned_to == case.tom


def test_a_team_of_which_nobody_could_accept_is_refused(case: Case) -> None:
    with pytest.raises(InvalidInput, match="Nobody of Databases could accept"):
        case.offered(team=case.team(person("Reader", roles=("auditor",)), case.ana))


def test_somebody_outside_the_team_does_not_accept(case: Case) -> None:
    made = case.offered(team=case.team(case.tom))
    with pytest.raises(NotAllowed, match="offered to Databases"):
        accept(made, actor=case.cara, now=case.after(3))


def test_before_anybody_acknowledged_handing_over_is_a_plain_assignment(now: datetime, case: Case) -> None:
    fresh = make.incident(now)
    hand_over(fresh, actor=case.ana, now=now, person=case.tom, reason="Yours")
    assert (Incident.objects.get(pk=fresh.pk).assigned_to, HandOff.objects.count()) == (case.tom, 0)


def test_of_an_acknowledged_incident_handing_over_is_an_offer(case: Case) -> None:
    made = hand_over(case.incident, actor=case.ana, now=case.after(2), person=case.tom, reason="Yours")
    assert isinstance(made, HandOff)
    assert case.fresh().assigned_to == case.ana


def test_closing_waits_for_every_signature_and_says_for_which(case: Case) -> None:
    made = accept(case.offered(actor=case.cara), actor=case.tom, now=case.after(3))
    resolve(case.incident, actor=case.tom, now=case.after(4), reason="Restarted")
    with pytest.raises(WrongState, match="from Ana Ruiz to Tom Berg lacks the signature of Ana Ruiz: Ana Ruiz signs, or somebody"):
        lifecycle.close(case.incident, actor=case.tom, now=case.after(5))
    sign_giving(made, actor=case.ana, now=case.after(6))
    assert lifecycle.close(case.incident, actor=case.tom, now=case.after(7)).state == "closed"


def test_a_waiver_with_a_reason_opens_the_way(case: Case) -> None:
    made = accept(case.offered(actor=case.cara), actor=case.tom, now=case.after(3))
    resolve(case.incident, actor=case.tom, now=case.after(4), reason="Restarted")
    with pytest.raises(NotAllowed, match="waive the missing signature"):
        waive(made, actor=case.tom, now=case.after(5), reason="Ana left")
    with pytest.raises(InvalidInput, match="why the signature cannot be had"):
        waive(made, actor=case.cara, now=case.after(5), reason="")
    made = waive(made, actor=case.cara, now=case.after(5), reason="Ana left the company")
    assert (made.state, made.answer, made.given_at) == ("waived", "Ana left the company", None)
    assert lifecycle.close(case.incident, actor=case.tom, now=case.after(6)).state == "closed"
    with pytest.raises(WrongState, match="nothing to sign"):
        sign_giving(made, actor=case.ana, now=case.after(7))


def test_nobody_waives_a_signature_of_their_own(case: Case) -> None:
    made = case.offered(to=case.cara)
    with pytest.raises(NotAllowed, match="your own"):
        waive(made, actor=case.cara, now=case.after(3), reason="No time")


@pytest.mark.parametrize(
    "change",
    [{"state": "open"}, {"note": "Something else"}, {"given_at": None}, {"answer": "x"}, {"content_sha256": "0" * 64}, {"reminded": 5}],
)
def test_a_settled_hand_off_never_changes_again(change: dict[str, Any], case: Case) -> None:
    made = accept(case.offered(), actor=case.tom, now=case.after(3))
    with pytest.raises(DatabaseError, match="never changes again"), transaction.atomic():
        HandOff.objects.filter(pk=made.pk).update(**change)


@pytest.mark.parametrize("change", [{"note": "Something else"}, {"given_at": None}, {"receiver": None}, {"content": {}}])
def test_a_signature_once_given_stays(change: dict[str, Any], case: Case) -> None:
    made = case.offered()
    with pytest.raises(DatabaseError, match="stays as it was signed"), transaction.atomic():
        HandOff.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        made.delete()


def test_another_track_is_handed_over_by_itself(now: datetime) -> None:
    lea, tom = person("Lea Legal", roles=("responder",)), person("Tom Berg", roles=("responder",))
    contact(lea)
    draft = policies.draft(now=now - timedelta(minutes=1))
    policies.level(draft, 1, lea)
    policies.level(draft, 1, lea, track="compliance")
    service = policies.approve(draft, now=now - timedelta(minutes=1)).policy.service
    incident = make.incident(now, service=service, personal_data=True)
    run_cycle(now=now)
    at = now + timedelta(minutes=2)
    with pytest.raises(WrongState, match="Nobody has the legal and compliance track yet"):
        offer(incident, to=tom, track="compliance", note="Yours", actor=lea, now=at)
    acknowledge_track(incident, "compliance", actor=lea, now=at)
    made = offer(incident, to=tom, track="compliance", note="The authority is told by noon", actor=lea, now=at)
    made = accept(made, actor=tom, now=at + timedelta(minutes=1))
    run = EscalationRun.objects.get(track="compliance")
    assert (made.run, run.holder, run.acknowledged_by, Incident.objects.get().assigned_to) == (run, tom, lea, None)
    assert story(incident)[-1] == "Tom Berg accepted it from Lea Legal (legal and compliance track)"
    assert Incident.objects.get().state == "new"


def test_what_is_acknowledged_is_not_assigned_past_whoever_has_it(case: Case) -> None:
    with pytest.raises(WrongState, match="offers it, and has it until the other side accepts"):
        lifecycle.assign(case.incident, actor=case.ana, now=case.after(2), person=case.tom)


def test_messages_of_a_confidential_incident_and_of_a_drill_say_so(case: Case) -> None:
    Incident.objects.filter(pk=case.incident.pk).update(confidential=True, origin="drill")
    case.offered()
    sent = OutboxMessage.objects.get(kind="handoff.offered")
    assert (sent.confidential, sent.drill, case.incident.title in sent.discreet_title) == (True, True, False)
    assert case.incident.number in sent.discreet_title


def test_once_one_of_a_team_has_it_the_others_are_not_asked_any_more(case: Case) -> None:
    made = case.offered(team=case.team(case.tom, person("Bea Team", roles=("responder",))), actor=case.cara)
    accept(made, actor=case.tom, now=case.after(3))
    states = dict(OutboxMessage.objects.filter(kind__in=["handoff.offered", "handoff.sign"]).values_list("person_name", "state"))
    assert states == {"Bea Team": "cancelled", "Tom Berg": "cancelled", "Ana Ruiz": "pending"}
