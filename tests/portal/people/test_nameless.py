"""An account that loses its person's name."""

from typing import Any

import pytest

from portal.foundation.base_models import save_tracked
from portal.foundation.people.nameless import make_nameless
from portal.models import ContactPoint, User
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


def everything_about(user: User) -> str:
    rows: list[Any] = [User.objects.filter(pk=user.pk), User.history.filter(id=user.pk)]
    rows += [ContactPoint.objects.filter(person=user), ContactPoint.history.filter(person_id=user.pk)]
    return repr([list(some.values()) for some in rows])


def test_the_account_its_contacts_and_the_history_of_both_lose_it(now: Any) -> None:
    ana = person("Ana Canary", username="canary", email="canary@example.org", first_name="Canary", skills="canary", languages="de")
    contact(ana, "https://example.org/canary", label="Canary's phone")
    ana.display_name = "Ana Canary-Berg"
    save_tracked(ana, actor=ana, now=now, reason="Married.")
    rows = make_nameless(ana)
    assert "canary" not in everything_about(ana).casefold()
    assert rows == 1 + 2 + 1 + 1
    ana.refresh_from_db()
    assert (str(ana), ana.username) == (f"Erased person {ana.pk}", f"erased-person-{ana.pk}")


def test_others_keep_theirs() -> None:
    ana, tom = person("Ana"), person("Tom", email="tom@example.org")
    contact(tom, "https://example.org/tom")
    before = everything_about(tom)
    make_nameless(ana)
    assert everything_about(tom) == before


def test_two_people_of_an_imported_log_can_both_lose_theirs() -> None:
    for name in ("Ana", "Tom"):
        imported = person(name, origin=User.Origin.IMPORTED, source_ref=name, is_active=False)
        make_nameless(imported)
        imported.refresh_from_db()
        assert imported.source_ref == f"erased-person-{imported.pk}"
