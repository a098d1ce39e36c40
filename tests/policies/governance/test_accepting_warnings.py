"""A version with warnings is submitted with a word on them, which stays with it and is asked for again."""

import json
from datetime import timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from policies.governance import queries, services
from policies.governance.snapshots import content_of
from policies.models import PolicyVersion
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput
from tests.factories import policies as make
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def manager() -> Any:
    return person("Mia Manager", roles=("manager",))


@shared
def draft(manager: Any) -> Any:
    version = make.draft(author=manager)
    make.level(version, 1, person("Ana Ruiz"))
    make.threshold(version)
    return version


@pytest.mark.parametrize("words", ["", "  \n"])
def test_warnings_without_a_word_keep_a_version_a_draft(draft: Any, manager: Any, now: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=r"Level 1 .* rests on one person\. Add a backup") as refused:
        services.submit_version(draft, actor=manager, now=now, accepted=words)
    assert "Say in a sentence why these warnings are accepted" in refused.value.fields["accepted"][0]
    assert PolicyVersion.objects.get().state == "draft"
    assert not LedgerEvent.objects.filter(type="policy_version.submitted").exists()


def test_no_word_makes_an_error_acceptable(manager: Any, now: Any) -> None:
    with pytest.raises(InvalidInput, match="no level"):
        services.submit_version(make.draft(author=manager), actor=manager, now=now, accepted="Never mind")


def test_the_word_is_kept_with_the_version_and_the_event_and_not_in_the_hash(draft: Any, manager: Any, now: Any) -> None:
    services.submit_version(draft, actor=manager, now=now, accepted=" Ana alone until May ")
    draft.refresh_from_db()
    assert draft.warnings_accepted == "Ana alone until May"
    assert draft.content_sha256 == content_hash(content_of(draft))
    told = json.loads(LedgerEvent.objects.get(type="policy_version.submitted").payload)["details"]
    assert told["accepted"] == "Ana alone until May"
    assert {"id": "level.one_person", "place": "Level 1"} in told["warnings"]


def test_a_version_taken_back_is_asked_again(draft: Any, manager: Any, now: Any) -> None:
    services.submit_version(draft, actor=manager, now=now, accepted="Ana alone until May")
    services.withdraw_version(draft, actor=manager, now=now, reason="Not yet")
    assert PolicyVersion.objects.get().warnings_accepted == ""
    with pytest.raises(InvalidInput, match="rests on one person"):
        services.submit_version(draft, actor=manager, now=now)


def test_without_warnings_no_word_is_asked_for_or_kept(manager: Any, now: Any) -> None:
    version = make.draft(author=manager)
    pair = person("Ana"), person("Tom")
    for reached in (*pair, version.policy.owner):
        contact(reached)
    make.level(version, 1, *pair)
    make.level(version, 1, *pair, track="compliance", window=timedelta(hours=1))
    make.threshold(version)
    services.submit_version(version, actor=manager, now=now, accepted="Nothing to accept")
    assert version.warnings_accepted == ""


def test_people_count_as_reached_only_by_what_carries_an_alert(draft: Any, now: Any) -> None:
    ana = draft.levels.get().targets.get().person
    contact(ana, "mailto://ana@example.org", channel="apprise")
    contact(ana, "http://127.0.0.1:9/", active=False)
    assert "level.unreachable" in {finding.id for finding in queries.findings_on(draft, now=now)}
    contact(ana)
    assert "level.unreachable" not in {finding.id for finding in queries.findings_on(draft, now=now)}


def test_schedules_are_looked_at_from_when_the_version_takes_effect(draft: Any, now: Any) -> None:
    make.level(draft, 2, make.schedule(person("Kim"), person("Lee"), layers=[{"starts_on": (now + timedelta(days=5)).date()}]))
    assert "coverage.gap" in {finding.id for finding in queries.findings_on(draft, now=now)}
    draft.effective_from = now + timedelta(days=6)
    assert "coverage.gap" not in {finding.id for finding in queries.findings_on(draft, now=now)}
