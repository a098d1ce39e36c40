"""Missing signatures are reminded: whoever owes them first, and after a while their manager."""

import pytest

from incidents.handoffs.reminders import remind_signers
from incidents.handoffs.services import accept, decline, sign_giving
from incidents.models import HandOff
from portal.models import OutboxMessage

from .conftest import Case

pytestmark = pytest.mark.django_db


def told(kind: str = "reminder") -> list[str]:
    rows = OutboxMessage.objects.filter(kind=f"handoff.{kind}").order_by("created_at", "person_name")
    return [name.split()[0] for name in rows.values_list("person_name", flat=True)]


def test_whoever_has_to_accept_is_reminded_after_ten_minutes_and_then_hourly(case: Case) -> None:
    case.offered()
    counts = [remind_signers(now=case.after(minute)) for minute in (11, 12, 13, 71, 72, 73)]
    assert (counts, told()) == ([0, 1, 0, 0, 1, 0], ["Tom", "Tom"])


def test_the_third_time_their_manager_hears_too(case: Case) -> None:
    case.offered()
    for minute in (12, 72, 132):
        remind_signers(now=case.after(minute))
    assert (told(), told("overdue")) == (["Tom", "Tom", "Tom"], ["Max"])


def test_whoever_handed_over_and_has_not_signed_is_reminded_once_it_moved(case: Case) -> None:
    made = accept(case.offered(actor=case.cara), actor=case.tom, now=case.after(3))
    remind_signers(now=case.after(13))
    assert told() == ["Ana"]
    sign_giving(made, actor=case.ana, now=case.after(14))
    assert remind_signers(now=case.after(500)) == 0


def test_what_is_answered_is_not_reminded(case: Case) -> None:
    decline(case.offered(), actor=case.tom, now=case.after(3), reason="Busy")
    assert (remind_signers(now=case.after(500)), told()) == (0, [])


def test_after_a_day_of_them_they_come_daily(case: Case) -> None:
    made = case.offered()
    HandOff.objects.filter(pk=made.pk).update(reminded=23)
    remind_signers(now=case.after(12))
    assert HandOff.objects.get().remind_at == case.after(12 + 24 * 60)


def test_of_a_team_whoever_could_accept_is_reminded(case: Case) -> None:
    case.offered(team=case.team(case.tom, case.cara))
    remind_signers(now=case.after(12))
    assert told() == ["Cara", "Tom"]
