"""Roles and rights that come past the services: found as soon as they are committed, and nothing else is slower for it."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from audit.duties import at_once
from audit.duties.models import DutyFinding
from audit.events.services import act
from audit.models import LedgerEvent
from portal.models import OutboxMessage, User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
Committed = DjangoCaptureOnCommitCallbacks


def approvers() -> Group:
    return Group.objects.get(name="Approvers")


def open_of(who: User) -> int:
    return DutyFinding.objects.filter(person=who, state=DutyFinding.State.OPEN).count()


def looks(calls: list[Any]) -> int:
    return sum(call is at_once._look for call in calls)


@pytest.fixture
def tom(django_capture_on_commit_callbacks: Committed) -> User:
    """An administrator, who must not approve."""
    person("Carla", roles=("compliance",))
    with django_capture_on_commit_callbacks(execute=True):
        made = person("Tom", roles=("administrator",))
    assert open_of(made) == 0
    return made


def by_their_role(tom: User) -> None:
    tom.groups.add(approvers())


def by_the_roles_members(tom: User) -> None:
    approvers().user_set.add(tom)


def by_a_right_of_their_own(tom: User) -> None:
    tom.user_permissions.add(Permission.objects.get(codename="approve_policyversion"))


def by_a_right_of_their_role(tom: User) -> None:
    Group.objects.get(name="Administrators").permissions.add(Permission.objects.get(codename="approve_policyversion"))


def by_the_rights_roles(tom: User) -> None:
    Permission.objects.get(codename="approve_policyversion").group_set.add(Group.objects.get(name="Administrators"))


def by_all_embracing_rights(tom: User) -> None:
    tom.is_superuser = True
    tom.save()


WAYS = [
    by_their_role,
    by_the_roles_members,
    by_a_right_of_their_own,
    by_a_right_of_their_role,
    by_the_rights_roles,
    by_all_embracing_rights,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_given_past_the_services_is_found_and_told_at_once(
    way: Any, tom: User, django_capture_on_commit_callbacks: Committed
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        way(tom)
    assert open_of(tom) >= 1
    assert LedgerEvent.objects.filter(type="duty_finding.opened").count() == open_of(tom)
    assert OutboxMessage.objects.filter(kind="duties.found").values_list("person__display_name", flat=True).distinct().get() == "Carla"


def test_a_superuser_of_the_command_line_is_found_at_once(django_capture_on_commit_callbacks: Committed) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        call_command("createsuperuser", username="eve", email="eve@example.org", interactive=False, verbosity=0)
    assert open_of(User.objects.get(username="eve")) >= 1


def test_a_crowd_is_looked_at_in_one_go_and_what_was_taken_back_is_not(tom: User, django_capture_on_commit_callbacks: Committed) -> None:
    crowd = [person(f"One {number}") for number in range(4)]
    with django_capture_on_commit_callbacks(execute=True) as calls:
        for one in crowd:
            one.groups.add(*Group.objects.filter(name__in=["Approvers", "Administrators"]))
        with transaction.atomic():
            tom.groups.add(approvers())
            transaction.set_rollback(True)
    assert looks(calls) == len(crowd)
    assert [open_of(one) >= 1 for one in (*crowd, tom)] == [True] * 4 + [False]


def test_other_writes_ask_nothing_more(tom: User, now: Any, django_capture_on_commit_callbacks: Committed) -> None:
    """Not an ordinary save, not a sign-in, and not what a service does, which asked before."""
    root = person("Root", is_superuser=True)
    with django_capture_on_commit_callbacks(execute=True) as calls:
        tom.save()
        root.last_login = now
        root.save(update_fields=["last_login"])
        tom.groups.remove(Group.objects.get(name="Administrators"))
        with act("role.given", actor=root, now=now, subject=tom):
            tom.groups.add(approvers())
    assert looks(calls) == 0


def test_what_cannot_be_looked_at_stays_given_and_is_logged(
    tom: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Committed
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise ValueError

    monkeypatch.setattr(at_once, "check_people", fails)
    with django_capture_on_commit_callbacks() as calls:
        tom.groups.add(approvers())
    with pytest.raises(ValueError, match=r"^$"):
        next(call for call in calls if call is at_once._look)()
    assert tom.groups.count() == 2
    assert "the night's check does it" in caplog.text


def test_looking_costs_the_same_for_one_and_for_many_without_a_hit(django_capture_on_commit_callbacks: Committed) -> None:
    counts = []
    for many in (1, 6):
        people = [person(f"P {many} {number}") for number in range(many)]
        with django_capture_on_commit_callbacks() as calls:
            for one in people:
                one.groups.add(approvers())
        with CaptureQueriesContext(connection) as asked:
            for call in calls:
                call()
        counts.append(len(asked))
    assert counts[1] - counts[0] <= 3 * 5, counts
