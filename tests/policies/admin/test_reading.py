"""What a version says, in words: on its page, on the approval page, of a past state, and its messages as people would get them."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from policies.models import AnnouncementProtocol, ExceptionRule, MessageTemplate, PolicyVersion, SeverityOverride
from portal.foundation import clock
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

from .forms import as_

pytestmark = pytest.mark.django_db


def page(name: str, version: PolicyVersion, *more: Any) -> str:
    return reverse(f"admin:policies_policyversion_{name}", args=[version.pk, *more])


@shared
def full() -> PolicyVersion:
    version, today = make.draft(), clock.now().date()
    sofia = person("Sofia Lind")
    mandate = {"mandates": "suspend_processes", "mandate_until": today + timedelta(days=9), "mandate_limits": "Not the ledger"}
    make.level(version, 1, person("Ana Ruiz"), person("Tom Berg"), owner=sofia, reminders="5 min", **mandate)
    make.level(version, 1, sofia, track="stakeholder", name="Directors")
    SeverityOverride.objects.create(version=version, severity="SEV1", pace_percent=50)
    rule = {"version": version, "indicator": "data_breach", "rationale": "The law", "owner": sofia}
    ExceptionRule.objects.create(name="Leak", review_on=today - timedelta(days=1), **rule)
    MessageTemplate.objects.create(version=version, subject="{{ incident.number }}", body="Dear {{ person.name }}")
    spoken = {"severity": "SEV2", "person": sofia, "channels": "status page, e-mail", "first_within": timedelta(minutes=30)}
    AnnouncementProtocol.objects.create(version=version, **spoken)
    return make.approve(version)


def test_every_part_is_told_and_empty_ones_say_what_counts_instead(full: PolicyVersion) -> None:
    shown = as_(person("Ada", roles=("auditor",))).get(page("change", full)).content.decode()
    for words in (
        "Sofia Lind may suspend processes, until",
        "Limits: Not the ledger",
        "Reminded 5 min before the window closes.",
        "SEV1 critical: windows and waits at 50 % of their length.",
        "Stakeholder track",
        "It starts for incidents of SEV2 major and worse.",
        "Review overdue; it goes on working.",
        "Dear {{ person.name }}",
        "Sofia Lind tells the executive audience within 30 min, once, by status page and e-mail.",
        "Says nothing about thresholds: the broader policy&#x27;s count",
        "Says nothing about the priority matrix: the broader policy&#x27;s counts, else ITIL&#x27;s.",
        "Says nothing about the legal and compliance track",
    ):
        assert words in shown, words


def test_a_past_state_says_what_it_said_then(full: PolicyVersion) -> None:
    client = as_(person("Ada", roles=("auditor",)))
    kept = full.history.exclude(content=None).first()
    assert "Dear {{ person.name }}" in client.get(page("simple_history", full, kept.pk)).content.decode()
    first = full.history.last()
    assert "It was draft then." in client.get(page("simple_history", full, first.pk)).content.decode()


def test_messages_are_previewed_on_a_sample(full: PolicyVersion) -> None:
    client = as_(person("Ada", roles=("auditor",)))
    shown = client.get(page("messages", full)).content.decode()
    assert "Dear Ana Ruiz" in shown
    assert "INC-000123" in shown
    for number in ("INC-999999", "<script>", "' OR 1=1", "x" * 500, "\x00"):
        answer = client.get(page("messages", full), {"incident": number})
        assert answer.status_code == 400
        assert "<script>&" not in answer.content.decode()
        assert "Dear" in answer.content.decode()


def test_a_version_without_messages_says_whose_count() -> None:
    answer = as_(person("Ada", roles=("auditor",))).get(page("messages", make.draft()))
    assert "has no messages of its own" in answer.content.decode()
    assert as_(person("Grace", roles=("stakeholder",))).get(page("messages", make.draft())).status_code == 404
