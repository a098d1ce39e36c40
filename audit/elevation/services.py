"""Taking a role at once, ending that, and reviewing it."""

from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.conf import settings

from audit.duties.holdings import holdings_of
from audit.duties.people_only import require_person, said
from audit.duties.table import as_pure, in_force
from audit.duties.telling import holders_of
from audit.events.services import act, mention
from portal.foundation import words
from portal.foundation.access.checks import may
from portal.foundation.access.elevated import MAY_ELEVATE, Elevated, forget
from portal.foundation.access.roles import ELEVATABLE, NEVER_BY_SUPERUSER, ROLES, Role
from portal.foundation.base_models import save_tracked
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.services import queue
from portal.foundation.people.models import User
from portal.foundation.words import visible

from .guards import LONGEST_MINUTES
from .models import Elevation
from .rights import given_by

REVIEW = "audit.review_elevation"
REVIEW_WITHIN = timedelta(hours=72)
STARTED, OVERDUE = "elevation.started", "elevation.review_overdue"


def roles_to_take() -> list[Role]:
    """Those that can be taken for minutes, in the order of the catalogue."""
    return [role for role in ROLES if role.key in ELEVATABLE]


def running_of(actor: Any, now: datetime) -> Elevated | None:
    """What runs for `actor` at `now`. One query."""
    found = Elevation.objects.filter(person=actor.pk, started_at__lte=now, until__gt=now, ended_at=None).first()
    return Elevated(found.pk, found.role_title, frozenset(found.rights), found.until) if found else None


def start_elevation(role: str, *, minutes: int, actor: Any, now: datetime, reason: str) -> Elevation:
    """`actor` holds `role` from now on for `minutes`. Whoever may review it is told in the same transaction, and a review is due.

    Raises NotAllowed; InvalidInput for an unknown role, a time over an hour or no words; WrongState while another runs, for a superuser, and
    for a role that gives nothing.
    """
    require_person(actor, MAY_ELEVATE, to="take another role for a while")
    reason = said(reason)
    wanted = next((one for one in roles_to_take() if one.key == role), None)
    if wanted is None:
        _refuse("role", f"Choose one of: {', '.join(one.title for one in roles_to_take())}.")
    if not 1 <= minutes <= LONGEST_MINUTES:
        _refuse("minutes", f"Between 1 and {LONGEST_MINUTES} minutes.")
    if actor.is_superuser:
        raise WrongState("A superuser holds every right that can be taken so. What needs a second person stays with another.")
    with act("elevation.started", actor=actor, now=now, why=reason) as running:
        # Two at the same moment: the second waits here and finds the first.
        User.objects.select_for_update().get(pk=actor.pk)
        if running_of(actor, now) is not None:
            raise WrongState("You have taken a role already. End that first.")
        elevation = _taken(wanted, actor, now, minutes, reason)
        save_tracked(elevation, actor=actor, now=now, reason=reason)
        told = _tell(elevation, now)
        running.subject = elevation
        running.details = {"role": wanted.title, "minutes": minutes, "withheld": elevation.withheld, "told": told}
    forget(actor)
    return elevation


def end_elevation(elevation: Elevation, *, actor: Any, now: datetime, reason: str = "") -> Elevation:
    """Ends it before its time: whoever took it, or whoever may review it. Raises NotAllowed and WrongState."""
    if actor is None or elevation.person_id != actor.pk:
        require_person(actor, REVIEW, to="end what somebody else took")
    with act("elevation.ended", actor=actor, now=now, subject=elevation, why=visible(reason)):
        elevation = _locked(elevation)
        if not elevation.runs(now):
            raise WrongState("It has ended already.")
        elevation.ended_at, elevation.ended_by = now, actor
        save_tracked(elevation, actor=actor, now=now, reason=reason)
    forget(actor)
    return elevation


