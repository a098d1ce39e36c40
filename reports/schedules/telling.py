"""Who hears of scheduled packs: that one is there, that one was not made, that a schedule was paused. A message has a link and no figures."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from audit.duties.telling import holders_of
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.services import draft, queue_all
from portal.foundation.people.models import User
from reports.packs.quarters import Progress, Quarter
from reports.packs.readers import of_any_unit, readers_among
from reports.packs.runs import BUILD, KEPT

from .models import ROLE_TITLES, PackSchedule, ScheduledPack

THERE, FAILED, PAUSED = "pack_schedule.pack_there", "pack_schedule.pack_failed", "pack_schedule.paused"
# The file is kept no longer, and the outbox may have forgotten who was told.
NEWS_FOR = KEPT


def tell(*, now: datetime) -> int:
    """Queues what is due and was not queued before: of packs that are there, to their readers; of one that failed, to the owner; how many."""
    there = ScheduledPack.objects.filter(done_at__gt=now - NEWS_FOR)
    failed = ScheduledPack.objects.filter(done_at=None, opened_at__gt=now - NEWS_FOR).exclude(failure="")
    told = {
        kind: set(OutboxMessage.objects.filter(kind=kind, created_at__gt=now - 2 * NEWS_FOR).values_list("subject_ref", flat=True))
        for kind in (THERE, FAILED)
    }
    messages = [
        *(letter for pack in _of(there) if _ref(pack) not in told[THERE] for letter in _there(pack)),
        *(_failed(pack) for pack in _of(failed) if _ref(pack) not in told[FAILED] and pack.schedule.owner.is_active),
    ]
    queue_all(messages, now=now)
    return len(messages)


def readers_of(schedule: PackSchedule) -> list[User]:
    """Active people of the roles that it names, or with a right for its unit where it names them, and its owner: those who may see the packs."""
    who = Q(groups__name__in=[ROLE_TITLES[key] for key in schedule.roles if key in ROLE_TITLES]) | Q(pk=schedule.owner_id)
    return readers_among(who | of_any_unit() if schedule.tell_unit and schedule.unit_id else who, schedule.unit)


def tell_paused(schedule: PackSchedule, *, now: datetime) -> int:
    """Whoever may take it over or retire it hears that the portal paused it; how many."""
    people = {person.pk: person for person in (*holders_of(BUILD), schedule.owner) if person.is_active}
    body = f"{schedule.paused_because} No more packs are made by it until then."
    queue_all(
        [
            _letter(PAUSED, person, schedule, f"Paused: the schedule of packs '{schedule}'", body, f"{schedule.pk}:{now.isoformat()}")
            for person in people.values()
        ],
        now=now,
    )
    return len(people)


def _of(packs: QuerySet[ScheduledPack]) -> QuerySet[ScheduledPack]:
    return packs.select_related("schedule__owner", "schedule__unit", "run").order_by("pk")


def _there(pack: ScheduledPack) -> Iterable[OutboxMessage]:
    schedule, until = pack.schedule, (pack.done_at or pack.due_at) + KEPT
    provisional = (
        "Provisional: " if pack.run.cut_off and Quarter.parse(pack.quarter).progress(pack.run.cut_off) is not Progress.OVER else ""
    )
    title = f"{provisional}{'T' if not provisional else 't'}he pack is there: {pack.quarter}, {schedule.where}"
    body = f"Its schedule is '{schedule}'. Sign in to download it until {until.day} {until:%B %Y}; each download is recorded." + (
        " The quarter still runs, so its figures will change." if provisional else ""
    )
    for person in readers_of(schedule):
        yield _letter(THERE, person, pack, title, body, f"{pack.pk}", link=f"/admin/reports/quarterlypack/runs/{pack.run_id}/")


def _failed(pack: ScheduledPack) -> OutboxMessage:
    body = f"{pack.failure} It is tried again by itself; the schedule's page says when."
    return _letter(FAILED, pack.schedule.owner, pack, f"The pack was not made: {pack.quarter}, {pack.schedule.where}", body, f"{pack.pk}")


def _ref(pack: ScheduledPack) -> str:
    return f"{pack._meta.label_lower}:{pack.pk}"


def _letter(kind: str, person: User, thing: Any, title: str, body: str, key: str, *, link: str = "") -> OutboxMessage:
    schedule = thing if isinstance(thing, PackSchedule) else thing.schedule
    return draft(
        kind=kind,
        person=person,
        subject_ref=f"{thing._meta.label_lower}:{thing.pk}",
        title=title,
        body=body,
        link=f"{settings.PORTAL_URL}{link or f'/admin/reports/packschedule/{schedule.pk}/change/'}",
        idempotency_key=f"{kind}:{key}:{person.pk}",
    )
