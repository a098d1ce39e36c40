"""The verbs of an incident's life: every cell of the table of states, who may, what is told."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from audit.models import LedgerEvent
from incidents.lifecycle import services
from incidents.lifecycle.states import TRANSITIONS, IncidentState
from incidents.models import Incident, TimelineEntry
from policies.models import Team
from portal.foundation.access.grants import grant
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import incidents as make
from tests.factories.portal import person
from tests.trail import who

pytestmark = pytest.mark.django_db

VERBS = {
    "acknowledge": services.acknowledge,
    "hold": services.hold,
    "resume": services.resume,
    "resolve": services.resolve,
    "reopen": services.reopen,
    "close": services.close,
    "cancel": services.cancel,
}
LIVING_STATES = [state for state in IncidentState if state is not IncidentState.UNKNOWN]


def in_state(state: IncidentState, now: Any) -> Incident:
    incident = make.incident(now)
    ended = state in {IncidentState.RESOLVED, IncidentState.CLOSED}
    Incident.objects.filter(pk=incident.pk).update(state=state.value, resolved_at=now if ended else None)
    incident.refresh_from_db()
    return incident


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", LIVING_STATES)
def test_every_verb_follows_the_table_from_every_state(state: IncidentState, verb: str, now: Any) -> None:
    incident, tom = in_state(state, now), person("Tom Berg", roles=("responder",))
    target = TRANSITIONS.get((state, verb))
    if target is None:
        with pytest.raises(WrongState, match=incident.number):
            VERBS[verb](incident, actor=tom, now=now + timedelta(minutes=1), reason="because")
    else:
        VERBS[verb](incident, actor=tom, now=now + timedelta(minutes=1), reason="because")
    incident.refresh_from_db()
    assert incident.state == (target or state).value


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_without_the_right(verb: str, now: Any) -> None:
    incident = in_state(next(state for state, name in TRANSITIONS if name == verb), now)
    auditor, events = person("Rae", roles=("auditor",)), LedgerEvent.objects.count()
    with pytest.raises(NotAllowed):
        VERBS[verb](incident, actor=auditor, now=now, reason="because")
    assert LedgerEvent.objects.count() == events


@pytest.mark.parametrize("verb", ["hold", "resolve", "reopen", "cancel"])
def test_verbs_that_need_words_refuse_silence(verb: str, now: Any) -> None:
    incident = in_state(next(state for state, name in TRANSITIONS if name == verb), now)
    with pytest.raises(InvalidInput, match="Say "):
        VERBS[verb](incident, actor=None, now=now, reason="  ")


def test_an_imported_incident_is_left_as_its_source_has_it(now: Any) -> None:
    incident = make.incident(now)
    Incident.objects.filter(pk=incident.pk).update(origin="imported")
    with pytest.raises(WrongState, match="imported"):
        services.resolve(incident, actor=None, now=now, reason="fixed")


def test_opening_gives_a_number_a_priority_and_a_first_line(now: Any) -> None:
    tom = person("Tom Berg", roles=("responder",))
    incident = make.incident(now, actor=tom, impact=1, urgency=2)
    assert incident.number == f"INC-{incident.pk:06d}"
    assert (incident.priority, incident.severity, incident.policy_version) == (2, "", None)
    entry = incident.timeline.get()
    assert entry.text == "Tom Berg opened the incident: P2 high, impact high, urgency medium"
    assert "nobody will be alerted" in entry.why
    assert [row.history_type for row in incident.history.all()] == ["+"]
    assert incident.history.get().number == incident.number
    event = LedgerEvent.objects.get(type="incident.opened")
    assert (who(event), event.object_pk) == ("Tom Berg", str(incident.pk))
    assert incident.number in event.payload


def test_opening_pins_the_version_in_force(now: Any) -> None:
    service = make.service()
    version = make.policy_in_force(service, now)
    assert make.incident(now, service=service).policy_version == version


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "   "),
        ("title", "x" * 201),
        ("title", "two\nlines"),
        ("title", "nul\x00"),
        ("title", "half \ud800"),
        ("title", "bell\x07"),
        ("description", "nul\x00"),
        ("description", "x" * 20_001),
        ("impact", 0),
        ("impact", 4),
        ("urgency", True),
        ("urgency", "high"),
    ],
)
def test_opening_refuses_what_cannot_be_kept(field: str, value: Any, now: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        make.incident(now, **{field: value})
    assert field in refused.value.fields
    assert not Incident.objects.exists()


def test_acknowledging_tells_who_has_it(now: Any) -> None:
    tom, incident = person("Tom Berg", roles=("responder",)), make.incident(now)
    services.acknowledge(incident, actor=tom, now=now + timedelta(minutes=3))
    assert (incident.acknowledged_by, incident.assigned_to, incident.state) == (tom, tom, "in_progress")
    assert incident.timeline.last().text == "Tom Berg acknowledged"


def test_acknowledging_twice_changes_nothing(now: Any) -> None:
    tom, incident = person("Tom", roles=("responder",)), make.incident(now)
    services.acknowledge(incident, actor=tom, now=now)
    services.acknowledge(incident, actor=tom, now=now + timedelta(minutes=1))
    assert incident.acknowledged_at == now
    assert LedgerEvent.objects.filter(type="incident.acknowledged").count() == 1
    assert incident.timeline.filter(kind="state").count() == 1


def test_a_second_person_takes_nothing_and_is_recorded(now: Any) -> None:
    tom, ana, incident = person("Tom Berg", roles=("responder",)), person("Ana Ruiz", roles=("responder",)), make.incident(now)
    services.acknowledge(incident, actor=tom, now=now)
    services.acknowledge(incident, actor=ana, now=now + timedelta(minutes=9))
    assert incident.assigned_to == tom
    assert incident.timeline.last().text == "Ana Ruiz acknowledged too; Tom Berg has it"


def test_whoever_answers_when_asked_anew_takes_over_and_the_first_time_stays(now: Any) -> None:
    tom, ana, incident = person("Tom Berg", roles=("responder",)), person("Ana Ruiz", roles=("responder",)), make.incident(now)
    services.acknowledge(incident, actor=tom, now=now)
    services.acknowledge(incident, actor=ana, now=now + timedelta(minutes=9), anew=True)
    assert (incident.acknowledged_by, incident.acknowledged_at, incident.assigned_to) == (tom, now, ana)
    assert incident.timeline.last().text == "Ana Ruiz acknowledged and took over from Tom Berg"


def test_only_a_person_acknowledges(now: Any) -> None:
    with pytest.raises(InvalidInput, match="person"):
        services.acknowledge(make.incident(now), actor=None, now=now)


def test_resolving_and_reopening_count(now: Any) -> None:
    tom, incident = person("Tom", roles=("responder",)), make.incident(now)
    services.resolve(incident, actor=tom, now=now, reason="Restarted the gateway")
    assert (incident.resolved_at, incident.resolved_by, incident.timeline.last().why) == (now, tom, "Restarted the gateway")
    services.reopen(incident, actor=tom, now=now, reason="Fails again")
    assert (incident.state, incident.resolved_at, incident.reopen_count) == ("in_progress", None, 1)


def test_moving_between_groups_is_a_functional_escalation(now: Any) -> None:
    first, second = Team.objects.create(name="First line"), Team.objects.create(name="Databases")
    incident = make.incident(now, service=make.service(team=first))
    services.assign(incident, actor=None, now=now, team=second, reason="It is the database")
    entry = incident.timeline.get(kind="assigned")
    assert (entry.data["from"], entry.data["to"], incident.reassignment_count) == ("First line", "Databases", 1)


def test_handing_over_to_a_person_is_no_functional_escalation(now: Any) -> None:
    incident = make.incident(now, service=make.service(team=Team.objects.create(name="First line")))
    ana = person("Ana")
    services.assign(incident, actor=None, now=now, person=ana)
    entry = incident.timeline.get(kind="assigned")
    assert (entry.data["from"], entry.data["to"], incident.assigned_to, incident.reassignment_count) == ("", "", ana, 0)


def test_assigning_what_is_assigned_is_refused(now: Any) -> None:
    with pytest.raises(InvalidInput, match="already"):
        services.assign(make.incident(now), actor=None, now=now)


def test_a_note_is_told_and_traced_in_any_state(now: Any) -> None:
    tom, incident = person("Tom", roles=("responder",)), in_state(IncidentState.CLOSED, now)
    services.add_note(incident, actor=tom, now=now, text="Looked at the\r\nlogs <script>")
    assert incident.timeline.last().text == "Looked at the\nlogs <script>"
    assert LedgerEvent.objects.filter(type="incident.noted").count() == 1


def test_a_right_over_one_service_suffices_there_and_only_there(now: Any) -> None:
    mine, other, eve = make.service(), make.service(), person("Eve")
    grant("policies.work_service_incidents", eve, mine)
    incident = make.incident(now, service=mine, actor=eve)
    services.acknowledge(incident, actor=eve, now=now)
    with pytest.raises(NotAllowed):
        make.incident(now, service=other, actor=eve)
    with pytest.raises(NotAllowed):
        services.acknowledge(make.incident(now, service=other), actor=eve, now=now)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_acknowledgement_counts(now: Any) -> None:
    tom, incident = person("Tom", roles=("responder",)), make.incident(now)
    failures: list[Exception] = []

    def press() -> None:
        try:
            services.acknowledge(Incident.objects.get(pk=incident.pk), actor=tom, now=now)
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert TimelineEntry.objects.filter(incident=incident, kind="state").count() == 1
    assert LedgerEvent.objects.filter(type="incident.acknowledged").count() == 1