def review_elevation(elevation: Elevation, *, verdict: str, actor: Any, now: datetime, reason: str) -> Elevation:
    """Somebody else says whether it was justified. Raises NotAllowed, also for one's own, InvalidInput, WrongState while it runs or twice."""
    require_person(actor, REVIEW, to="review a role that was taken")
    if actor.pk == elevation.person_id:
        raise NotAllowed("Somebody else has to review what you did in a role you took.")
    reason = said(reason)
    if verdict not in Elevation.Verdict.values:
        _refuse("verdict", "Say whether it was justified.")
    with act("elevation.reviewed", actor=actor, now=now, subject=elevation, why=reason) as running:
        elevation = _locked(elevation)
        if elevation.runs(now):
            raise WrongState("It still runs. End it first, then review it.")
        if elevation.reviewed_at is not None:
            raise WrongState("It was reviewed already.")
        elevation.reviewed_at, elevation.reviewed_by, elevation.verdict, elevation.review_note = now, actor, verdict, reason
        save_tracked(elevation, actor=actor, now=now, reason=reason)
        running.decision = {"verdict": verdict}
    return elevation


def remind_of_reviews(*, now: datetime) -> int:
    """Tells whoever may review what nobody reviewed in time, once; of how many."""
    late = Elevation.objects.filter(reviewed_at=None, review_due_at__lte=now, reminded_at=None).select_related("person")
    with each_alone("Reminding of roles that were taken") as alone:
        for elevation in list(late):
            with alone(f"elevation {elevation.pk}"):
                _remind(elevation, now)
    return len(late)


def _remind(elevation: Elevation, now: datetime) -> None:
    with act("elevation.review_overdue", actor=None, now=now, subject=elevation) as running:
        mention(elevation.person)
        elevation.reminded_at = now
        save_tracked(elevation, actor=None, now=now)
        title = f"Not reviewed: {elevation.person} as {elevation.role_title}"
        running.details = {"told": _queue(OVERDUE, elevation, title, "The review was due within three days of its end.", now, urgent=False)}


def _taken(role: Role, actor: Any, now: datetime, minutes: int, reason: str) -> Elevation:
    held = {one.right for one in holdings_of([actor.pk]).get(actor.pk, []) if not one.on}
    rights, withheld = given_by(role.may, held, as_pure(in_force()), NEVER_BY_SUPERUSER)
    if not rights:
        raise WrongState(f"The role {role.title} gives you nothing that you do not hold already.")
    until = now + timedelta(minutes=minutes)
    return Elevation(
        person=actor,
        role=role.key,
        rights=sorted(rights),
        withheld=sorted(withheld),
        reason=reason,
        started_at=now,
        until=until,
        review_due_at=until + REVIEW_WITHIN,
    )


def _tell(elevation: Elevation, now: datetime) -> int:
    lasts = words.duration(elevation.until - elevation.started_at)
    title = f"{elevation.person} took the role {elevation.role_title} for {lasts}"
    body = f"“{elevation.reason}” Everything they look at and do is marked. You can end it at once, and review it when it is over."
    return _queue(STARTED, elevation, title, body, now, urgent=True)


def _queue(kind: str, elevation: Elevation, title: str, body: str, now: datetime, *, urgent: bool) -> int:
    """How many people are told: everybody whose duty it is to review, but the person."""
    readers = list(holders_of(REVIEW).exclude(pk=elevation.person_id))
    for reader in readers:
        queue(
            kind=kind,
            person=reader,
            subject_ref=f"audit.elevation:{elevation.pk}",
            title=title,
            body=body,
            link=f"{settings.PORTAL_URL}/admin/audit/elevation/{elevation.pk}/change/",
            idempotency_key=f"{kind}:{elevation.pk}:{reader.pk}",
            urgent=urgent,
            now=now,
        )
    return len(readers)


def to_review(reader: Any, now: datetime) -> Any:
    """What has ended and waits for a review that `reader` may give, the one due first at the top."""
    if not may(reader, REVIEW):
        return Elevation.objects.none()
    ended = Elevation.objects.filter(reviewed_at=None).exclude(person=reader.pk).exclude(ended_at=None, until__gt=now)
    return ended.select_related("person").order_by("review_due_at", "pk")


def _locked(elevation: Elevation) -> Elevation:
    found: Elevation = Elevation.objects.select_for_update(of=("self",)).select_related("person").get(pk=elevation.pk)
    return found


def _refuse(field: str, words_: str) -> NoReturn:
    raise InvalidInput(words_, {field: [words_]})
