"""Plans and holiday calendars in the admin: drafted layer by layer, published with what changes, withdrawn before they begin."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from policies.models import HolidayCalendar, LayerWindow, OnCallSchedule, RotaLayer, SchedulePlan
from portal.foundation import clock
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import contact, person

from .forms import as_, form_of, with_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _time(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def client() -> Client:
    return as_(person("Mia Manager", roles=("manager",)))


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz")


@pytest.fixture
def tom() -> User:
    return person("Tom Berg")


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def of_plan(plan: SchedulePlan, name: str = "change") -> str:
    return reverse(f"admin:policies_scheduleplan_{name}", args=[plan.pk])


def drafted(client: Client, schedule: OnCallSchedule) -> SchedulePlan:
    client.post(reverse("admin:policies_oncallschedule_do", args=[schedule.pk, "draft"]))
    return schedule.plans.get(state="draft")


def layer_values(*people: User, **more: Any) -> dict[str, Any]:
    rows = {f"members-{place}-person": each.pk for place, each in enumerate(people)}
    values = {"name": "First line", "every": 1, "unit": "weeks", "starts_on": "2026-03-02", "handover_at": "09:00", "holidays": "any"}
    forms = {"members-TOTAL_FORMS": len(people), "members-INITIAL_FORMS": 0, "windows-TOTAL_FORMS": 0, "windows-INITIAL_FORMS": 0}
    return {**values, **forms, **rows, **more}


def test_a_month_is_planned_from_nothing(client: Client, ana: User, tom: User) -> None:
    for somebody in (ana, tom):
        contact(somebody)
    schedule = make.schedule(name="Payments")
    plan = drafted(client, schedule)
    page = text(client.get(of_plan(plan)))
    assert "A layer is a group of people who take turns" in page
    assert "no layer that puts anybody on duty" in page
    assert client.post(of_plan(plan), {"time_zone": "Mars/Olympus"}).status_code == 200
    assert client.post(of_plan(plan), {"time_zone": "Europe/Madrid"}).status_code == 302
    add = f"{reverse('admin:policies_rotalayer_add')}?plan={plan.pk}"
    window = {"windows-TOTAL_FORMS": 1, "windows-0-weekdays": ["1", "2", "4", "8", "16"]}
    window |= {"windows-0-starts": "09:00", "windows-0-ends": "17:00"}
    assert client.post(add, layer_values(ana, tom, **window)).status_code == 302
    layer = RotaLayer.objects.get()
    assert [(member.position, member.person) for member in layer.members.all()] == [(1, ana), (2, tom)]
    assert LayerWindow.objects.get().weekdays == 31
    shown = text(client.get(of_plan(plan)))
    assert "Ana Ruiz, Tom Berg" in shown
    assert "1 week each, hand-over on Monday at 09:00, the first on 2 Mar 2026" in shown
    assert "Mon to Fri 09:00 to 17:00" in shown
    publish = of_plan(plan, "publish")
    before = text(client.get(publish))
    for words in ("nobody</span>", "Ana Ruiz, Tom Berg are told.", "Who are told:", "Nobody is on duty from", "Look at this first:"):
        assert words in before, words
    start = {"effective_from_0": "2026-03-09", "effective_from_1": "00:00", "reason": "The first plan"}
    unread = client.post(publish, start)
    assert unread.status_code == 400
    assert "Look at the warnings first" in text(unread)
    assert client.post(publish, {**start, "accept_warnings": "on"}).status_code == 302
    plan.refresh_from_db()
    assert (plan.state, plan.effective_from) == ("published", datetime(2026, 3, 8, 23, tzinfo=UTC))
    assert "begins later" in text(client.get(reverse("admin:policies_oncallschedule_change", args=[schedule.pk])))


def test_another_start_is_shown_without_publishing(client: Client, ana: User, tom: User) -> None:
    plan = drafted(client, make.schedule(ana, tom, name="Payments"))
    layer = plan.layers.get()
    layer.members.filter(position=1).delete()
    publish = of_plan(plan, "publish")
    sent = {"effective_from_0": "2026-03-16", "effective_from_1": "09:00", "reason": "Ana leaves", "_show": "1"}
    shown = client.post(publish, sent)
    assert shown.status_code == 200
    told = text(shown)
    assert "Mon 16 Mar 2026, 09:00 to Mon 23 Mar 2026, 09:00 UTC" in told
    assert 'value="Ana leaves"' in told
    assert "Mon 2 Mar 2026, 09:00 to" not in told
    plan.refresh_from_db()
    assert plan.state == "draft"
    for wrong in (
        {"effective_from_0": "9999-12-31"},
        {"effective_from_0": "2026-02-30"},
        {"effective_from_0": "", "effective_from_1": "9"},
    ):
        assert client.post(publish, {**sent, **wrong}).status_code == 400
    past = client.post(publish, {"effective_from_0": "2026-02-01", "reason": "Back then", "accept_warnings": "on"})
    assert past.status_code == 400
    assert "who was on duty stays as it was" in text(past)


def test_layers_move_and_go_by_buttons(client: Client, ana: User, tom: User) -> None:
    layers = ({"people": (ana,), "name": "Days"}, {"people": (tom,), "name": "Nights"})
    plan = drafted(client, make.schedule(name="Payments", layers=layers))
    days = plan.layers.get(name="Days")

    def press(key: str, **data: str) -> int:
        return client.post(reverse("admin:policies_rotalayer_do", args=[days.pk, key]), data).status_code

    assert press("up") == 302
    assert list(plan.layers.values_list("name", flat=True)) == ["Nights", "Days"]
    assert press("up") == 302
    assert press("down") == 302
    assert list(plan.layers.values_list("name", flat=True)) == ["Days", "Nights"]
    assert press("remove", reason="") == 302
    assert list(plan.layers.values_list("name", flat=True)) == ["Nights"]


def test_people_of_a_layer_change_places(client: Client, ana: User, tom: User) -> None:
    plan = drafted(client, make.schedule(ana, tom, name="Payments"))
    layer = plan.layers.get()
    address = reverse("admin:policies_rotalayer_change", args=[layer.pk])
    data = form_of(client, address)
    swapped = with_row({**data, "members-TOTAL_FORMS": 2, "members-0-position": 2, "members-1-position": 1}, "members", person=ana.pk)
    assert client.post(address, swapped).status_code == 302
    assert [member.person for member in layer.members.order_by("position")] == [tom, ana, ana]
    twice = {**form_of(client, address), "members-0-position": 2, "members-1-position": 2}
    assert "is given more than once" in text(client.post(address, twice))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"every": 0}, "greater than or equal to 1"),
        ({"every": 5, "unit": "hours"}, "1, 2, 3, 4, 6, 8 or 12 hours long"),
        ({"starts_on": "9999-12-31"}, "less than or equal to"),
        ({"handover_at": "25:00"}, "Enter a valid time"),
        ({"windows-TOTAL_FORMS": 1, "windows-0-starts": "09:00", "windows-0-ends": "17:00"}, "Tick at least one day."),
        ({"windows-TOTAL_FORMS": 1, "windows-0-weekdays": ["128"], "windows-0-starts": "09:00", "windows-0-ends": "17:00"}, "valid choice"),
        ({"members-0-position": "-1"}, "greater than or equal to 1"),
        ({"members-0-person": "999999"}, "valid choice"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(client: Client, ana: User, wrong: dict[str, Any], told: str) -> None:
    plan = drafted(client, make.schedule(name="Payments"))
    answer = client.post(f"{reverse('admin:policies_rotalayer_add')}?plan={plan.pk}", layer_values(ana, **wrong))
    assert answer.status_code == 200
    assert told in text(answer)
    assert not RotaLayer.objects.exists()


def test_a_published_plan_is_read_and_never_edited(client: Client, ana: User) -> None:
    plan = make.schedule(ana, name="Payments").plans.get()
    shown = text(client.get(of_plan(plan)))
    assert "Plan 1 of Payments: in force." in shown
    assert "Ana Ruiz" in shown
    assert "Remove" not in shown[shown.index("layers-heading") :]
    assert client.post(of_plan(plan), {"time_zone": "Europe/Madrid"}).status_code == 403
    assert client.get(of_plan(plan, "publish")).status_code == 404
    layer = plan.layers.get()
    assert client.post(reverse("admin:policies_rotalayer_change", args=[layer.pk]), layer_values(ana)).status_code == 403
    assert client.post(reverse("admin:policies_rotalayer_do", args=[layer.pk, "remove"]), {"reason": ""}).status_code == 400
    assert client.get(f"{reverse('admin:policies_rotalayer_add')}?plan={plan.pk}").status_code == 302
    assert client.get(f"{reverse('admin:policies_rotalayer_add')}?plan=%00").status_code == 302
    assert RotaLayer.objects.count() == 1


def test_a_draft_is_discarded_and_a_future_plan_withdrawn(client: Client, ana: User, now: datetime) -> None:
    schedule = make.schedule(ana, name="Payments")
    plan = drafted(client, schedule)
    assert client.post(reverse("admin:policies_scheduleplan_do", args=[plan.pk, "discard"]), {"reason": ""}).status_code == 302
    assert not schedule.plans.filter(state="draft").exists()
    future = drafted(client, schedule)
    SchedulePlan.objects.filter(pk=future.pk).update(
        state="published", published_at=now, effective_from=now + timedelta(days=9), reason="Later"
    )
    withdraw = reverse("admin:policies_scheduleplan_do", args=[future.pk, "withdraw"])
    assert "never begins" in text(client.get(withdraw))
    assert client.post(withdraw, {"reason": "Not now"}).status_code == 302
    future.refresh_from_db()
    assert future.state == "withdrawn"


def test_who_may_only_read_plans_nothing(ana: User) -> None:
    plan = SchedulePlan.objects.create(schedule=make.schedule(name="Payments"), number=1)
    reader = as_(person("Rita", roles=("responder",)))
    shown = text(reader.get(of_plan(plan)))
    assert "Add a layer" not in shown
    assert "Publish…" not in shown
    assert reader.get(of_plan(plan, "publish")).status_code == 403
    assert reader.post(f"{reverse('admin:policies_rotalayer_add')}?plan={plan.pk}", layer_values(ana)).status_code == 403
    assert reader.post(reverse("admin:policies_scheduleplan_do", args=[plan.pk, "discard"]), {}).status_code == 403


def test_a_holiday_calendar_is_made_filled_and_mended(client: Client) -> None:
    add = reverse("admin:policies_holidaycalendar_add")
    unknown = client.post(add, {"name": "Nowhere", "country": "ZZ"})
    assert unknown.status_code == 400
    assert "no country whose holidays are known" in text(unknown)
    assert client.post(add, {"name": "Spain, Madrid", "country": "ES", "subdivision": "MD"}).status_code == 302
    calendar = HolidayCalendar.objects.get()
    page = reverse("admin:policies_holidaycalendar_change", args=[calendar.pk])
    assert "25 Dec 2026" in text(client.get(page))
    day = reverse("admin:policies_holidaycalendar_do", args=[calendar.pk, "add-day"])
    assert client.post(day, {"day": "9999-12-31", "name": "Never"}).status_code == 400
    assert client.post(day, {"day": "2026-06-01", "name": "<i>Ours</i>"}).status_code == 302
    assert "&lt;i&gt;Ours" in text(client.get(page))
    gone = reverse("admin:policies_holiday_do", args=[calendar.days.get(day=date(2026, 6, 1)).pk, "remove"])
    assert client.post(gone, {"reason": ""}).status_code == 302
    assert not calendar.days.filter(day=date(2026, 6, 1)).exists()
