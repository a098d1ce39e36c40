"""How long answers are kept for requests that are sent again."""

from datetime import datetime, timedelta

from .models import RememberedRequest

# Senders repeat within minutes; a day covers a weekend's queue in the longest retry schedules we know of.
KEPT_FOR = timedelta(days=1)


def forget_old(*, now: datetime) -> int:
    """Forgets the answers that were kept for long enough; how many."""
    return RememberedRequest.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
