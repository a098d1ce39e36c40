"""The same frozen figures give the same bytes: on either database, elsewhere, later."""

import json
import os
import subprocess
import sys
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

pytestmark = pytest.mark.django_db
HOME = Path(__file__).resolve().parents[3]
# What both databases' runs are held against. GOLDEN=write writes it anew; look at the pack before you commit it.
GOLDEN = HOME / "tests" / "contracts" / "pack" / "digests.json"
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
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8")), "Look at the pack, then: GOLDEN=write pytest tests/reports/packs"


@pytest.mark.parametrize(
    "there",
    [
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "4242"},
    ],
)
def test_elsewhere_the_same_figures_give_the_same_files(
    frozen: FrozenFigures, now: datetime, there: dict[str, str], tmp_path: Path
) -> None:
    finished = finish(frozen, actor=None, now=now)
    lines, folder = tmp_path / "report.jsonl", tmp_path / "files"
    lines.write_bytes(b"".join(lines_of(report_of(frozen))))
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.reports.elsewhere", str(lines), str(folder)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOME), **there},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {file.name: sha256(content_of(file)).hexdigest() for file in finished.files.all()}


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
