"""The same frozen figures give the same bytes: on either database, elsewhere, later."""

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.utils import timezone

from audit.events.services import Act, act, record
from policies.models import BusinessUnit, Service
from reports.exports.formats import FORMATS
from reports.models import FrozenFigures
from reports.packs import reading, services
from reports.packs.finishing import content_of, finish
from reports.packs.freezing import freeze
from reports.packs.frozen_form import lines_of
from reports.packs.kept import pack, report_of
from reports.packs.quarters import Quarter
from tests.factories.reports import fact, small_quarter, stored
from tests.reports.elsewhere import PLACES, made_elsewhere
from tests.reports.golden import ANEW, recorded

pytestmark = pytest.mark.django_db
Q1 = Quarter(2016, 1)
# Of one moment, so that only their numbers order them; databases with a language of their own sort them in other ways.
TIED = ("inc-2", "INC9", "Inc-10", "ÄNC", "inc_1", "INC 3", "عربي")


@pytest.fixture
def frozen(now: datetime, monkeypatch: pytest.MonkeyPatch) -> FrozenFigures:
    """Figures whose digest hangs on no chapter that is added later."""
    monkeypatch.setattr(reading, "ANALYSES", ())
    stored(*small_quarter(), *(fact(number=number, service=number) for number in TIED))
    return freeze(Q1, None, actor=None, now=now)


def test_both_databases_give_the_recorded_digests(frozen: FrozenFigures, now: datetime) -> None:
    finished = finish(frozen, actor=None, now=now)
    found = {"figures": frozen.sha256, "report": finished.sha256, **{file.name: file.sha256 for file in finished.files.all()}}
    assert found == recorded("digests", found), ANEW


@pytest.mark.parametrize("there", PLACES)
def test_elsewhere_the_same_figures_give_the_same_files(
    frozen: FrozenFigures, now: datetime, there: dict[str, str], tmp_path: Path
) -> None:
    finished = finish(frozen, actor=None, now=now)
    made = made_elsewhere(b"".join(lines_of(report_of(frozen))), there, tmp_path)
    assert made == {file.name: sha256(content_of(file)).hexdigest() for file in finished.files.all()}


def test_ten_thousand_events_later_the_bytes_are_the_same(frozen: FrozenFigures, now: datetime, tmp_path: Path) -> None:
    before = pack(report_of(frozen))
    finished = finish(frozen, actor=None, now=now)
    later = now + timedelta(days=400)
    for _ in range(20):
        with act("thing.done", actor=None, now=later):
            record([Act("thing.done", None, None, later) for _ in range(500)], now=later)
    stored(fact(number="LATER"))
    BusinessUnit.objects.create(name="Later")
    Service.objects.filter(name="Payments").update(name="Renamed")
    kept = FrozenFigures.objects.get()
    assert pack(report_of(kept)) == before
    again = services.written(tuple(FORMATS), report_of(kept), tmp_path, lambda step: None)
    assert {path.name: path.read_bytes() for path in again} == {file.name: content_of(file) for file in finished.files.all()}


def test_the_quarter_read_again_gives_the_same_figures_whatever_the_time_of_day_is_called(now: datetime) -> None:
    stored(*small_quarter())
    first = pack(services.read_document(Q1, None, now))
    with timezone.override("Asia/Kathmandu"):
        assert pack(services.read_document(Q1, None, now + timedelta(days=900))) == first
