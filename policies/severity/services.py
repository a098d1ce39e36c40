"""Taking away a measure of the organisation's own that no condition reads."""

from datetime import datetime
from typing import Any

from policies.catalogue.services import in_use, remove
from portal.foundation.errors import WrongState

from .models import Criterion, OwnMeasure


def remove_measure(measure: OwnMeasure, *, actor: Any, now: datetime, reason: str) -> None:
    """Deletes `measure`. Raises WrongState while a condition of any version reads it: conditions name it by its key."""
    readers = Criterion.objects.filter(measure=measure.key).select_related("threshold__version__policy")
    places = [f"threshold '{criterion.threshold}' of {criterion.threshold.version}" for criterion in readers]
    if places:
        raise WrongState(in_use(measure, places))
    remove(measure, actor=actor, now=now, reason=reason)
