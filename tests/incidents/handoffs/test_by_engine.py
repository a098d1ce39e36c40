"""What the escalation moved: whoever had it before is asked to sign, and what they had offered lapses."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from incidents.escalation.services import acknowledge, resolve, take_over
from incidents.handoffs.services import accept, offer, sign_giving, withdraw
from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationRun, HandOff, Incident
from portal.foundation.errors import Conflict, NotAllowed, WrongState
from portal.models import OutboxMessage
from tests.incidents.escalation.conftest import Scene, alerted, make_scene
from tests.shared import shared

pytestmark = pytest.mark.django_db


@dataclass
class Escalated:
    """Ana acknowledged, missed the milestone of an hour, and level 2 was alerted."""

    scene: Scene
    incident: Incident

    def acknowledge(self) -> HandOff:
        """Kim, of level 2, acknowledges after 65 minutes."""
        acknowledge(self.incident, actor=self.scene.kim, now=self.scene.after(65), reason="I take it")
        return HandOff.objects.get(by_engine=True)


@shared
def escalated(now: datetime) -> Escalated:
    scene = make_scene(now, resolve_within=timedelta(hours=1))
    incident = scene.open()
    scene.engine()
    acknowledge(incident, actor=scene.ana, now=scene.after(1))
    return Escalated(scene, incident)


def missed(case: Escalated) -> None:
    case.scene.engine(60)
    assert alerted(case.incident)[-1] == "Kim"


def test_whoever_had_it_is_asked_to_sign_what_the_escalation_moved(escalated: Escalated) -> None:
    missed(escalated)
    made = escalated.acknowledge()
    assert (made.giver, made.receiver, made.lacks) == (escalated.scene.ana, escalated.scene.kim, ("giver",))
    assert (made.received_at, made.offered_by, made.run) == (escalated.scene.after(65), None, EscalationRun.objects.get())
    assert OutboxMessage.objects.get(kind="handoff.sign").person == escalated.scene.ana
    with pytest.raises(NotAllowed):
        sign_giving(made, actor=escalated.scene.kim, now=escalated.scene.after(66))
    assert sign_giving(made, actor=escalated.scene.ana, now=escalated.scene.after(66)).state == "signed"


def test_the_same_person_answering_again_hands_nothing_over(escalated: Escalated) -> None:
    missed(escalated)
    acknowledge(escalated.incident, actor=escalated.scene.ana, now=escalated.scene.after(61))
    assert not HandOff.objects.exists()


def test_whoever_takes_it_over_asks_for_the_signature_of_whoever_had_it(escalated: Escalated) -> None:
    scene = escalated.scene
    take_over(escalated.incident, actor=scene.tom, now=scene.after(5), reason="Ana's train has no signal")
    made = HandOff.objects.get()
    assert (made.by_engine, made.giver, made.receiver, made.offered_by, made.lacks) == (False, scene.ana, scene.tom, scene.tom, ("giver",))


def test_it_can_neither_be_accepted_nor_withdrawn(escalated: Escalated) -> None:
    missed(escalated)
    made = escalated.acknowledge()
    with pytest.raises(Conflict, match="Kim Person accepted it first"):
        accept(made, actor=escalated.scene.tom, now=escalated.scene.after(66))
    with pytest.raises(Conflict):
        withdraw(made, actor=escalated.scene.ana, now=escalated.scene.after(66))


def test_it_blocks_closing_until_it_is_signed(escalated: Escalated) -> None:
    missed(escalated)
    made, scene = escalated.acknowledge(), escalated.scene
    resolve(escalated.incident, actor=scene.kim, now=scene.after(67), reason="Restarted")
    with pytest.raises(WrongState, match="lacks the signature of Ana Person"):
        lifecycle.close(escalated.incident, actor=scene.kim, now=scene.after(68))
    sign_giving(made, actor=scene.ana, now=scene.after(69))
    lifecycle.close(escalated.incident, actor=scene.kim, now=scene.after(70))


def test_what_was_offered_lapses_when_somebody_else_has_it(escalated: Escalated) -> None:
    scene = escalated.scene
    made = offer(escalated.incident, to=scene.tom, note="Take it", actor=scene.ana, now=scene.after(50))
    missed(escalated)
    escalated.acknowledge()
    made.refresh_from_db()
    assert (made.state, made.answer, made.settled_by) == ("withdrawn", "Kim Person has it now.", None)
    with pytest.raises(WrongState, match="nothing to answer"):
        accept(made, actor=scene.tom, now=scene.after(66))


def test_accepting_answers_the_alerts(escalated: Escalated) -> None:
    scene = escalated.scene
    made = offer(escalated.incident, to=scene.tom, note="Take it", actor=scene.ana, now=scene.after(50))
    missed(escalated)
    accept(made, actor=scene.tom, now=scene.after(61))
    run = EscalationRun.objects.get()
    assert (run.holder, run.last_sign_at, run.state in ("acknowledged", "ended")) == (scene.tom, scene.after(61), True)
    scene.engine(90)
    assert alerted(escalated.incident)[-1] == "Kim"
    assert run.steps.filter(action="handed_over", actor=scene.tom).count() == 1
    assert not HandOff.objects.filter(by_engine=True).exists()


def test_a_new_offer_stands_beside_a_signature_that_is_still_missing(escalated: Escalated) -> None:
    missed(escalated)
    escalated.acknowledge()
    scene = escalated.scene
    offer(escalated.incident, to=scene.tom, note="Yours", actor=scene.kim, now=scene.after(66))
    assert HandOff.objects.filter(state="open").count() == 2
