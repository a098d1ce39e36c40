"""The form of a draft holds everything a policy says, and refuses what cannot be without losing what was typed."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from policies.models import (
    AnnouncementProtocol,
    BusinessThreshold,
    Criterion,
    ExceptionRule,
    Level,
    MessageTemplate,
    OwnMeasure,
    PolicyVersion,
    PriorityCell,
    Region,
    Role,
    Runbook,
    SeverityOverride,
    Target,
    Team,
)
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

from .forms import as_, form_of, undrawn, with_row

pytestmark = pytest.mark.django_db

LEVEL = {"number": 1, "name": "Directors", "kind": "hierarchical", "window": "1 h", "backup_after": "5 min"}
NO_TARGETS = {"targets-TOTAL_FORMS": 0, "targets-INITIAL_FORMS": 0}


def page(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_change", args=[version.pk])


@shared
def manager() -> Any:
    return person("Mia Manager", roles=("manager",))


@shared
def draft(manager: Any) -> Any:
    version = make.draft(make.policy(time_zone="Europe/Madrid"), author=manager)
    make.level(version, 1, person("Ana Ruiz"))
    make.threshold(version)
    return version


def cells(value: Any = 1) -> dict[str, Any]:
    return {f"cell_{impact}_{urgency}": value for impact in (1, 2, 3) for urgency in (1, 2, 3)}


def test_every_part_is_added_in_one_save_with_who_and_why(draft: Any, manager: Any) -> None:
    client, owner, role = as_(manager), person("Sofia"), Role.objects.create(name="Head of payments")
    data = form_of(client, page(draft)) | cells(2) | {"repeats": 2, "stakeholder_from": "SEV1", "resolve_within": "4 h"}
    data = with_row(data, "stakeholders", **LEVEL, **NO_TARGETS)
    data = with_row(data, "stakeholders-0-targets", position=1, role_held=role.pk)
    data = with_row(data, "severity_overrides", severity="SEV1", start_level=1, pace_percent=50)
    data = with_row(data, "business_thresholds", name="Money", measure="revenue_loss_per_hour", value="10000.5", currency="eur", impact=1)
    exception = {"name": "VIP", "indicator": "label", "label": "vip", "start_level": 1, "owner": owner.pk, "review_on": "2027-01-01"}
    data = with_row(data, "exception_rules", **exception, rationale="Contract")
    message = {"track": "technical", "level": 0, "audience": "technical", "subject": "{{ incident.number }}", "body": "{{incident.title}}"}
    data = with_row(data, "message_templates", **message)
    speaks = {"severity": "SEV2", "audience": "external", "role_held": role.pk, "channels": "status page", "first_within": "30 min"}
    data = with_row(data, "announcement_protocols", **speaks)
    answer = client.post(page(draft), data)
    assert answer.status_code == 302, [part.formset.errors for part in answer.context["inline_admin_formsets"]]
    draft.refresh_from_db()
    assert (draft.repeats, draft.stakeholder_from, draft.resolve_within) == (2, "SEV1", timedelta(hours=4))
    stakeholder = Level.objects.get(version=draft, track="stakeholder")
    assert (stakeholder.number, stakeholder.targets.get().role_held) == (1, role)
    assert Level.objects.get(version=draft, track="technical").number == 1
    assert SeverityOverride.objects.get().pace_percent == 50
    money = BusinessThreshold.objects.get()
    assert (money.value, money.currency) == (Decimal("10000.5"), "EUR")
    assert ExceptionRule.objects.get().review_on == date(2027, 1, 1)
    assert MessageTemplate.objects.get().body == "{{incident.title}}"
    assert AnnouncementProtocol.objects.get().role_held == role
    assert PriorityCell.objects.filter(version=draft, priority=2).count() == 9
    for row in (stakeholder, money, PriorityCell.objects.first()):
        past = row.history.latest()
        assert (past.history_user, past.history_change_reason) == (manager, draft.change_reason)


def test_the_owner_s_mandate_is_ticked_and_kept(draft: Any, manager: Any) -> None:
    client, region = as_(manager), Region.objects.create(name="EU")
    runbook = Runbook.objects.create(title="Cards", steps="1. Look")
    data = form_of(client, page(draft)) | {"levels-0-mandates": ["mobilise_resources", "suspend_processes"]}
    shown = client.post(page(draft), data).content.decode()
    assert "choose the owner" in shown
    assert "give its last day" in shown
    assert 'value="suspend_processes"' in shown.split("checked")[1] or "checked" in shown
    assert Level.objects.get(version=draft).mandates == ""
    data |= {"levels-0-owner": manager.pk, "levels-0-mandate_until": "2027-03-31", "levels-0-region": region.pk}
    data |= {
        "levels-0-runbook": runbook.pk,
        "levels-0-needs_rca": "on",
        "levels-0-skills": "cards, ledgers",
        "levels-0-languages": "en, es",
    }
    data |= {"levels-0-reminders": "5 min, 2 min", "levels-0-mandate_limits": "Up to 20,000 EUR"}
    assert client.post(page(draft), data).status_code == 302
    level = Level.objects.get(version=draft)
    assert level.mandates == "mobilise_resources, suspend_processes"
    assert (level.region, level.runbook, level.needs_rca, level.mandate_until) == (region, runbook, True, date(2027, 3, 31))
    assert form_of(client, page(draft))["levels-0-mandates"] == ["mobilise_resources", "suspend_processes"]


def test_a_number_is_once_in_a_track_and_free_in_another(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft))
    twice = with_row(data, "levels", **LEVEL, **NO_TARGETS)
    answer = client.post(page(draft), twice)
    assert "Number 1 is given more than once" in answer.content.decode()
    assert 'value="Directors"' in answer.content.decode()
    assert client.post(page(draft), with_row(data, "compliance", **LEVEL, **NO_TARGETS)).status_code == 302
    assert sorted(draft.levels.values_list("track", "number")) == [("compliance", 1), ("technical", 1)]


def test_the_matrix_is_whole_or_not_there(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft))
    part = client.post(page(draft), data | cells(3) | {"cell_2_2": "", "cell_3_1": ""})
    assert "Set all nine fields or none: 2 are missing." in part.content.decode()
    assert '<details class="pf-section" id="matrix-section" data-section="matrix" open>' in part.content.decode()
    assert not PriorityCell.objects.exists()
    assert client.post(page(draft), data | cells(3)).status_code == 302
    assert client.post(page(draft), data | cells(3) | {"cell_1_1": 1}).status_code == 302
    assert PriorityCell.objects.get(version=draft, impact=1, urgency=1).priority == 1
    assert PriorityCell.history.count() == 10
    assert client.post(page(draft), data | cells("")).status_code == 302
    assert not PriorityCell.objects.exists()
    assert PriorityCell.history.filter(history_type="-", history_user=manager).count() == 9


def test_a_priority_that_is_none_is_refused(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft)) | cells(1)
    with undrawn():
        for value in ("6", "0", "-1", "P1", "9" * 30, "\x00", "<script>"):
            assert client.post(page(draft), data | {"cell_1_1": value}).status_code == 200, value
    assert not PriorityCell.objects.exists()


UNFIT: list[tuple[str, dict[str, Any], str]] = [
    (
        "message_templates",
        {"track": "technical", "level": 0, "audience": "technical", "subject": "{{ x }}", "body": "b"},
        "is not known",
    ),
    (
        "message_templates",
        {"track": "technical", "level": 0, "audience": "technical", "subject": "s", "body": "{% if %}"},
        "is not a name",
    ),
    ("business_thresholds", {"name": "A", "measure": "revenue_loss_per_hour", "value": 5, "impact": 1}, "Money needs its currency"),
    ("business_thresholds", {"name": "A", "measure": "regulatory_exposure", "value": 4, "impact": 1}, "the steps 1, 2 and 3"),
    (
        "business_thresholds",
        {"name": "A", "measure": "regulatory_exposure", "value": 2, "currency": "EUR", "impact": 1},
        "Leave it empty",
    ),
    (
        "business_thresholds",
        {"name": "A", "measure": "revenue_loss_per_hour", "value": 5, "currency": "€", "impact": 1},
        "three letters",
    ),
    ("severity_overrides", {"severity": "SEV1", "pace_percent": 101}, "less than or equal to 100"),
    (
        "announcement_protocols",
        {"severity": "SEV1", "audience": "external", "channels": "x", "first_within": "1 h"},
        "Choose who speaks",
    ),
    ("exception_rules", {"name": "A", "indicator": "label", "start_level": 1, "rationale": "r"}, "Give the label as it stands"),
    ("exception_rules", {"name": "A", "indicator": "service", "start_level": 1, "rationale": "r"}, "Choose the service"),
    ("exception_rules", {"name": "A", "indicator": "data_breach", "label": "x", "start_level": 1, "rationale": "r"}, "Leave it empty"),
]


def test_what_does_not_fit_together_is_said_at_its_field(draft: Any, manager: Any) -> None:
    """All of it in one page: each row says what is wrong with it, and keeps what was typed."""
    client = as_(manager)
    data, sent = form_of(client, page(draft)), Counter[str]()
    places = []
    for rows, values, said in UNFIT:
        data = with_row(data, rows, **values)
        places.append((rows, sent[rows], said))
        sent[rows] += 1
    answer = client.post(page(draft), data)
    assert answer.status_code == 200
    formsets = {part.formset.prefix: part.formset for part in answer.context_data["inline_admin_formsets"]}
    shown = answer.content.decode()
    for rows, place, said in places:
        assert said in str(formsets[rows].forms[place].errors), (rows, place)
        assert said in shown
        assert f'name="{rows}-{place}-' in shown
    assert "to correct" in shown


def test_a_value_shows_the_unit_of_its_measure(draft: Any, manager: Any) -> None:
    OwnMeasure.objects.create(key="orders_waiting", name="Orders waiting", unit="orders")
    client = as_(manager)
    shown = client.get(page(draft)).content.decode()
    assert 'id="id_thresholds-0-criteria-0-value_unit">%</span>' in shown
    assert 'data-unit="orders"' in shown
    data = form_of(client, page(draft)) | {"thresholds-0-criteria-0-measure": "orders_waiting"}
    assert client.post(page(draft), data).status_code == 302
    assert Criterion.objects.get().measure == "orders_waiting"
    assert client.post(page(draft), data | {"thresholds-0-criteria-0-measure": "made_up"}).status_code == 200
    assert Criterion.objects.get().measure == "orders_waiting"


def test_a_target_may_be_a_team_or_a_role(draft: Any, manager: Any) -> None:
    client, team = as_(manager), Team.objects.create(name="Payments")
    data = form_of(client, page(draft)) | {"levels-0-targets-0-person": "", "levels-0-targets-0-team": team.pk}
    assert client.post(page(draft), data).status_code == 302
    assert Target.objects.get().team == team
    none = client.post(page(draft), data | {"levels-0-targets-0-team": ""})
    assert "Choose one of: a person, a schedule" in none.content.decode()


def test_somebody_who_left_stays_visible_and_can_be_replaced(draft: Any, manager: Any) -> None:
    ana = draft.levels.get().targets.get().person
    ana.is_active = False
    ana.save()
    client = as_(manager)
    assert "Ana Ruiz (no longer to be chosen)" in client.get(page(draft)).content.decode()
    data = form_of(client, page(draft))
    assert client.post(page(draft), data | {"levels-0-window": "20 min"}).status_code == 302
    assert Target.objects.get().person == ana
    added = with_row(data, "levels-0-targets", position=2, person=ana.pk)
    assert "This cannot be chosen any more" in client.post(page(draft), added).content.decode()


REFUSED_STARTS = [
    ("2027-03-28", "02:30", "02:30 does not exist on 28 Mar 2027 in Europe/Madrid: the clocks go forward then and show 03:30 instead."),
    ("2027-10-31", "02:30", "02:30 comes twice on 31 Oct 2027 in Europe/Madrid"),
    ("", "02:30", "Give the day too."),
    ("soon", "", "Enter a valid date"),
    ("0001-01-01", "00:00", "The year 1 is out of reach. Give one from 1970 to 2999."),
    ("9999-12-31", "23:59", "out of reach"),
]


def test_a_start_that_the_zone_s_clock_does_not_show_once_is_refused(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft))
    with undrawn():
        for day, hour, said in REFUSED_STARTS:
            answer = client.post(page(draft), data | {"effective_from_0": day, "effective_from_1": hour})
            form = answer.context_data["adminform"].form
            assert said in str(form.errors["effective_from"]), (day, hour)
            assert f'value="{day or hour}"' in str(form["effective_from"])
        assert client.post(page(draft), data | {"effective_from_0": "2999-12-31", "effective_from_1": "23:59"}).status_code == 302
    shown = client.post(page(draft), data | {"effective_from_0": "", "effective_from_1": "02:30"}).content.decode()
    assert "Give the day too." in shown


def test_the_start_is_typed_and_shown_in_the_policy_s_zone(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft))
    assert client.post(page(draft), data | {"effective_from_0": "2027-07-05", "effective_from_1": ""}).status_code == 302
    draft.refresh_from_db()
    assert draft.effective_from == datetime(2027, 7, 4, 22, tzinfo=UTC)
    shown = form_of(client, page(draft))
    assert (shown["effective_from_0"], shown["effective_from_1"]) == ("2027-07-05", "00:00")
    page_says = client.get(page(draft)).content.decode()
    assert "In force from, in Europe/Madrid" in page_says
    listed = client.get(reverse("admin:policies_policyversion_changelist")).content.decode()
    assert "5 Jul 2027, 00:00 CEST" in listed


def test_a_start_in_a_doubled_hour_that_was_there_may_stay(draft: Any, manager: Any) -> None:
    at = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    PolicyVersion.objects.filter(pk=draft.pk).update(effective_from=at)
    client = as_(manager)
    assert client.post(page(draft), form_of(client, page(draft)) | {"repeats": 1}).status_code == 302
    draft.refresh_from_db()
    assert (draft.effective_from, draft.repeats) == (at, 1)


def test_rows_are_added_without_scripts_and_nothing_is_lost(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft)) | {"levels-0-name": "Typed and not saved", "_add_row": "levels-0-targets"}
    answer = client.post(page(draft), data)
    shown = answer.content.decode()
    assert 'name="levels-0-targets-1-person"' in shown
    assert 'value="Typed and not saved"' in shown
    assert "Nothing is saved until you press" in shown
    assert Level.objects.get().name == "Line 1"
    assert client.post(page(draft), data | {"_add_row": "nothing"}).status_code == 200
    with undrawn():
        for hostile in ("levels", "", "levels-0-targets-TOTAL_FORMS", "x" * 5_000):
            assert client.post(page(draft), data | {"_add_row": hostile}).status_code == 200
    assert client.post(page(draft), data | {"levels-TOTAL_FORMS": "9" * 30, "_add_row": "levels"}).status_code == 200


def test_a_form_without_its_management_is_refused_and_changes_nothing(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft)) | {"levels-0-window": "5 h"}
    for rows in ("levels", "levels-0-targets", "stakeholders", "thresholds", "thresholds-0-criteria", "message_templates"):
        kept = {name: value for name, value in data.items() if name not in (f"{rows}-TOTAL_FORMS", f"{rows}-INITIAL_FORMS")}
        assert client.post(page(draft), kept).status_code == 200, rows
        with undrawn():
            broken = {f"{rows}-TOTAL_FORMS": "many", f"{rows}-INITIAL_FORMS": "-1"}
            assert client.post(page(draft), kept | broken).status_code == 200, rows
    assert Level.objects.get().window == timedelta(minutes=15)


def test_rows_of_another_version_cannot_be_reached(draft: Any, manager: Any) -> None:
    other = make.draft(author=manager)
    theirs = make.level(other, 1, person("Tom"))
    client = as_(manager)
    data = form_of(client, page(draft))
    answer = client.post(page(draft), data | {"levels-0-id": theirs.pk, "levels-0-name": "Mine now"})
    assert answer.status_code == 200
    assert "removed by somebody else" in answer.content.decode()
    target = theirs.targets.get()
    client.post(page(draft), data | {"levels-0-targets-0-id": target.pk, "levels-0-targets-0-position": 7})
    client.post(page(draft), data | {"levels-0-id": theirs.pk, "levels-0-DELETE": "on"})
    theirs.refresh_from_db()
    target.refresh_from_db()
    assert (theirs.name, theirs.version, target.position) == ("Line 1", other, 1)


def test_very_long_texts_do_no_harm(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft))
    with undrawn():
        for name in ("levels-0-name", "levels-0-skills", "thresholds-0-name", "levels-0-reminders", "levels-0-mandate_limits"):
            assert client.post(page(draft), data | {name: "x" * 10_000}).status_code in {200, 302}, name


def test_a_very_long_message_of_unfinished_fields_does_no_harm(draft: Any, manager: Any) -> None:
    client = as_(manager)
    message = {"track": "technical", "level": 0, "audience": "technical", "subject": "s", "body": "{{ " * 3_333}
    assert client.post(page(draft), with_row(form_of(client, page(draft)), "message_templates", **message)).status_code == 200


def test_the_page_takes_as_many_queries_for_many_rows_as_for_one(draft: Any, manager: Any) -> None:
    client = as_(manager)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(draft)).status_code == 200
        return len(captured)

    def fill(start: int, count: int) -> None:
        region, role = Region.objects.create(name=f"R{start}"), Role.objects.create(name=f"Role {start}", holder=manager)
        for number in range(start, start + count):
            level = make.level(draft, number, person(), role, owner=manager, region=region)
            make.level(draft, number, person(), track="compliance")
            Target.objects.create(level=level, position=3, person=person())
            make.threshold(draft, f"Threshold {number}")
            ExceptionRule.objects.create(
                version=draft,
                name=f"E{number}",
                indicator="label",
                label=f"l{number}",
                rationale="r",
                owner=manager,
                review_on=date(2027, 1, 1),
            )
            BusinessThreshold.objects.create(version=draft, name=f"B{number}", measure="regulatory_exposure", value=1, impact=1)

    fill(2, 2)
    queries()
    few = queries()
    fill(4, 6)
    assert queries() <= few
    assert few <= 90


def test_a_big_policy_is_not_too_many_fields_to_send(draft: Any, manager: Any) -> None:
    on_call, schedules = person(), {position: make.schedule() for position in range(2, 7)}
    for number in range(2, 21):
        level = make.level(draft, number, on_call)
        for position in range(2, 7):
            Target.objects.create(level=level, position=position, schedule=schedules[position])
        make.threshold(draft, f"T{number}", criteria=[{"measure": "downtime_minutes", "value": Decimal(place)} for place in range(1, 6)])
    client = as_(manager)
    data = form_of(client, page(draft)) | {"levels-0-name": "First"}
    assert len(data) > 1_000
    assert client.post(page(draft), data).status_code == 302
    assert draft.levels.get(number=1).name == "First"
