"""Filing in bulk: the same sets whether events come one by one, in portions or all at once."""

from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from audit.ledger.services import append_all
from audit.models import LedgerEvent, TrailIndex, TrailPosting
from audit.reading import filing
from audit.reading.filing import AT_ONCE, Filing, file_new
from audit.reading.terms import word_term
from audit.reading.tokens import MOST, words_of
from audit.sealing.sequencing import take_in
from tests.audit.reading.test_searching import happened

LONG = " ".join(f"word{number}" for number in range(2 * MOST))


def postings() -> list[Any]:
    return list(TrailPosting.objects.order_by("term", "block").values_list("term", "block", "count", "events"))


@pytest.mark.django_db
def test_portions_and_bulk_file_the_same(now: Any) -> None:
    happened(40, now=now)
    take_in()
    while file_new(7):
        pass
    by_portions, far = postings(), TrailIndex.objects.get()
    told = StringIO()
    call_command("file_trail", anew=True, stdout=told)
    assert postings() == by_portions
    assert "events filed" in told.getvalue()
    again = TrailIndex.objects.get()
    assert (again.leaf, again.oldest_at, again.newest_at) == (far.leaf, far.oldest_at, far.newest_at)


@pytest.mark.django_db
def test_an_index_of_before_an_upgrade_is_filed_again(now: Any) -> None:
    happened(9, now=now)
    take_in()
    file_new()
    before = postings()
    upgrade = import_module("audit.migrations.0021_words_behind_blanks_apart")
    upgrade.begin_anew(apps, connection.schema_editor())
    assert (postings(), TrailIndex.objects.get().leaf) == ([], 0)
    file_new()
    assert postings() == before


@pytest.mark.django_db
def test_of_a_very_long_event_the_first_words_are_filed_and_no_others(now: Any) -> None:
    with transaction.atomic():
        append_all([{"type": "incident.noted", "why": LONG, "details": {"note": "Far at the end: Zebra."}}], now=now)
    take_in()
    file_new()
    words = words_of({"type": "incident.noted", "why": LONG})
    assert len(words) == MOST
    filed = set(TrailPosting.objects.values_list("term", flat=True))
    assert {word_term(word) for word in words} <= filed
    assert word_term("zebra") not in filed
    assert LedgerEvent.objects.filter(payload__contains="Zebra").exists()


@pytest.mark.django_db
@pytest.mark.the_same_on_any_database
def test_a_turn_files_a_burst_but_ends_in_time_for_the_next_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    portions, left = list[int](), [AT_ONCE, AT_ONCE, 3, AT_ONCE, AT_ONCE]

    def file(most: int) -> int:
        portions.append(most)
        return left.pop(0)

    monkeypatch.setattr(filing, "file_new", file)
    # However slow the machine is, here it has time.
    monkeypatch.setattr(filing, "TURN_SECONDS", 600.0)
    monkeypatch.setattr(filing, "EVERY_SECONDS", 600.0)
    sealer = Filing()
    sealer.turn()
    assert portions == [AT_ONCE] * 3
    sealer.turn()
    # What is filed together is filed cheaply: nothing for some seconds.
    assert len(portions) == 3
    monkeypatch.setattr(filing, "TURN_SECONDS", 0.0)
    sealer.next_filing = 0.0
    sealer.turn()
    assert len(portions) == 4
    sealer.turn()
    assert len(portions) == 5


@pytest.mark.django_db
@pytest.mark.the_same_on_any_database
def test_an_old_ledger_is_filed_in_large_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    portions = list[int]()

    def file(most: int) -> int:
        portions.append(most)
        return 0

    monkeypatch.setattr(filing, "waiting", lambda: filing.FAR_BEHIND + 1)
    monkeypatch.setattr(filing, "file_new", file)
    Filing().turn()
    assert portions == [filing.WHEN_BEHIND]
