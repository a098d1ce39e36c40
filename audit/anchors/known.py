"""What the anchors know of the ledger's size, for the one who goes on after a restore."""

from django.db.models import Max

from .models import AnchorReceipt


def largest_size() -> int:
    """The largest tree that any anchor has confirmed; 0 when there is none."""
    return AnchorReceipt.objects.exclude(receipt=None).aggregate(most=Max("size"))["most"] or 0
