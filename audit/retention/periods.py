"""How long each class of events is kept."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput
from portal.foundation.words import visible

from .classes import CLASSES, DEFAULT_MONTHS, FEWEST_MONTHS, MOST_MONTHS
from .models import RetentionPeriod
from .rights import require_person


def periods() -> dict[str, int]:
    """The months that each class is kept, by its key. One query."""
    said = dict(RetentionPeriod.objects.values_list("key", "months"))
    return {one.key: said.get(one.key, DEFAULT_MONTHS) for one in CLASSES}


def set_period(period: RetentionPeriod, *, actor: Any, now: datetime, reason: str, months: int) -> RetentionPeriod:
    """Keeps the class of `period` for `months`. Nothing goes by this alone. Raises NotAllowed and InvalidInput."""
    require_person(actor, "audit.change_retentionperiod", to="change how long events are kept")
    if not FEWEST_MONTHS <= months <= MOST_MONTHS:
        raise InvalidInput(
            f"Events are kept for {FEWEST_MONTHS} to {MOST_MONTHS} months.",
            {"months": [f"Between {FEWEST_MONTHS} and {MOST_MONTHS} months."]},
        )
    if not visible(reason):
        raise InvalidInput("Say why it changes.")
    with act("retention.period_changed", actor=actor, now=now, subject=period, why=reason) as running:
        period = RetentionPeriod.objects.select_for_update().get(pk=period.pk)
        if period.months == months:
            running.nothing_happened()
        running.details = {"class": period.key, "before_months": period.months, "after_months": months}
        period.months = months
        save_tracked(period, actor=actor, now=now, reason=reason)
    return period
