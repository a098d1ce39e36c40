"""Asking for a replay and carrying it out: who may, what is kept, and that twice is once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.models import LedgerEvent
from incidents.lifecycle.services import open_incident
from incidents.models import Incident
from policies.governance.services import submit_version
from policies.models import Level, PolicyVersion, ReplayRun
from policies.simulation.queries import is_out_of_date, last_full_quarter, latest_run, suggested
from policies.simulation.services import GONE_AFTER, carry_out, request_replay
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import policies as make
from tests.factories.incidents import reading
from tests.factories.incidents import service as service_of
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db


def period(now: datetime) -> tuple[datetime, datetime]:
    return now - timedelta(days=30), now


@shared
def draft(now: datetime) -> PolicyVersion:
    """A draft that shortens the window of the version in force from 15 to 5 minutes."""
    version = make.draft(make.in_force(now=now - timedelta(days=40)).policy, now=now)
    Level.objects.filter(version=version).update(window=timedelta(minutes=5))
    return version


def past(draft: PolicyVersion, opened: datetime, *, answered: int = 10, **fields: Any) -> Incident:
    number = Incident.objects.count() + 1
    defaults = {"number": f"PAST-{number}", "title": "Slow", "service": draft.policy.service, "opened_at": opened, "state": "closed"}
    times = {"acknowledged_at": opened + timedelta(minutes=answered), "resolved_at": opened + timedelta(hours=1)}
    return Incident.objects.create(**{**defaults, **times, **fields})


def replayed(draft: PolicyVersion, now: datetime, **choice: Any) -> ReplayRun:
    run = request_replay(draft, actor=draft.author, now=now, period=period(now), **choice)
    carry_out(run.pk, now=now)
    run.refresh_from_db()
    return run


def test_a_replay_keeps_its_result_as_evidence(draft: PolicyVersion, now: datetime) -> None:
    past(draft, now - timedelta(days=3))
    past(draft, now - timedelta(days=2), answered=2)
    past(draft, now - timedelta(days=35))
    run = replayed(draft, now)
    assert (run.state, run.progress, run.failure) == ("done", 100, "")
    assert run.result is not None
    assert (run.result["incidents"], run.result["newly_windows_missed"]) == (2, 1)
    assert run.result_sha256 == content_hash(run.result)
    assert run.against is not None
    assert run.against.number == 1
    types = LedgerEvent.objects.order_by("-pk").values_list("payload", flat=True)[:2]
    assert "replay_run.finished" in types[0]
    assert run.result_sha256 in types[0]
    assert "replay_run.requested" in types[1]


def test_readings_and_declared_incidents_reach_the_replay(draft: PolicyVersion, now: datetime) -> None:
    opened = now - timedelta(days=2)
    open_incident(
        title="Payments fail", service=draft.policy.service, impact=1, urgency=1, actor=None, now=opened, readings=[reading("7", opened)]
    )
    draft.thresholds.all().delete()
    run = replayed(draft, now)
    assert run.result is not None
    assert run.result["severities"] == [{"from": "SEV2", "to": "none", "incidents": 1}]


def test_other_services_count_only_when_asked_for(draft: PolicyVersion, now: datetime) -> None:
    past(draft, now - timedelta(days=2), service=service_of())
    assert replayed(draft, now).result["incidents"] == 0  # type: ignore[index]
    assert replayed(draft, now, population="all").result["incidents"] == 1  # type: ignore[index]


def test_a_second_call_finds_nothing_to_do(draft: PolicyVersion, now: datetime) -> None:
    run = replayed(draft, now)
    finished = run.result_sha256
    assert carry_out(run.pk, now=now + timedelta(hours=1)) is None
    assert carry_out(10_000, now=now) is None
    run.refresh_from_db()
    assert run.result_sha256 == finished


def test_a_run_at_work_is_left_alone_until_its_worker_is_gone(draft: PolicyVersion, now: datetime) -> None:
    run = request_replay(draft, actor=draft.author, now=now, period=period(now))
    ReplayRun.objects.filter(pk=run.pk).update(state="running", looked_at=now)
    assert carry_out(run.pk, now=now + timedelta(minutes=1)) is None
    taken = carry_out(run.pk, now=now + GONE_AFTER + timedelta(seconds=1))
    assert taken is not None
    assert taken.state == "done"


def test_a_failure_is_told_in_words(draft: PolicyVersion, now: datetime) -> None:
    run = request_replay(draft, actor=draft.author, now=now, period=period(now))
    ReplayRun.objects.filter(pk=run.pk).update(against=draft)
    carry_out(run.pk, now=now)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "was not submitted yet" in run.failure
    assert replayed(draft, now).state == "done"


def test_one_replay_at_a_time(draft: PolicyVersion, now: datetime) -> None:
    request_replay(draft, actor=draft.author, now=now, period=period(now))
    with pytest.raises(WrongState, match="under way"):
        request_replay(draft, actor=draft.author, now=now, period=period(now))
    assert request_replay(draft, actor=draft.author, now=now + GONE_AFTER, period=period(now))


def test_only_either_side_of_the_change_may_ask(draft: PolicyVersion, now: datetime) -> None:
    for role in ("auditor", "responder", "administrator"):
        with pytest.raises(NotAllowed):
            request_replay(draft, actor=person(roles=(role,)), now=now, period=period(now))
    submit_version(draft, actor=draft.author, now=now, accepted="Known")
    assert request_replay(draft, actor=person(roles=("approver",)), now=now, period=period(now))


def test_a_settled_version_is_not_replayed(draft: PolicyVersion, now: datetime) -> None:
    make.approve(draft, now=now)
    with pytest.raises(WrongState, match="only a draft"):
        request_replay(draft, actor=draft.author, now=now, period=period(now))


def test_a_period_needs_a_length_in_the_past(draft: PolicyVersion, now: datetime) -> None:
    for start, end in ((now, now), (now, now - timedelta(1)), (now + timedelta(1), now + timedelta(2)), (now - timedelta(2000), now)):
        with pytest.raises(InvalidInput):
            request_replay(draft, actor=draft.author, now=now, period=(start, end))
    with pytest.raises(InvalidInput):
        request_replay(draft, actor=draft.author, now=now, period=period(now), population="some")


def test_an_edited_draft_puts_its_replay_out_of_date(draft: PolicyVersion, now: datetime) -> None:
    run = replayed(draft, now)
    assert latest_run(draft) == run
    assert not is_out_of_date(run)
    Level.objects.filter(version=draft).update(window=timedelta(minutes=6))
    assert is_out_of_date(run)


def test_a_draft_edited_before_the_worker_came_is_replayed_as_it_is_then(draft: PolicyVersion, now: datetime) -> None:
    run = request_replay(draft, actor=draft.author, now=now, period=period(now))
    Level.objects.filter(version=draft).update(window=timedelta(minutes=6))
    carry_out(run.pk, now=now)
    run.refresh_from_db()
    assert not is_out_of_date(run)


def test_a_finished_replay_stays_whoever_asks(draft: PolicyVersion, now: datetime) -> None:
    run = replayed(draft, now)
    for attempt in _attempts(run):
        with pytest.raises(IntegrityError, match="evidence"), transaction.atomic():
            attempt()


def _attempts(run: ReplayRun) -> Iterator[Any]:
    runs = ReplayRun.objects.filter(pk=run.pk)
    yield lambda: runs.update(result={"incidents": 0})
    yield lambda: runs._raw_delete(runs.db)
    yield lambda: run.save()


def test_the_suggestion_is_the_last_full_quarter_with_incidents(draft: PolicyVersion, now: datetime) -> None:
    quarter = datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert last_full_quarter(now) == quarter
    assert last_full_quarter(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == (
        datetime(2026, 7, 1, tzinfo=UTC),
        datetime(2026, 10, 1, tzinfo=UTC),
    )
    assert suggested(draft, now) == ("all", quarter)
    past(draft, datetime(2016, 2, 3, tzinfo=UTC), service=service_of())
    assert suggested(draft, now) == ("all", (datetime(2016, 1, 1, tzinfo=UTC), datetime(2016, 4, 1, tzinfo=UTC)))
    past(draft, datetime(2015, 11, 3, tzinfo=UTC))
    assert suggested(draft, now) == ("own", (datetime(2015, 10, 1, tzinfo=UTC), datetime(2016, 1, 1, tzinfo=UTC)))
    past(draft, datetime(2025, 12, 31, tzinfo=UTC))
    assert suggested(draft, now) == ("own", quarter)
