"""Where the figures come from: a fixed number of queries, each of few rows or of an index of what is live."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min, Q
from django_q.models import OrmQ

from audit.reviews.queries import overdue
from audit.sealing.services import state
from incidents.escalation.engine import live_runs
from incidents.escalation.queries import OVERDUE_AFTER
from incidents.models import EngineHeartbeat, HandOff
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.signs.models import LaneTally, SignOfLife
from portal.foundation.watch.models import Outage

from .exposition import Family, Sample, one

WAITING = ("pending", "sending", "awaiting")
# Messages that nobody has looked at yet have no lane.
NO_LANE = "unassigned"


def families(now: datetime) -> list[Family]:
    """All figures, always under the same names. Fourteen queries."""
    return [*_runs(now), *_engine(), *_outbox(now), *_lanes(), *_watch(), *_work(), *_ledger(now), *_log_reviews(now)]


def _runs(now: datetime) -> Iterator[Family]:
    """One walk through the index of live runs."""
    counts = live_runs().aggregate(
        live=Count("*"),
        timed=Count("next_run_at"),
        due=Count("next_run_at", filter=Q(next_run_at__lte=now)),
        late=Count("next_run_at", filter=Q(next_run_at__lt=now - OVERDUE_AFTER)),
        first=Min("next_run_at"),
    )
    # No due time at all counts as one of long ago.
    without = counts["live"] - counts["timed"]
    yield one("portal_runs_live", "Escalations under way.", counts["live"])
    yield one("portal_runs_due", "Live escalations whose time has come.", counts["due"] + without)
    yield one("portal_runs_late", "Live escalations more than a minute overdue, or without a due time.", counts["late"] + without)
    overdue = max((now - counts["first"]).total_seconds(), 0.0) if counts["first"] else 0.0
    yield one("portal_runs_overdue_seconds", "How long the escalation due first has been due.", overdue)


def _engine() -> Iterator[Family]:
    beat = EngineHeartbeat.objects.filter(pk=1).first() or EngineHeartbeat()
    for name, help, value in (
        ("passes", "Passes of the engine.", beat.cycles),
        ("started", "Escalations that the engine claimed and started.", beat.started),
        ("advanced", "Escalations that the engine claimed and looked at when due.", beat.advanced),
        ("failed", "Looks that failed and were tried again.", beat.failed),
        ("late", "Steps half a minute late or more.", beat.late),
    ):
        yield one(f"portal_engine_{name}_total", help, value, "counter")
    lag = beat.lag.total_seconds() if beat.lag is not None else None
    yield one("portal_engine_lag_seconds", "How late the latest due escalation of the last busy pass was done.", lag)
    yield one("portal_engine_last_pass_timestamp_seconds", "When the engine last finished a pass.", _stamp(beat.last_finished_at))
    yield one("portal_watchdog_last_sweep_timestamp_seconds", "When the watchdog last looked through everything.", _stamp(beat.swept_at))


def _outbox(now: datetime) -> Iterator[Family]:
    """One walk through the index of what waits."""
    waiting: dict[tuple[str, str], int] = defaultdict(int)
    rows = OutboxMessage.objects.filter(state__in=WAITING).order_by().values("state", "lane")
    oldest: datetime | None = None
    for row in rows.annotate(messages=Count("*"), since=Min("created_at", filter=~Q(state="awaiting"))):
        waiting[_channel(row["lane"]), row["state"]] += row["messages"]
        oldest = min(filter(None, (oldest, row["since"])), default=None)
    samples = tuple(Sample(number, {"channel": channel, "state": state}) for (channel, state), number in sorted(waiting.items()))
    yield Family("portal_outbox_messages", "Messages to be sent, being sent, or waiting for a receipt, by channel.", "gauge", samples)
    age = max((now - oldest).total_seconds(), 0.0) if oldest else 0.0
    yield one("portal_outbox_oldest_waiting_seconds", "Age of the oldest message that has not left yet.", age)


def _lanes() -> Iterator[Family]:
    sent: dict[str, int] = defaultdict(int)
    failed: dict[str, int] = defaultdict(int)
    failing: dict[str, int] = defaultdict(int)
    for lane in LaneTally.objects.all():
        sent[lane.channel] += lane.sent
        failed[lane.channel] += lane.failed
        failing[lane.channel] = max(failing[lane.channel], lane.failures_in_a_row)
    yield _by_channel("portal_outbox_sent_total", "Tries that a channel took.", "counter", sent)
    yield _by_channel("portal_outbox_failed_total", "Tries that a channel did not take.", "counter", failed)
    yield _by_channel("portal_outbox_failures_in_a_row", "Most failures in a row over one lane of the channel.", "gauge", failing)


def _watch() -> Iterator[Family]:
    beats = {sign.name: sign for sign in SignOfLife.objects.all()}
    for name in ("sender", "worker", "sealer"):
        at = _stamp(beats[name].last_at) if name in beats else None
        yield one(f"portal_{name}_last_pass_timestamp_seconds", f"When the {name} last gave a sign of life.", at)
    standing = Outage.objects.filter(ended_at=None, told_at__isnull=False).values_list("key", flat=True)
    samples = tuple(Sample(1, {"what": key}) for key in sorted(standing))
    yield Family("portal_outage", "1 for each outage that administrators were told of and that lasts.", "gauge", samples)


def _work() -> Iterator[Family]:
    yield one("portal_jobs_queued", "Tasks in the job queue.", OrmQ.objects.count())
    unsigned = HandOff.objects.filter(state=HandOff.State.OPEN).count()
    yield one("portal_handoffs_unsigned", "Hand-offs that wait for a signature.", unsigned)


def _ledger(now: datetime) -> Iterator[Family]:
    sealing = state()
    yield one("portal_ledger_waiting", "Events of the audit trail that no checkpoint holds yet, counted up to 100,000.", sealing.waiting)
    yield one("portal_ledger_oldest_waiting_seconds", "Age of the oldest of them.", sealing.behind(now).total_seconds())
    yield one("portal_ledger_sealed_entries", "Entries that the last checkpoint holds.", sealing.size)
    yield one("portal_ledger_sealed_timestamp_seconds", "When the last checkpoint was signed.", _stamp(sealing.at))
    yield one("portal_ledger_alarms", "What the sealer finds wrong and cannot put right.", len(sealing.alarms))


def _log_reviews(now: datetime) -> Iterator[Family]:
    found = overdue(now).order_by().aggregate(count=Count("*"), first=Min("due_at"))
    yield one("portal_log_reviews_overdue", "Reviews of the audit trail that should be signed by now.", found["count"])
    age = (now - found["first"]).total_seconds() if found["first"] else 0.0
    yield one("portal_log_reviews_overdue_seconds", "For how long the one that was due first is overdue.", age)


def _by_channel(name: str, help: str, kind: str, numbers: dict[str, int]) -> Family:
    return Family(name, help, kind, tuple(Sample(number, {"channel": channel}) for channel, number in sorted(numbers.items())))


def _channel(lane: str) -> str:
    return lane.split(" ", 1)[0] or NO_LANE


def _stamp(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
