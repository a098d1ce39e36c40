"""Keeping dashboards: by those who may, each change a new version, nothing ever removed."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import LedgerEvent
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import User
from reports.dashboards import services
from reports.dashboards.selection import Selection
from reports.models import Dashboard
from tests.factories.portal import person
from tests.factories.reports import small_quarter, stored

from .histories import prepare

pytestmark = pytest.mark.django_db
FIGURES = ["unresolved", "incidents_opened"]


@pytest.fixture
def ana(now: datetime) -> User:
    stored(*small_quarter())
    prepare(now)
    return person("Ana Ruiz", roles=("compliance",))


@pytest.fixture
def kept(ana: User, now: datetime) -> Dashboard:
    return services.keep_dashboard("Open ones", Selection(), FIGURES, actor=ana, now=now, purpose="Monday's call")


def told() -> list[str]:
    return list(LedgerEvent.objects.filter(type__startswith="dashboard.").order_by("id").values_list("type", flat=True))


def test_a_dashboard_is_kept_with_what_it_shows(kept: Dashboard, ana: User, now: datetime) -> None:
    (version,) = kept.versions.all()
    assert services.selection_of(version) == (Selection(), ["incidents_opened", "unresolved"])
    assert (kept.owner, kept.is_shared, version.number) == (ana, False, 1)
    assert told() == ["dashboard.created"]


def test_a_change_is_a_new_version_and_the_same_again_is_none(kept: Dashboard, ana: User, now: datetime) -> None:
    severe = Selection("severity", "SEV1")
    assert services.change_dashboard(kept, severe, FIGURES, actor=ana, now=now).number == 2
    assert services.change_dashboard(kept, severe, FIGURES, actor=ana, now=now).number == 2
    assert [services.selection_of(each)[0] for each in kept.versions.all()] == [severe, Selection()]
    assert told() == ["dashboard.created", "dashboard.changed"]


def test_others_see_it_once_it_is_shared_and_only_its_owner_changes_it(kept: Dashboard, ana: User, now: datetime) -> None:
    tom = person("Tom Berg", roles=("manager",))
    assert list(services.DASHBOARDS.seen_by(tom)) == []
    services.DASHBOARDS.share(kept, actor=ana, now=now)
    assert list(services.DASHBOARDS.seen_by(tom)) == [kept]
    for forbidden in (services.DASHBOARDS.share, services.DASHBOARDS.retire):
        with pytest.raises(NotAllowed):
            forbidden(kept, actor=tom, now=now)
    with pytest.raises(NotAllowed):
        services.change_dashboard(kept, Selection(), FIGURES, actor=tom, now=now)
    assert list(services.DASHBOARDS.seen_by(person("Rob", roles=("responder",)))) == []


def test_a_retired_one_is_in_no_list_and_its_name_is_free(kept: Dashboard, ana: User, now: datetime) -> None:
    services.DASHBOARDS.retire(kept, actor=ana, now=now)
    assert list(services.DASHBOARDS.seen_by(ana)) == []
    with pytest.raises(WrongState):
        services.DASHBOARDS.share(kept, actor=ana, now=now)
    services.keep_dashboard("Open ones", Selection(), FIGURES, actor=ana, now=now)


def test_what_somebody_left_behind_is_taken_over_with_its_versions(kept: Dashboard, ana: User, now: datetime) -> None:
    tom = person("Tom Berg", roles=("manager",))
    with pytest.raises(WrongState):
        services.DASHBOARDS.take_over(kept, actor=tom, now=now, reason="I need it")
    User.objects.filter(pk=ana.pk).update(is_active=False)
    with pytest.raises(InvalidInput):
        services.DASHBOARDS.take_over(kept, actor=tom, now=now, reason=" ")
    services.DASHBOARDS.take_over(kept, actor=tom, now=now, reason="Ana left")
    assert services.change_dashboard(Dashboard.objects.get(), Selection(), ["escalations"], actor=tom, now=now).number == 2


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\u202eb", "Open ones"])
def test_a_name_that_is_none_or_is_taken_is_refused_in_words(name: str, kept: Dashboard, ana: User, now: datetime) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.keep_dashboard(name, Selection(), FIGURES, actor=ana, now=now)
    assert list(refused.value.fields) == ["name"]


def test_names_are_kept_as_they_are_written(ana: User, now: datetime) -> None:
    for name in ("=cmd|'/c calc'!A1", "عربي 🔥", "<b>bold</b>"):
        assert str(services.keep_dashboard(name, Selection(), FIGURES, actor=ana, now=now)) == name


@pytest.mark.parametrize("figures", [[], ["no_such_figure"], ["incidents_opened", "' OR 1=1"]])
def test_figures_that_there_are_not_are_refused(figures: list[str], ana: User, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        services.keep_dashboard("Mine", Selection(), figures, actor=ana, now=now)


@pytest.mark.parametrize("selection", [Selection("service", "999999999"), Selection("service", "x"), Selection.parse("nonsense:1")])
def test_a_part_that_there_is_not_is_refused(selection: Selection, ana: User, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        services.keep_dashboard("Mine", selection, FIGURES, actor=ana, now=now)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reports_dashboardversion SET content = '{}'",
        "DELETE FROM reports_dashboardversion",
        "DELETE FROM reports_dashboard",
    ],
)
def test_the_database_refuses_what_the_services_never_do(statement: str, kept: Dashboard) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
