"""Events as a reader sees them."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from audit.reading.showing import shown, shown_all
from policies.oncall.standing_in.absences import record_absence
from portal.foundation import clock
from portal.foundation.errors import NotAllowed
from portal.foundation.granting.appointments import appoint
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
ADDRESS = "ana@example.org"


def test_an_auditor_who_was_called_in_reads_no_addresses() -> None:
    person("Ana", email=ADDRESS)
    event = LedgerEvent.objects.filter(type="record.created", object_model="portal.user").latest("pk")
    assert ADDRESS in repr(shown(event, person("Rae", roles=("compliance",))).changes)
    auditor, now = person("Tom"), clock.now()
    appoint(auditor, actor=None, now=now, until=now + timedelta(days=9), reason="Audit", everything=True)
    seen = shown(event, type(auditor).objects.get(pk=auditor.pk))
    assert ADDRESS not in repr(seen)
    assert "(not shown)" in repr(seen.changes)


def test_nor_why_somebody_was_away() -> None:
    now, ill = clock.now(), person("Ill")
    record_absence(
        ill, starts_at=now, ends_at=now + timedelta(days=1), kind="training", actor=ill, now=now, accept_gaps=True, reason="Surgery"
    )
    event = LedgerEvent.objects.get(type="duty_absence.recorded")
    assert "Surgery" in repr(shown(event, person("Rae", roles=("compliance",))))
    auditor = person("Tom")
    appoint(auditor, actor=None, now=now, until=now + timedelta(days=9), reason="Audit", everything=True)
    seen = shown(event, type(auditor).objects.get(pk=auditor.pk))
    assert (seen.line.why, seen.line.what) == ("(not shown)", "absence Ill, (not shown)")
    assert "urgery" not in repr(seen)
    assert "raining" not in repr(seen)


def test_what_an_event_tells_fits_on_its_line_where_it_has_no_reason(now: Any) -> None:
    told = {"asked": {"text": "payments"}, "sha256": "ab" * 32}
    event = LedgerEvent(
        pk=1, recorded_at=now, type="trail.searched", payload='{"type":"trail.searched","details":' + str(told).replace("'", '"') + "}"
    )
    line = shown(event, person("Rae", roles=("compliance",))).line
    assert (line.did, line.gist) == ("trail: searched", "Asked: text payments")


def test_without_the_right_nobody_is_shown_an_event(now: Any) -> None:
    with pytest.raises(NotAllowed):
        shown_all([], person("Tom", roles=("manager",)))
