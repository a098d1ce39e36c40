"""Access is looked at item by item by somebody else; what is not needed goes, and what was signed stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, transaction

from audit.events.catalogue import kind_of
from audit.events.services import act
from audit.models import AccessCampaign, AccessItem, AccessRhythm
from audit.recertification import deciding, opening
from audit.recertification.deciding import answer_items, keep_all, sweep_overdue, to_answer
from audit.recertification.opening import open_due, open_now
from audit.recertification.periods import gone_since, moved, new_since, period_of
from audit.recertification.signing import is_as_signed, set_rhythm, sign_off
from audit.recertification.uses import USES
from audit.recertification.words import item_in_words
from policies.models import Service
from portal.foundation.access.checks import may
from portal.foundation.access.grants import grant
from portal.foundation.each_alone import Unfinished
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
APPROVE = "policies.approve_policyversion"


@pytest.fixture
def mia(db: None) -> User:
    """A manager of people; what a reviewer needs is to be asked."""
    return person("Mia Lind")


@pytest.fixture
def ana(mia: User) -> User:
    return person("Ana Ruiz", roles=("approver",), manager=mia)


@pytest.fixture
def com(db: None) -> User:
    return person("Priya Nair", roles=("compliance",))


@pytest.fixture
def full(ana: User, com: User, now: Any) -> AccessCampaign:
    return next(one for one in open_due(now=now) if one.kind == "full")


def item_of(campaign: AccessCampaign, user: User) -> AccessItem:
    return campaign.items.get(person=user)


def settle(campaign: AccessCampaign, by: User, other: User, now: Any) -> None:
    for item in campaign.items.filter(answer=""):
        answer_items(campaign, {item.pk: ("keep", "")}, actor=by if item.person_id != by.pk else other, now=now)


@pytest.mark.parametrize(
    ("month", "months", "name"),
    [(11, 3, "2026-Q4"), (1, 3, "2026-Q1"), (11, 1, "2026-11"), (7, 6, "2026-H2"), (6, 6, "2026-H1"), (6, 12, "2026")],
)
def test_a_period_has_the_name_of_its_stretch(month: int, months: int, name: str, now: Any) -> None:
    assert period_of(now.date().replace(month=month), months) == name


def test_what_is_new_gone_and_moved_follows_from_two_snapshots() -> None:
    then, today = [(1, "role", "a", ""), (2, "role", "b", "")], [(1, "role", "a", ""), (1, "role", "c", "")]
    assert new_since(today, then) == [(1, "role", "c", "")]
    assert gone_since(today, then) == [(2, "role", "b", "")]
    assert moved({"1": "x", "2": "y", "3": "z"}, {"1": "x", "2": "other"}) == {2}


def test_every_event_by_which_a_use_is_known_is_in_the_catalogue() -> None:
    assert [kind for kinds in USES.values() for kind in kinds if kind_of(kind) is None] == []


def test_it_opens_by_itself_once_a_quarter_and_asks_the_manager_in_plain_words(
    full: AccessCampaign, ana: User, mia: User, now: Any
) -> None:
    assert full.period == "2026-Q1"
    assert not AccessCampaign.objects.filter(kind="changes").exists()
    assert [one for one in open_due(now=now + timedelta(days=20)) if one.kind == "full"] == []
    assert [one.period for one in open_due(now=now + timedelta(days=31)) if one.kind == "full"] == ["2026-Q2"]
    item = item_of(full, ana)
    assert item.reviewer == mia
    assert item_in_words(item).startswith("Ana Ruiz is one of Approvers: the second pair of eyes on every policy change")
    assert OutboxMessage.objects.filter(person=mia, kind="access_review.asked").exists()


def test_an_item_says_since_when_and_when_last_used(ana: User, com: User, now: Any) -> None:
    with act("policy_version.approved", actor=ana, now=now - timedelta(days=30), subject=ana):
        pass
    full = open_now("full", actor=com, now=now, reason="Asked by the board.")
    item = item_of(full, ana)
    assert item.used_at is not None
    assert item.since is not None
    assert "not used" in item_in_words(item_of(full, com))


def test_remove_takes_it_away_at_once(full: AccessCampaign, ana: User, mia: User, now: Any) -> None:
    with pytest.raises(InvalidInput, match="few words"):
        answer_items(full, {item_of(full, ana).pk: ("remove", " ")}, actor=mia, now=now)
    answer_items(full, {item_of(full, ana).pk: ("remove", "Changed teams.")}, actor=mia, now=now)
    assert not may(User.objects.get(pk=ana.pk), APPROVE)
    assert item_of(full, ana).removed_at == now
    with pytest.raises(WrongState, match="already"):
        answer_items(full, {item_of(full, ana).pk: ("keep", "")}, actor=mia, now=now)


def test_nobody_confirms_their_own_and_no_stranger_does(full: AccessCampaign, ana: User, com: User, now: Any) -> None:
    for actor, item in ((ana, item_of(full, ana)), (com, item_of(full, com)), (person("Stranger"), item_of(full, ana))):
        with pytest.raises(NotAllowed):
            answer_items(full, {item.pk: ("keep", "")}, actor=actor, now=now)
        assert item not in to_answer(actor)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessItem.objects.filter(pk=item_of(full, ana).pk).update(answer="keep", answered_by=ana)


def test_everything_of_a_person_is_kept_only_when_somebody_looked(full: AccessCampaign, ana: User, mia: User, now: Any) -> None:
    ana.groups.add(Group.objects.get(name="Responders"))
    with pytest.raises(InvalidInput, match="tick"):
        keep_all(full, ana, sure=False, actor=mia, now=now)
    assert keep_all(full, ana, sure=True, actor=mia, now=now) == 1


def test_a_grant_on_one_object_is_an_item_of_its_own(com: User, now: Any) -> None:
    tom, service = person("Tom Berg"), Service.objects.create(name="Card payments", key="card-payments")
    grant("policies.work_service_incidents", tom, service)
    campaign = open_now("full", actor=com, now=now, reason="Asked.")
    (item,) = campaign.items.filter(person=tom)
    assert (item.way, item.name, item.place) == ("grant", "policies.work_service_incidents", f"policies.service:{service.pk}")
    answer_items(campaign, {item.pk: ("remove", "Left the team.")}, actor=com, now=now)
    assert not may(User.objects.get(pk=tom.pk), "incidents.resolve_incident", service)


def test_no_answer_alarms_once_and_takes_away_only_where_the_review_says_so(ana: User, com: User, mia: User, now: Any) -> None:
    rhythm = AccessRhythm.objects.get(kind="full")
    set_rhythm(rhythm, actor=com, now=now, reason="Stricter.", months=3, days_to_answer=10, revoke_unanswered=True)
    full = next(one for one in open_due(now=now) if one.kind == "full")
    answer_items(full, {item_of(full, com).pk: ("unsure", "Ask the board.")}, actor=_runner(), now=now)
    late = now + timedelta(days=11)
    assert [sweep_overdue(now=now), sweep_overdue(now=late), sweep_overdue(now=late)] == [0, 1, 0]
    assert item_of(full, ana).lapsed
    assert not may(User.objects.get(pk=ana.pk), APPROVE)
    assert may(User.objects.get(pk=com.pk), "audit.run_accesscampaign")
    assert {one.person for one in OutboxMessage.objects.filter(kind="access_review.late")} >= {mia, com}


def test_without_that_no_answer_only_alarms(full: AccessCampaign, ana: User, now: Any) -> None:
    sweep_overdue(now=now + timedelta(days=40))
    assert may(User.objects.get(pk=ana.pk), APPROVE)


def test_a_signature_needs_every_answer_and_freezes_them(full: AccessCampaign, ana: User, com: User, mia: User, now: Any) -> None:
    other = _runner()
    with pytest.raises(WrongState, match="not answered"):
        sign_off(full, actor=com, now=now, reason="Done.")
    settle(full, other, com, now)
    with pytest.raises(NotAllowed):
        sign_off(full, actor=mia, now=now, reason="Done.")
    sign_off(full, actor=com, now=now, reason="All looked at.")
    full.refresh_from_db()
    assert is_as_signed(full)
    for change in (
        lambda: AccessItem.objects.filter(campaign=full).update(note="Else."),
        lambda: AccessCampaign.objects.update(period="x"),
    ):
        with pytest.raises(DatabaseError, match="signed access review"), transaction.atomic():
            change()
    with pytest.raises(DatabaseError, match="stays on record"), transaction.atomic():
        AccessItem.objects.all().delete()
    with pytest.raises(WrongState, match="signed"):
        answer_items(full, {item_of(full, ana).pk: ("remove", "Late.")}, actor=mia, now=now)


def test_a_differential_asks_only_what_is_new_since_the_signature(full: AccessCampaign, ana: User, com: User, now: Any) -> None:
    settle(full, _runner(), com, now)
    sign_off(full, actor=com, now=now, reason="All looked at.")
    ana.groups.add(Group.objects.get(name="Responders"))
    com.groups.clear()
    com = _runner()
    changes = open_now("changes", actor=com, now=now, reason="After the reorganisation.")
    asked = {(item.person, item.name, item.why_asked) for item in changes.items.all()}
    assert (ana, "Responders", "new") in asked
    assert (ana, "Approvers", "new") not in asked
    assert any(name == "Compliance" for _, _, name, _ in changes.gone)


def test_who_left_or_moved_is_asked_about_once(full: AccessCampaign, ana: User, com: User, mia: User, now: Any) -> None:
    gone = person("Gone", roles=("responder",), is_active=False)
    ana.manager = com
    ana.save()
    (leavers,) = open_due(now=now + timedelta(days=1))
    assert {(item.person, item.why_asked) for item in leavers.items.all()} == {(gone, "left"), (ana, "moved")}
    assert leavers.revoke_unanswered
    assert open_due(now=now + timedelta(days=2)) == []


def _runner() -> User:
    return person("Another of compliance", roles=("compliance",))


def test_a_rhythm_that_fails_stops_no_other(com: User, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def refuse_full(rhythm: AccessRhythm, *given: Any, **more: Any) -> list[AccessCampaign]:
        tried.append(rhythm.kind)
        if rhythm.kind == "full":
            raise RuntimeError
        return []

    monkeypatch.setattr(opening, "_open", refuse_full)
    with pytest.raises(Unfinished, match="RuntimeError"):
        open_due(now=now)
    assert set(tried) >= {"full", "leavers"}


def test_an_alarm_that_fails_stops_no_other(full: AccessCampaign, com: User, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = open_now("full", actor=com, now=now, reason="An auditor asked.")
    tell_late = deciding.tell_late

    def refuse_first(campaign: AccessCampaign, *given: Any) -> None:
        if campaign.pk == full.pk:
            raise RuntimeError
        tell_late(campaign, *given)

    monkeypatch.setattr(deciding, "tell_late", refuse_first)
    with pytest.raises(Unfinished, match="RuntimeError"):
        sweep_overdue(now=now + timedelta(days=60))
    assert list(AccessCampaign.objects.exclude(alarmed_at=None)) == [other]
