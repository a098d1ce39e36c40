"""The newest pack of each schedule: the one that counts."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from .models import PackSchedule, ScheduledPack


def newest_packs() -> QuerySet[ScheduledPack]:
    """Of each schedule the pack that no later one took the place of."""
    later = ScheduledPack.objects.filter(schedule=OuterRef("schedule"), due_at__gt=OuterRef("due_at"))
    return ScheduledPack.objects.filter(~Exists(later)).select_related("run")


def newest_of(schedules: Iterable[PackSchedule]) -> dict[int, ScheduledPack]:
    """The same of these, by the schedule's key. One query, however many they are."""
    return {pack.schedule_id: pack for pack in newest_packs().filter(schedule__in=[schedule.pk for schedule in schedules])}
