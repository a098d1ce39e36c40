"""What the escalation moved: whoever had it before is asked to sign, and what they had offered lapses."""

from datetime import timedelta

import pytest

from incidents.escalation.services import acknowledge, resolve
from incidents.handoffs.by_engine import ask_for_signature, lapse_offers
from incidents.handoffs.services import accept, sign_giving, withdraw
from incidents.lifecycle import services as lifecycle
from incidents.models import HandOff
from portal.foundation.errors import Conflict, NotAllowed, WrongState
from portal.models import OutboxMessage

from .conftest import Case

pytestmark = pytest.mark.django_db
WHY = "The resolution milestone was missed."


def escalated(case: Case) -> HandOff:
    return ask_for_signature(
        case.fresh(), None, track="technical", giver=case.ana, receiver=case.tom, now=case.after(60), why=WHY
    )  # fmt: skip


def test_the_receiver_has_signed_and_the_giver_is_asked(case: Case) -> None:
    made = escalated(case)
    assert (made.by_engine, made.received_at, made.given_at, made.lacks) == (True, case.after(60), None, ("giver",))
    assert OutboxMessage.objects.get(kind="handoff.sign").person == case.ana
    with pytest.raises(NotAllowed):
        sign_giving(made, actor=case.tom, now=case.after(61))
    assert sign_giving(made, actor=case.ana, now=case.after(61)).state == "signed"


def test_it_can_neither_be_accepted_nor_withdrawn(case: Case) -> None:
    made = escalated(case)
    with pytest.raises(Conflict, match="Tom Berg accepted it first"):
        accept(made, actor=case.cara, now=case.after(61))
    with pytest.raises(Conflict):
        withdraw(made, actor=case.ana, now=case.after(61))


def test_it_blocks_closing_until_it_is_signed(case: Case) -> None:
    made = escalated(case)
    resolve(case.incident, actor=case.ana, now=case.after(62), reason="Restarted")
    with pytest.raises(WrongState, match="lacks the signature of Ana Ruiz"):
        lifecycle.close(case.incident, actor=case.ana, now=case.after(63))
    sign_giving(made, actor=case.ana, now=case.after(64))
    lifecycle.close(case.incident, actor=case.ana, now=case.after(65))


def test_what_was_offered_lapses_when_somebody_else_has_it(case: Case) -> None:
    case.offered()
    assert lapse_offers(case.fresh(), "technical", giver=case.ana, holder=case.cara, now=case.after(5)) == 1
    made = HandOff.objects.get()
    assert (made.state, made.answer, made.settled_by) == ("withdrawn", "Cara Chief has it now.", None)
    with pytest.raises(WrongState, match="nothing to answer"):
        accept(made, actor=case.tom, now=case.after(6))


def test_a_hand_off_opens_beside_a_new_offer(case: Case) -> None:
    acknowledge(case.incident, actor=case.tom, now=case.now + timedelta(minutes=59))
    escalated(case)
    case.offered(actor=case.tom, to=case.cara, now=case.after(61))
    assert HandOff.objects.filter(state="open").count() == 2
