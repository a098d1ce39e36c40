"""What somebody said about their record goes with their data, and no sooner."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from audit.models import LedgerEvent
from audit.retention.carrying_out import carry_out
from audit.retention.deciding import approve_removal
from audit.retention.erasure import ask_erasure
from audit.retention.holds import place_hold
from portal.foundation import clock
from portal.foundation.base_models import save_tracked
from portal.models import User
from reports.accountability.erasing import forget_comments
from reports.accountability.models import AccountabilityComment
from reports.accountability.services import comment
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
CANARY = "Zyxwva was on leave, and says so =1+1 🔥"


@pytest.fixture(autouse=True)
def keys_folder(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")


@pytest.fixture
def gone(db: None) -> User:
    """Somebody who commented on two quarters and has left."""
    left = person("Zyxwva Leaver", roles=("responder",))
    for quarter in ("2025Q4", "2026Q1"):
        comment(CANARY, quarter=quarter, actor=left, now=clock.now())
    left.is_active = False
    save_tracked(left, actor=None, now=clock.now(), reason="Left.")
    return left


@pytest.fixture
def ana(db: None) -> Any:
    return person("Ana", roles=("compliance",))


@pytest.fixture
def tom(db: None) -> Any:
    return person("Tom", roles=("compliance",))


def approved(left: User, ana: Any, tom: Any) -> Any:
    removal = ask_erasure(left, actor=ana, now=clock.now(), reason="Request 12.")
    approve_removal(removal, actor=tom, now=clock.now(), reason="Request 12 is justified.")
    return removal


def texts() -> list[str]:
    return list(AccountabilityComment.objects.order_by("pk").values_list("text", flat=True))


def test_the_words_go_with_the_persons_data_and_the_trail_says_how_many(gone: User, ana: Any, tom: Any) -> None:
    other = comment("I stay.", quarter="2026Q1", actor=ana, now=clock.now())
    carry_out(approved(gone, ana, tom), now=clock.now())
    assert texts() == ["", "", "I stay."]
    assert AccountabilityComment.objects.get(pk=other.pk).text == "I stay."
    [done] = LedgerEvent.objects.filter(type="erasure.done")
    assert json.loads(done.payload)["details"]["own_words"] == 2
    said = LedgerEvent.objects.filter(type="accountability.commented", object_pk=str(gone.pk))
    assert said.count() == 2
    assert "leave" not in "".join(said.values_list("payload", flat=True))
    client = Client()
    client.force_login(ana)
    page = client.get("/admin/reports/accountability/", {"quarter": "2026Q1", "person": gone.pk}).content.decode()
    assert "Erased with this person&#x27;s data." in page or "Erased with this person's data." in page
    assert "on leave" not in page


def test_without_leave_the_database_refuses_it_and_half_of_a_leave_is_none(gone: User, ana: Any) -> None:
    ask_erasure(gone, actor=ana, now=clock.now(), reason="Request 12.")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        forget_comments(gone.pk)
    assert texts() == [CANARY, CANARY]


def test_with_leave_nothing_but_the_words_of_this_person_is_emptied(gone: User, ana: Any, tom: Any) -> None:
    comment("I stay.", quarter="2026Q1", actor=ana, now=clock.now())
    approved(gone, ana, tom)
    for statement in (
        "UPDATE reports_accountabilitycomment SET text = 'Nicer words.' WHERE person_id = %s",
        "UPDATE reports_accountabilitycomment SET text = '', quarter = '2026Q4' WHERE person_id = %s",
        "UPDATE reports_accountabilitycomment SET text = '' WHERE person_id <> %s",
        "DELETE FROM reports_accountabilitycomment WHERE person_id = %s",
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [gone.pk])
    assert forget_comments(gone.pk) == 2
    assert forget_comments(gone.pk) == 0


@pytest.mark.parametrize("everything", [True, False])
def test_a_hold_keeps_the_words(gone: User, ana: Any, tom: Any, everything: bool) -> None:
    removal = approved(gone, ana, tom)
    held = {} if everything else {"object_model": "portal.user", "object_pk": str(gone.pk)}
    place_hold(actor=ana, now=clock.now(), reason="A dispute.", **held)
    assert carry_out(removal, now=clock.now()) == 0
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        forget_comments(gone.pk)
    assert texts() == [CANARY, CANARY]
