"""Leaving a sign of life and reading the last one."""

from datetime import datetime

from django.db.models import F

from .models import SignOfLife

SENDER = "sender"
WORKER = "worker"
SEALER = "sealer"


def beat(name: str, *, now: datetime) -> None:
    """Says that `name` has just finished a round. One statement. The clock may have been set back: the last word counts, not the latest."""
    if not SignOfLife.objects.filter(pk=name).update(last_at=now, beats=F("beats") + 1):
        SignOfLife.objects.bulk_create([SignOfLife(name=name, last_at=now, beats=1)], ignore_conflicts=True)


def last_beat(name: str) -> datetime | None:
    """When `name` last left a sign; None when it never did."""
    return SignOfLife.objects.filter(pk=name).values_list("last_at", flat=True).first()
