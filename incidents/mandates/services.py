"""Using a mandate, ending that, and reviewing it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q

from audit.events.services import act
from incidents.lifecycle import checks
from incidents.lifecycle.facts import discreet_title
from incidents.lifecycle.frame import verb
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline, name_of
from policies.decisions.vocabulary import Mandate
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.services import queue
from portal.foundation.people.models import User

from .models import MandateUse
from .queries import Held, mandates_of

LONGEST = timedelta(hours=72)
REVIEW_WITHIN = timedelta(hours=72)
TOLD, DUE = "mandate.used", "mandate.review_due"
REVIEW = "incidents.review_mandateuse"


def use_mandate(incident: Incident, mandate: str, *, until: datetime, actor: Any, now: datetime, reason: str) -> MandateUse:
    """`actor` uses a mandate that they hold for `incident`, until `until`, at most 72 hours. Others are told, and a review is due.

    Raises NotAllowed for who does not hold it, WrongState for an incident that has ended or while the same use still counts, and
    InvalidInput without words or for an end that is past or too late.
    """
    require(actor, "incidents.view_incident", incident, to="see this incident")
    reason = checks.clean_reason(reason, what="what is done on this authority and why it cannot wait")
    if mandate not in {each.value for each in Mandate}:
        _refuse("mandate", f"Choose one of: {', '.join(each.label for each in Mandate)}.")
    if not now < until <= now + LONGEST:
        _refuse("until", "Give an end that is later than now and at most 72 hours away.")
    with verb("mandate.used", incident, actor, now, reason) as running:
        if incident.has_ended:
            raise WrongState(f"{incident.number} is {incident.get_state_display()}; there is nothing left that could not wait.")
        held = _held(incident, mandate, actor, now)
        _refuse_twice(incident, mandate, actor, now)
        use = MandateUse(
            incident=incident,
            mandate=mandate,
            used_by=actor,
            held_as=held.held_as[:250],
            limits=held.limits,
            reason=reason,
            used_at=now,
            until=until,
            review_due_at=now + REVIEW_WITHIN,
        )
        save_tracked(use, actor=actor, now=now, reason=reason)
        running.details = {"mandate": mandate, "held_as": held.held_as, "until": until.isoformat(), "use": use.pk}
        _timeline(use, f"{name_of(actor)} used a mandate: {use.get_mandate_display().lower()}", f"{reason} {held.held_as}", actor, now)
        _tell(use, now)
    return use


def end_use(use: MandateUse, *, actor: Any, now: datetime, reason: str) -> MandateUse:
    """Ends it before its time: whoever used it, or whoever may review it. Raises NotAllowed, WrongState, InvalidInput without words."""
    reason = checks.clean_reason(reason, what="what was put back as it was")
    if use.used_by_id != getattr(actor, "pk", None):
        require(actor, REVIEW, to="end what somebody else began")
    with act("mandate.ended", actor=actor, now=now, subject=use.incident, why=reason):
        use = _locked(use)
        if use.ended_at is not None or use.until <= now:
            raise WrongState("It has ended already.")
        use.ended_at, use.ended_by = max(now, use.used_at), actor
        save_tracked(use, actor=actor, now=now, reason=reason)
        _timeline(use, f"{name_of(actor)} ended the use of a mandate: {use.get_mandate_display().lower()}", reason, actor, now)
    return use


def review_use(use: MandateUse, *, verdict: str, actor: Any, now: datetime, reason: str) -> MandateUse:
    """Somebody else says whether it was justified; 'not justified' ends it at once.

    Raises NotAllowed without the right or for one's own, WrongState when it was reviewed, InvalidInput without words or verdict.
    """
    require(actor, REVIEW, to="review the use of a mandate")
    if actor is None or actor.pk == use.used_by_id:
        raise NotAllowed("Somebody else has to review what you did on your own authority.")
    reason = checks.clean_reason(reason, what="why it was justified or not")
    if verdict not in MandateUse.Verdict.values:
        _refuse("verdict", "Choose 'justified' or 'not justified'.")
    with act("mandate.reviewed", actor=actor, now=now, subject=use.incident, why=reason) as running:
        use = _locked(use)
        if use.reviewed_at is not None:
            raise WrongState(f"{use.reviewed_by} reviewed it already: {use.get_verdict_display()}.")
        use.reviewed_by, use.reviewed_at, use.verdict, use.review_reason = actor, now, verdict, reason
        if verdict == MandateUse.Verdict.NOT_JUSTIFIED and use.ended_at is None and use.until > now:
            use.ended_at, use.ended_by = now, actor
        save_tracked(use, actor=actor, now=now, reason=reason)
        running.decision = {"use": use.pk, "verdict": verdict}
        text = f"{name_of(actor)} reviewed the use of a mandate: {use.get_verdict_display()}"
        _timeline(use, text, reason, actor, now)
    return use


def remind_to_review(*, now: datetime) -> int:
    """Tells whoever may review that a review is overdue, once a use and person; how many uses are overdue."""
    overdue = list(MandateUse.objects.filter(reviewed_at=None, review_due_at__lte=now).select_related("incident", "used_by"))
    people = list(_reviewers()) if overdue else []
    for use in overdue:
        body = f"{use.used_by} used it in {use.incident.number}: {use.reason} Somebody else has to say whether it was justified."
        for person in people:
            if person.pk != use.used_by_id:
                _send(DUE, person, use, f"Overdue: review the use of a mandate in {use.incident.number}", body, now)
    return len(overdue)


def _held(incident: Incident, mandate: str, actor: Any, now: datetime) -> Held:
    held = next((each for each in mandates_of(actor, incident, now) if each.mandate.value == mandate), None) if actor is not None else None
    if held is None:
        raise NotAllowed(
            f"You hold no mandate to {Mandate(mandate).label.lower()} for {incident.number}. The owners of its levels do, and whoever "
            "it was delegated to; the policy version says who."
        )
    return held


def _refuse_twice(incident: Incident, mandate: str, actor: Any, now: datetime) -> None:
    same = MandateUse.objects.filter(incident=incident, mandate=mandate, used_by=actor, ended_at=None, until__gt=now).first()
    if same is not None:
        raise WrongState(f"You use it already, until {same.until:%d %b %Y, %H:%M} UTC.")


def _tell(use: MandateUse, now: datetime) -> None:
    """Whoever reviews, the owner of the policy and of the service; not the person who did it."""
    people = {person.pk: person for person in _reviewers()}
    incident = use.incident
    for owner in (incident.service.owner, incident.policy_version.policy.owner if incident.policy_version else None):
        if owner is not None and owner.is_active:
            people[owner.pk] = owner
    people.pop(use.used_by_id, None)
    until = f"{use.until:%d %b %Y, %H:%M} UTC"
    body = f"{use.used_by}: {use.reason} {use.held_as} It counts until {until}. Somebody else has to review it."
    for person in people.values():
        _send(TOLD, person, use, f"Mandate used in {incident.number}: {use.get_mandate_display().lower()}", body, now)


def _send(kind: str, person: Any, use: MandateUse, title: str, body: str, now: datetime) -> None:
    queue(
        kind=kind,
        person=person,
        subject_ref=f"incidents.mandateuse:{use.pk}",
        title=title,
        body=body,
        link=f"{settings.PORTAL_URL}/admin/incidents/mandateuse/{use.pk}/change/",
        idempotency_key=f"{kind}-{use.pk}-{person.pk}",
        now=now,
        confidential=use.incident.confidential,
        drill=use.incident.origin == Incident.Origin.DRILL,
        discreet_title=discreet_title(use.incident),
    )


def _reviewers() -> list[User]:
    """Active people who were given the right to review; being a superuser gives nobody such a duty."""
    right = Permission.objects.filter(content_type__app_label="incidents", codename="review_mandateuse")
    given = Q(groups__permissions__in=right) | Q(user_permissions__in=right)
    return [person for person in User.objects.filter(given, is_active=True).distinct().order_by("pk") if may(person, REVIEW)]


def _locked(use: MandateUse) -> MandateUse:
    return MandateUse.objects.select_for_update(of=("self",)).select_related("incident__service", "used_by", "reviewed_by").get(pk=use.pk)


def _timeline(use: MandateUse, text: str, why: str, actor: Any, now: datetime) -> None:
    data = {"mandate": use.mandate, "use": use.pk, "until": use.until.isoformat()}
    add_timeline(use.incident, kind=TimelineEntry.Kind.MANDATE, at=now, actor=actor, text=text, why=why, data=data)


def _refuse(field: str, problem: str) -> None:
    raise InvalidInput(problem, {field: [problem]})
