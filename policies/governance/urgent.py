"""Break-glass: one person publishes a draft at once, for a limited time; others are told, and somebody else reviews it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from audit.events.services import act
from policies.decisions.findings import Finding
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.services import queue
from portal.foundation.people.models import User

from .approvers import holders, why_not
from .locks import free_for
from .models import PolicyVersion, UrgentPublication
from .snapshots import content_of
from .states import VersionState
from .steps import following, freeze, in_words, warnings_on

LONGEST = timedelta(hours=72)
REVIEW_WITHIN = timedelta(hours=72)
TOLD = "policy_published_at_once"


def unreviewed_by(person: Any) -> UrgentPublication | None:
    """What `person` published at once and nobody reviewed yet: until then they may not do it again."""
    return UrgentPublication.objects.filter(published_by=person, reviewed_at__isnull=True).select_related("version__policy").first()


def publish_at_once(version: PolicyVersion, *, actor: Any, now: datetime, reason: str, until: datetime) -> UrgentPublication:
    """Puts a draft in force without approval, from `now` to `until`, at most 72 hours; then what it replaced is in force again.

    Errors of the checks still block. Approvers, reviewers and the policy's owner are told at once, and a review is due.
    Raises NotAllowed without the right or while an earlier one of `actor` is not reviewed, WrongState for what is no draft or when
    there is nothing in force to fall back to, and InvalidInput without words or for a time too late or past.
    """
    require(actor, "policies.publish_at_once_policyversion", version, to="publish a version at once")
    with act("policy_version.published_at_once", actor=actor, now=now, subject=version, why=reason) as running:
        state = following(version, "publish_at_once")
        words = in_words(reason, "why this cannot wait for an approval")
        _refuse_blocked(actor)
        _refuse_end(now, until)
        _refuse_without_fallback(version, now)
        free_for(version, actor, now)
        content = content_of(version)
        warnings = warnings_on(version, content, now, "published at once")
        freeze(version, content, actor=actor, now=now)
        start = version.submitted_at or now
        publication = UrgentPublication(
            version=version, published_by=actor, published_at=start, until=until, reason=words, review_due_at=now + REVIEW_WITHIN
        )
        save_tracked(publication, actor=actor, now=now, reason=words)
        version.state, version.approved_at = state, start
        version.effective_from, version.effective_until = start, until
        version.warnings_accepted = words if warnings else ""
        save_tracked(version, actor=actor, now=now, reason=words)
        running.details = _details(version, publication, warnings)
        _tell_others(publication, now)
    return publication


def review_urgent(publication: UrgentPublication, *, actor: Any, now: datetime, reason: str, verdict: str) -> UrgentPublication:
    """Somebody else says whether it was justified; 'not justified' ends it at once. Gives its publisher the right back.

    Raises NotAllowed for whoever had a hand in it, WrongState when it was reviewed already, InvalidInput without words.
    """
    version = publication.version
    require(actor, "policies.review_urgentpublication", publication, to="review what was published at once")
    with act("policy_version.urgent_reviewed", actor=actor, now=now, subject=version, why=reason) as running:
        version = PolicyVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        publication.refresh_from_db()
        if publication.reviewed_at is not None:
            raise WrongState(f"{publication.reviewed_by} reviewed it already: {publication.get_verdict_display()}.")
        refusal = why_not(version, actor)
        if refusal:
            raise NotAllowed(refusal)
        words = in_words(reason, "why it was justified or not")
        if verdict not in UrgentPublication.Verdict.values:
            raise InvalidInput("Choose whether it was justified.", {"verdict": ["Choose 'justified' or 'not justified'."]})
        publication.reviewed_by, publication.reviewed_at = actor, max(now, publication.published_at)
        publication.verdict, publication.review_reason = verdict, words
        save_tracked(publication, actor=actor, now=now, reason=words)
        running.decision = {"verdict": verdict, "content_sha256": version.content_sha256}
        if verdict == UrgentPublication.Verdict.NOT_JUSTIFIED:
            _end(version, actor=actor, now=now, reason=words)
    publication.version = version
    return publication


def _end(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> None:
    """Ends it now, unless it has ended by itself. It was in force for an instant at least."""
    if version.effective_from is None or version.effective_until is None or version.effective_until <= now:
        return
    version.effective_until = max(now, version.effective_from + timedelta(microseconds=1))
    save_tracked(version, actor=actor, now=now, reason=reason)


def _refuse_blocked(actor: Any) -> None:
    """Locks the person's row, so that two urgent publications at the same moment are one too many."""
    if actor is None:
        raise NotAllowed("Only a person publishes a version at once, and answers for it.")
    User.objects.select_for_update().get(pk=actor.pk)
    earlier = unreviewed_by(actor)
    if earlier is not None:
        raise NotAllowed(
            f"You published {earlier.version} at once on {earlier.published_at:%d %b %Y, %H:%M} UTC and nobody reviewed that yet. "
            "Until somebody else has, you cannot publish anything at once; submit this version for approval."
        )


def _refuse_end(now: datetime, until: datetime) -> None:
    if not now < until <= now + LONGEST:
        ask = "Give an end that is later than now and at most 72 hours away."
        raise InvalidInput(ask, {"until": [ask]})


def _refuse_without_fallback(version: PolicyVersion, now: datetime) -> None:
    """What is in force without end must be there when this ends: the policy never has a hole."""
    lasting = version.policy.versions.filter(state=VersionState.APPROVED.value, effective_until__isnull=True)
    if not lasting.filter(effective_from__lte=now).exists():
        raise WrongState(
            f"No version of {version.policy} is in force that could count again when this one ends. "
            "The first version of a policy needs the ordinary approval."
        )


def _details(version: PolicyVersion, publication: UrgentPublication, warnings: list[Finding]) -> dict[str, Any]:
    return {
        "content_sha256": version.content_sha256,
        "until": publication.until.isoformat(),
        "review_due_at": publication.review_due_at.isoformat(),
        "warnings": [{"id": finding.id, "place": finding.place} for finding in warnings],
    }


def _tell_others(publication: UrgentPublication, now: datetime) -> None:
    """Everybody who approves or reviews, and the policy's owner; not the person who did it."""
    version = publication.version
    people = {person.pk: person for code in ("approve_policyversion", "review_urgentpublication") for person in holders(code)}
    people[version.policy.owner_id] = version.policy.owner
    people.pop(publication.published_by_id, None)
    for person in people.values():
        queue(
            kind=TOLD,
            person=person,
            subject_ref=f"policy_version:{version.pk}",
            title=f"Published at once: {version}",
            body=(
                f"{publication.published_by} put {version} in force without approval, until {publication.until:%d %b %Y, %H:%M} UTC. "
                f"Reason: {publication.reason} Somebody else has to review it by {publication.review_due_at:%d %b %Y, %H:%M} UTC."
            ),
            link=f"{settings.PORTAL_URL}/admin/policies/policyversion/{version.pk}/change/",
            idempotency_key=f"urgent-{publication.pk}-{person.pk}",
            now=now,
        )
