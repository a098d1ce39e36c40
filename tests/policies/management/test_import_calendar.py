"""`manage.py import_calendar`: a dry run says everything and changes nothing; bringing in says the same."""

from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from policies.models import CalendarSource, ImportedDuty
from portal.foundation import clock
from tests.factories import policies as make
from tests.factories.portal import person
from tests.policies.oncall.calendars.files import HANDWRITTEN

pytestmark = pytest.mark.django_db
FILE = str(HANDWRITTEN / "grafana_oncall.ics")


@pytest.fixture(autouse=True)
def payments(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    person("Ana Ruiz", username="ana")
    make.schedule(person("Tom Brandt", username="tom"), name="Payments")


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("import_calendar", *arguments, stdout=out)
    return out.getvalue()


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    told = said(FILE, "--schedule", "Payments", "--dry-run")
    assert "3 events read, 2 duties in the coming 180 days." in told
    assert "  Ana Ruiz: 1 duty" in told
    assert "Not used: 'somebody.who.left' (1 event): nobody has this name" in told
    assert "2 to make, 0 to end, 0 stay." in told
    assert "  2026-03-03 00:00 to 2026-03-04 00:00: Tom Brandt -> Ana Ruiz" in told
    assert told.endswith("Dry run: nothing was changed.\n")
    assert not CalendarSource.objects.exists()


def test_bringing_in_twice_changes_nothing_the_second_time() -> None:
    said(FILE, "--schedule", "Payments")
    assert ImportedDuty.objects.count() == 2
    assert "0 to make, 0 to end, 2 stay." in said(FILE, "--schedule", "Payments")
    assert ImportedDuty.objects.count() == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((FILE, "--schedule", "Nothing"), "no on-call schedule 'Nothing'"),
        (("/nowhere/x.ics", "--schedule", "Payments"), "cannot be read"),
        ((__file__, "--schedule", "Payments"), "not an iCalendar file"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        said(*arguments)


def test_a_calendar_of_another_schedule_is_not_taken_over() -> None:
    said(FILE, "--schedule", "Payments")
    make.schedule(person("Eva"), name="Ledger")
    with pytest.raises(CommandError, match="belongs to something else"):
        said(FILE, "--schedule", "Ledger")
