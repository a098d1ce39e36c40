"""Opening access reviews: by themselves when their time has come, or when somebody asks."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from audit.duties.people_only import require_person, said
from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import WrongState
from portal.foundation.people.models import User

from .models import AccessCampaign, AccessItem, AccessRhythm, Kind
from .periods import Held, gone_since, moved, new_since, period_of
from .snapshot import asked_about, everything_held, reviewers_of, where_people_belong
from .telling import tell_reviewers

RUN = "audit.run_accesscampaign"
NEW, LEFT, MOVED = "new", "left", "moved"


def open_due(*, now: datetime) -> list[AccessCampaign]:
    """Opens what is due by its rhythm and not there yet, however long nobody looked; the new ones. A second call finds nothing to do.

    A rhythm that fails stops no other; in the end Unfinished is raised for it.
    """
    opened: list[AccessCampaign] = []
    with each_alone("Opening access reviews") as alone:
        for rhythm in sorted(AccessRhythm.objects.all(), key=lambda one: one.kind != Kind.FULL):
            with alone(rhythm.get_kind_display()):
                opened += _due(rhythm, now)
    return opened


def _due(rhythm: AccessRhythm, now: datetime) -> list[AccessCampaign]:
    if rhythm.kind == Kind.LEAVERS:
        return _leavers(rhythm, now)
    if not rhythm.months:
        return []
    period = period_of(now.date(), rhythm.months)
    # While everything is asked about, what is new of it need not be asked twice.
    under_way = rhythm.kind == Kind.CHANGES and AccessCampaign.objects.filter(kind=Kind.FULL, signed_at=None).exists()
    if under_way or AccessCampaign.objects.filter(kind=rhythm.kind, period=period).exists():
        return []
    return _open(rhythm, period, now, actor=None)


def open_now(kind: str, *, actor: Any, now: datetime, reason: str) -> AccessCampaign:
    """Opens one beside the rhythm. Raises NotAllowed, InvalidInput without words, WrongState when there is nothing to ask."""
    require_person(actor, RUN, to="open an access review")
    words = said(reason)
    rhythm = AccessRhythm.objects.get(kind=Kind(kind))
    opened = _open(rhythm, f"{now:%Y-%m-%d %H:%M}", now, actor=actor, reason=words)
    if not opened:
        raise WrongState("There is nothing to ask: nothing of this kind is held that was not looked at.")
    return opened[0]


def last_signed() -> AccessCampaign | None:
    """What a differential is compared with: the newest that was signed and looked at everybody."""
    return AccessCampaign.objects.exclude(signed_at=None).exclude(kind=Kind.LEAVERS).order_by("-opened_at").first()


def _leavers(rhythm: AccessRhythm, now: datetime) -> list[AccessCampaign]:
    """One a day at most, and only where somebody left or moved whom no review asks about yet."""
    period = f"{now:%Y-%m-%d}"
    if AccessCampaign.objects.filter(kind=Kind.LEAVERS, period=period).exists():
        return []
    return _open(rhythm, period, now, actor=None)


def _open(rhythm: AccessRhythm, period: str, now: datetime, *, actor: Any, reason: str = "") -> list[AccessCampaign]:
    held = everything_held()
    belongs = where_people_belong({key[0] for key in held} | set(User.objects.filter(is_active=True).values_list("pk", flat=True)))
    before = last_signed()
    chosen, gone = _chosen(rhythm.kind, held, belongs, before)
    if not chosen:
        return []
    campaign = AccessCampaign(
        kind=rhythm.kind,
        period=period,
        opened_at=now,
        due_at=now + timedelta(days=rhythm.days_to_answer),
        revoke_unanswered=rhythm.revoke_unanswered,
        snapshot={"held": [list(key) for key in sorted(held)], "belongs": belongs},
        gone=[list(key) for key in gone],
    )
    try:
        with act("access_review.opened", actor=actor, now=now, why=reason) as running:
            with transaction.atomic():
                save_tracked(campaign, actor=actor, now=now, reason=reason)
            items = _items(campaign, chosen, now)
            running.subject = campaign
            running.details = {"kind": rhythm.kind, "items": len(items), "people": len({one.person_id for one in items}), "gone": len(gone)}
            tell_reviewers(campaign, items, now)
    except IntegrityError:
        # Another process was faster.
        return []
    return [campaign]


Chosen = Mapping[Held, tuple[tuple[str, ...], str]]


def _chosen(
    kind: str, held: Mapping[Held, tuple[str, ...]], belongs: Mapping[str, str], before: AccessCampaign | None
) -> tuple[Chosen, list[Held]]:
    """What is asked about, each with its rights and why it is asked; and what is gone since."""
    then = [_key(one) for one in before.snapshot["held"]] if before else []
    if kind == Kind.FULL:
        return {key: (rights, "") for key, rights in held.items()}, gone_since(held, then)
    if kind == Kind.CHANGES:
        # Before anything was signed nothing is new: all of it is to be asked about.
        return {key: (held[key], NEW) for key in new_since(held, then)} if before else {}, gone_since(held, then)
    asked = set(AccessItem.objects.filter(campaign__kind=Kind.LEAVERS).values_list("person", "way", "name", "place", "why_asked"))
    left = set(User.objects.filter(is_active=False, origin=User.Origin.PORTAL).values_list("pk", flat=True))
    found = {key: (rights, LEFT) for key, rights in (everything_held(left) if left else {}).items() if (*key, LEFT) not in asked}
    latest = AccessCampaign.objects.first()
    elsewhere = moved(belongs, latest.snapshot["belongs"]) if latest else set()
    return {**found, **{key: (rights, MOVED) for key, rights in held.items() if key[0] in elsewhere}}, []


def _items(campaign: AccessCampaign, chosen: Chosen, now: datetime) -> list[AccessItem]:
    asked = asked_about({key: rights for key, (rights, _) in chosen.items()}, now)
    reviewers = reviewers_of({key[0] for key in chosen})
    return AccessItem.objects.bulk_create(
        AccessItem(
            campaign=campaign,
            person_id=one.held[0],
            way=one.held[1],
            name=one.held[2],
            place=one.held[3],
            words=one.words,
            since=one.since,
            used_at=one.used_at,
            leaves_trace=one.leaves_trace,
            why_asked=chosen[one.held][1],
            reviewer_id=reviewers[one.held[0]],
        )
        for one in asked
    )


def _key(one: Iterable[Any]) -> Held:
    person, way, name, place = one
    return int(person), str(way), str(name), str(place)
