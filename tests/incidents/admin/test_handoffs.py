"""The pages of hand-offs: who may press what, the change of shift, and that they stay quick."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.escalation.engine import run_cycle
from incidents.escalation.services import acknowledge, acknowledge_track
from incidents.handoffs.services import accept, offer
from incidents.models import HandOff, Incident
from portal.foundation import clock
from portal.models import User
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
LIST = "/admin/incidents/handoff/"
SHIFT = f"{LIST}shift/"
HOSTILE = "<script>alert(1)</script>{{ 7*7 }}"


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", roles=("responder",))


@pytest.fixture
def tom() -> User:
    return person("Tom Berg", roles=("responder",))


def held(by: User, **fields: Any) -> Incident:
    now = clock.now()
    incident = make.incident(now, **fields)
    acknowledge(incident, actor=by, now=now)
    return incident


def offered(giver: User, to: User, **fields: Any) -> HandOff:
    values = {"note": "Queue still grows", "actor": giver, "now": clock.now(), **fields}
    return offer(held(giver), to=to, **values)


def page(hand_off: HandOff) -> str:
    return f"{LIST}{hand_off.pk}/change/"


def do(client: Client, hand_off: HandOff, verb: str, **data: Any) -> Any:
    return client.post(f"{LIST}{hand_off.pk}/do/{verb}/", data)


def test_the_page_says_who_has_it_and_what_is_missing(ana: User, tom: User) -> None:
    made = offered(ana, tom)
    answer = signed_in(tom).get(page(made)).content.decode()
    assert "Until it is accepted, Ana Ruiz has it." in answer
    assert "Queue still grows" in answer
    assert made.content_sha256 in answer
    assert "/do/accept/" in answer
    assert "/do/withdraw/" not in answer


def test_one_press_accepts_and_leads_to_the_incident(ana: User, tom: User) -> None:
    made, client = offered(ana, tom), signed_in(tom)
    answer = do(client, made, "accept")
    assert answer.headers["Location"] == f"/admin/incidents/incident/{made.incident_id}/change/"
    shown = client.get(answer.headers["Location"]).content.decode()
    assert "You have it now" in shown
    assert "Ana Ruiz to Tom Berg" in shown
    assert '<span class="ak-badge ak-badge-done">signed by both</span>' in shown


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_others_do_not_answer(verb: str, ana: User, tom: User) -> None:
    made = offered(ana, tom)
    for other in (ana, person("Cara", roles=("commander",))):
        assert do(signed_in(other), made, verb, reason="No").status_code == 403
    made.refresh_from_db()
    assert made.state == "open"


def test_declining_asks_for_words(ana: User, tom: User) -> None:
    made, client = offered(ana, tom), signed_in(tom)
    assert do(client, made, "decline", reason="").status_code == 400
    assert do(client, made, "decline", reason="On another one").status_code == 302
    assert "Tom Berg declined" in signed_in(ana).get(page(made)).content.decode()


def test_the_giver_withdraws_and_signs_and_a_commander_waives(ana: User, tom: User) -> None:
    assert do(signed_in(ana), offered(ana, tom), "withdraw", reason="").status_code == 302
    cara = person("Cara Chief", roles=("commander",))
    first, second = (accept(offered(ana, tom, actor=cara), actor=tom, now=clock.now()) for _ in range(2))
    assert do(signed_in(ana), first, "sign").status_code == 302
    assert do(signed_in(tom), second, "waive", reason="She left").status_code == 403
    assert do(signed_in(cara), second, "waive", reason="She left").status_code == 302
    assert set(HandOff.objects.values_list("state", flat=True)) == {"withdrawn", "signed", "waived"}


def test_the_list_shows_what_waits_for_me(ana: User, tom: User) -> None:
    mine, other = offered(ana, tom), offered(ana, person("Bea", roles=("responder",)))
    client = signed_in(tom)
    answer = client.get(f"{LIST}?is=mine").content.decode()
    assert mine.incident.number in answer
    assert other.incident.number not in answer
    for query in ("", "?is=open", "?is=nonsense", "?state=signed"):
        assert client.get(LIST + query).status_code == 200


def test_a_stranger_sees_nothing_of_it(ana: User, tom: User) -> None:
    client = signed_in(person("Stranger"))
    assert client.get(page(offered(ana, tom))).status_code in (302, 403)
    assert client.get(LIST).status_code == 403
    assert client.get(SHIFT).status_code == 403


def test_whoever_takes_part_sees_it_without_seeing_the_incident(ana: User, tom: User) -> None:
    made = offered(ana, tom)
    tom.groups.clear()
    assert "Ana Ruiz" in signed_in(tom).get(page(made)).content.decode()


def test_handing_over_on_the_incidents_page_becomes_an_offer(ana: User, tom: User) -> None:
    incident, client = held(ana), signed_in(ana)
    address = f"/admin/incidents/incident/{incident.pk}/do/hand-over/"
    assert "keeps it until the other side accepts" in client.get(address).content.decode()
    assert client.post(address, {"person": tom.pk, "reason": ""}).status_code == 400
    answer = client.post(address, {"person": tom.pk, "kind": "peer", "reason": "Take it"}, follow=True)
    assert "Offered to Tom Berg. Ana Ruiz has it until it is accepted." in answer.content.decode()
    incident.refresh_from_db()
    assert incident.assigned_to == ana


def test_closing_says_on_the_page_what_is_missing(ana: User, tom: User) -> None:
    made = offered(ana, tom)
    client = signed_in(ana)
    client.post(f"/admin/incidents/incident/{made.incident_id}/do/resolve/", {"reason": "Restarted"})
    answer = client.post(f"/admin/incidents/incident/{made.incident_id}/do/close/", {"reason": ""})
    assert "lacks the signature of Tom Berg: Ana Ruiz withdraws it" in answer.content.decode()


def test_hostile_words_are_shown_as_text(ana: User, tom: User) -> None:
    made = offered(ana, tom, note=HOSTILE)
    do(signed_in(tom), made, "decline", reason=HOSTILE)
    for address in (page(made), LIST, f"/admin/incidents/incident/{made.incident_id}/change/"):
        answer = signed_in(ana).get(address).content.decode()
        assert "<script>alert" not in answer


def shift(ana: User, tom: User) -> Any:
    """Ana on duty until an hour from now, then Tom."""
    now = clock.now()
    schedule = policies.schedule(tom, name="Payments on call")
    policies.override(schedule, ana, now - timedelta(hours=7), now + timedelta(hours=1))
    return schedule


def test_at_the_change_of_shift_everything_is_offered_to_whoever_comes(ana: User, tom: User) -> None:
    shift(ana, tom)
    first, second, client = held(ana), held(ana), signed_in(ana)
    answer = client.get(SHIFT).content.decode()
    assert "You hand over Payments on call to Tom Berg" in answer
    assert f'<option value="{tom.pk}" selected>' in answer
    data = {"do": "offer", "to": tom.pk}
    for each in (first, second):
        data |= {f"with-{each.pk}-technical": "on", f"note-{each.pk}-technical": f"About {each.number}"}
    assert client.post(SHIFT, data).status_code == 302
    assert set(HandOff.objects.values_list("kind", "receiver")) == {("shift", tom.pk)}
    assert "not accepted yet" in client.get(SHIFT).content.decode()


def test_what_is_left_out_stays_and_a_missing_note_offers_nothing(ana: User, tom: User) -> None:
    shift(ana, tom)
    first, second, client = held(ana), held(ana), signed_in(ana)
    note = f"note-{first.pk}-technical"
    both = {f"with-{each.pk}-technical": "on" for each in (first, second)}
    answer = client.post(SHIFT, {"do": "offer", "to": tom.pk, note: "Kept words", **both})
    assert answer.status_code == 400
    assert "Kept words" in answer.content.decode()
    assert not HandOff.objects.exists()
    client.post(SHIFT, {"do": "offer", "to": tom.pk, note: "Kept words", f"with-{first.pk}-technical": "on"})
    assert HandOff.objects.get().incident == first


def test_whoever_comes_accepts_each_or_all(ana: User, tom: User) -> None:
    shift(ana, tom)
    made = [offered(ana, tom) for _ in range(3)]
    client = signed_in(tom)
    assert "Accept all 3" in client.get(SHIFT).content.decode()
    client.post(SHIFT, {"do": "accept", "hand_off": made[0].pk})
    assert HandOff.objects.filter(state="signed").count() == 1
    client.post(SHIFT, {"do": "accept", "hand_off": [each.pk for each in made]})
    assert set(HandOff.objects.values_list("state", flat=True)) == {"signed"}
    assert "Nothing waits for you any more" in client.post(SHIFT, {"do": "accept"}, follow=True).content.decode()


def test_of_everything_accepted_at_once_what_is_gone_is_said(ana: User, tom: User) -> None:
    made = [offered(ana, tom) for _ in range(2)]
    Incident.objects.filter(pk=made[0].incident_id).update(assigned_to=person("Kim"))
    answer = signed_in(tom).post(SHIFT, {"do": "accept"}, follow=True).content.decode()
    assert f"{made[0].incident.number}: Kim has it now, not Ana Ruiz" in answer
    assert f"You have {made[1].incident.number} now." in answer


@pytest.mark.parametrize("query", ["?schedule=999", "?schedule=x", f"?schedule={2**70}"])
def test_a_schedule_that_is_not_there_is_not_found(query: str, ana: User) -> None:
    assert signed_in(ana).get(SHIFT + query).status_code == 404


@pytest.mark.parametrize("data", [{"do": "accept", "hand_off": ["x", "-1", str(2**70)]}, {"do": "offer", "to": "9"}, {"do": "nonsense"}])
def test_a_form_that_cannot_be_meant_changes_nothing(data: Any, ana: User, tom: User) -> None:
    offered(ana, tom)
    assert signed_in(ana).post(SHIFT, data).status_code in (302, 400)
    assert HandOff.objects.get().state == "open"


def test_somebody_elses_change_of_shift_can_be_read(ana: User, tom: User) -> None:
    schedule = shift(ana, tom)
    incident = held(ana)
    answer = signed_in(person("Cara", roles=("commander",))).get(f"{SHIFT}?schedule={schedule.pk}").content.decode()
    assert "Ana Ruiz hands over Payments on call to Tom Berg" in answer
    assert incident.number in answer
    assert "Offer all" not in answer


def test_the_pages_are_linked_from_duty_and_the_work_list(ana: User, tom: User) -> None:
    schedule = shift(ana, tom)
    made, client = offered(ana, tom), signed_in(tom)
    assert SHIFT in client.get(reverse("admin:policies_myduty_changelist")).content.decode()
    assert f"{SHIFT}?schedule={schedule.pk}" in client.get(f"/admin/policies/oncallschedule/{schedule.pk}/change/").content.decode()
    assert page(made) in client.get("/admin/").content.decode()


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_no_page_costs_more_with_more_hand_offs(ana: User, tom: User) -> None:
    shift(ana, tom)
    first = offered(ana, tom)
    held(ana)
    held(tom)
    clients = {LIST: signed_in(tom), f"{LIST}?is=mine": signed_in(tom), SHIFT: signed_in(ana), f"{SHIFT}?": signed_in(tom)}
    addresses = {**clients, page(first): signed_in(tom), f"/admin/incidents/incident/{first.incident_id}/change/": signed_in(tom)}
    few = {address: queries(client, address) for address, client in addresses.items()}
    for _ in range(2):
        offered(ana, tom)
        held(ana)
    rows = HandOff.objects.filter(pk=first.pk)
    accept(first, actor=tom, now=clock.now())
    for giver, to in ((tom, ana), (ana, tom)):
        accept(offer(rows.get().incident, to=to, note="Back", actor=giver, now=clock.now()), actor=to, now=clock.now())
    many = {address: queries(client, address) for address, client in addresses.items()}
    assert {address: many[address] - few[address] for address in few if many[address] > few[address]} == {}
    assert max(many.values()) <= 45


def test_the_incidents_page_says_that_it_is_offered_and_by_whom_it_is_held(ana: User, tom: User) -> None:
    made = offered(ana, tom)
    address = f"/admin/incidents/incident/{made.incident_id}/change/"
    answer = signed_in(ana).get(address).content.decode()
    assert "Offered to Tom Berg, not accepted yet" in answer
    do(signed_in(tom), made, "accept")
    assert "not accepted yet" not in signed_in(ana).get(address).content.decode()


def test_whoever_has_just_come_sees_what_the_one_before_still_has(ana: User, tom: User) -> None:
    now = clock.now()
    schedule = policies.schedule(tom, name="Payments on call")
    policies.override(schedule, ana, now - timedelta(hours=7), now - timedelta(minutes=1))
    incident = held(ana)
    for who, words in ((tom, "Ana Ruiz hands over Payments on call to you"), (ana, "You hand over Payments on call to Tom Berg")):
        answer = signed_in(who).get(SHIFT).content.decode()
        assert words in answer
        assert incident.number in answer


def test_the_history_of_a_hand_off_can_be_read(ana: User, tom: User) -> None:
    made = offered(ana, tom)
    do(signed_in(tom), made, "accept")
    answer = signed_in(ana).get(f"{LIST}{made.pk}/history/")
    assert (answer.status_code, "signed by both" in answer.content.decode()) == (200, True)


def test_a_track_that_somebody_has_can_be_handed_over_on_the_page(ana: User, tom: User) -> None:
    contact(ana)
    now = clock.now()
    draft = policies.draft(now=now - timedelta(minutes=1))
    policies.level(draft, 1, ana)
    policies.level(draft, 1, ana, track="compliance")
    service = policies.approve(draft, now=now - timedelta(minutes=1)).policy.service
    incident, client = make.incident(now, service=service, data_breach=True), signed_in(ana)
    run_cycle(now=now)
    address = f"/admin/incidents/incident/{incident.pk}/do/hand-over/"
    assert "Legal and compliance track" not in client.get(address).content.decode()
    acknowledge_track(incident, "compliance", actor=ana, now=clock.now())
    assert "Legal and compliance track" in client.get(address).content.decode()
    assert client.post(address, {"person": tom.pk, "track": "compliance", "reason": "Told by noon"}).status_code == 302
    assert (HandOff.objects.get().track, Incident.objects.get().assigned_to) == ("compliance", None)
