"""Views of the trail: kept, changed by new versions, shared, retired; and which events a version selects."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import LedgerEvent, SavedView, SavedViewVersion
from audit.reading.filters import Filters
from audit.reading.population import population
from audit.reading.services import VIEWS, change_view, save_view
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories.ledger import write_events
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
REFUSALS = Filters(outcome=("refused",))


@pytest.fixture
def ana(db: None) -> Any:
    return person("Ana", roles=("compliance",))


@pytest.fixture
def view(ana: Any, now: Any) -> SavedView:
    return save_view("Refusals", REFUSALS, actor=ana, now=now, purpose="Looked at each morning")


def test_a_view_is_kept_with_its_filters_and_their_hash(view: SavedView, ana: Any) -> None:
    version = view.current
    assert (version.number, version.filters, version.by) == (1, '{"form":1,"outcome":["refused"]}', ana)
    assert len(version.sha256) == 64
    assert version.parsed == REFUSALS
    assert LedgerEvent.objects.get(type="saved_view.created").object_pk == str(view.pk)


def test_a_change_is_a_new_version_and_the_one_before_stays(view: SavedView, ana: Any, now: Any) -> None:
    again = change_view(view, REFUSALS, actor=ana, now=now)
    changed = change_view(view, Filters(person=("7",)), actor=ana, now=now, reason="Only hers")
    assert (again.number, changed.number, view.current) == (1, 2, changed)
    assert view.versions.get(number=1).parsed == REFUSALS
    assert LedgerEvent.objects.filter(type="saved_view.changed").count() == 1


def test_a_view_whose_owner_left_is_taken_over_with_its_versions(view: SavedView, ana: Any, now: Any) -> None:
    tom = person("Tom", roles=("compliance",))
    with pytest.raises(WrongState, match="who is here"):
        VIEWS.take_over(view, actor=tom, now=now, reason="I want it.")
    ana.is_active = False
    ana.save(update_fields=["is_active"])
    assert list(VIEWS.seen_by(tom)) == [view]
    with pytest.raises(InvalidInput):
        VIEWS.take_over(view, actor=tom, now=now, reason=" ")
    with pytest.raises(NotAllowed):
        VIEWS.take_over(view, actor=person("Rae", roles=("responder",)), now=now, reason="Mine.")
    VIEWS.take_over(view, actor=tom, now=now, reason="Ana has left; the morning's review goes on.")
    told = LedgerEvent.objects.get(type="saved_view.taken_over")
    assert f'"owner_before":"{ana.pk}"' in told.payload
    assert change_view(SavedView.objects.get(pk=view.pk), Filters(), actor=tom, now=now, reason="All").number == 2


def test_others_see_a_view_once_it_is_shared_and_only_its_owner_changes_it(view: SavedView, ana: Any, now: Any) -> None:
    tom, rae = person("Tom", roles=("auditor",)), person("Rae", roles=("responder",))
    assert list(VIEWS.seen_by(tom)) == []
    VIEWS.share(view, actor=ana, now=now)
    assert (list(VIEWS.seen_by(tom)), list(VIEWS.seen_by(rae))) == ([view], [])
    with pytest.raises(NotAllowed):
        change_view(view, Filters(), actor=tom, now=now)
    with pytest.raises(NotAllowed):
        VIEWS.retire(view, actor=tom, now=now)
    with pytest.raises(NotAllowed):
        save_view("Mine", Filters(), actor=rae, now=now)
    VIEWS.share(view, actor=ana, now=now, shared=False)
    assert list(VIEWS.seen_by(tom)) == []


def test_a_retired_view_is_in_no_list_and_its_name_is_free(view: SavedView, ana: Any, now: Any) -> None:
    with pytest.raises(InvalidInput):
        save_view(" Refusals ", Filters(), actor=ana, now=now)
    VIEWS.retire(view, actor=ana, now=now)
    assert list(VIEWS.seen_by(ana)) == []
    with pytest.raises(WrongState):
        change_view(view, Filters(), actor=ana, now=now)
    assert save_view("Refusals", Filters(), actor=ana, now=now).pk != view.pk


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b"])
def test_a_name_says_something(name: str, ana: Any, now: Any) -> None:
    with pytest.raises(InvalidInput):
        save_view(name, Filters(), actor=ana, now=now)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_savedviewversion SET filters = '{}'",
        "DELETE FROM audit_savedviewversion",
        "DELETE FROM audit_savedview",
        pytest.param(
            "INSERT OR REPLACE INTO audit_savedviewversion SELECT * FROM audit_savedviewversion",
            marks=pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no such statement"),
        ),
    ],
)
def test_the_database_refuses_to_change_what_a_version_selects(statement: str, view: SavedView) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert SavedViewVersion.objects.get().parsed == REFUSALS


def test_a_population_is_what_a_version_selects_in_a_time(ana: Any, now: Any) -> None:
    write_events(3, now=now, about="access.denied")
    write_events(2, now=now - timedelta(days=9), about="access.denied")
    write_events(2, now=now, about="test.event")
    version = save_view("Refusals", REFUSALS, actor=ana, now=now).current
    assert population(version).count() == 5
    assert population(version, since=now - timedelta(days=1), until=now + timedelta(days=1)).count() == 3
    assert not population(version, until=now - timedelta(days=30)).exists()
    words = save_view("Denied", Filters(text="access Denied", type=("access.*",)), actor=ana, now=now).current
    assert population(words, since=now - timedelta(days=1)).count() == 3
