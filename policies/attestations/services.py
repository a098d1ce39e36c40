"""The verbs on knowledge: a person accepts an exact version, somebody records a training, people are reminded."""

from datetime import datetime
from typing import Any

from django.conf import settings

from audit.events.services import act
from policies.governance.models import PolicyVersion
from policies.governance.queries import phase_of
from policies.governance.snapshots import snapshot_of
from policies.governance.states import Phase
from policies.pathways.models import EscalationPolicy
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import delete_tracked, save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.foundation.people.models import User
from portal.foundation.words import visible

from .models import Acceptance, KnowledgeDuty, TrainingRecord
from .owed import Standing
from .queries import Owed, everything_owed, has_duty, my_acceptance

DUE, OVERDUE = "policy.to_accept", "policy.acceptance_overdue"
READ = "policies.view_policyversion"
RECORD = "policies.add_trainingrecord"


def accept_version(version: PolicyVersion, *, actor: Any, now: datetime, content_sha256: str) -> Acceptance:
    """`actor` accepts for themself what they read: `content_sha256` is the hash that stood on the page.

    A repeat returns the acceptance that is there. Raises NotAllowed for somebody who need not know the policy and may not read it,
    WrongState for a version that is neither in force nor scheduled, or when something else was read.
    """
    if actor is None or not actor.is_active:
        raise NotAllowed("Only a person accepts a policy, and only for themself.")
    if not has_duty(actor, version.policy) and not may(actor, READ, version):
        raise NotAllowed(f"{version.policy} is none of the policies that you must know. Ask its owner, {version.policy.owner}.")
    with act("policy_version.accepted", actor=actor, now=now, subject=version) as running:
        # Of two presses at once the second waits here, and then finds what the first one left.
        version.refresh_from_db(from_queryset=PolicyVersion.objects.select_for_update(of=("self",)).select_related("policy"))
        there = my_acceptance(version, actor)
        if there is not None:
            running.nothing_happened()
            return there
        _refuse_unreadable(version, now, content_sha256)
        acceptance = Acceptance.objects.create(
            version=version, person=actor, person_name=str(actor)[:150], content_sha256=version.content_sha256, accepted_at=now
        )
        cancel_waiting(_ref(version.pk, actor.pk), now=now)
        running.decision = {"content_sha256": version.content_sha256, "number": version.number}
    return acceptance


def record_training(
    policy: EscalationPolicy, *, person: User, course: str, trained_on: Any, expires_on: Any, actor: Any, now: datetime, reason: str = ""
) -> TrainingRecord:
    """Records that `person` was trained on `policy`. Raises NotAllowed and InvalidInput."""
    record = TrainingRecord(policy=policy, person=person, course=course.strip(), trained_on=trained_on, expires_on=expires_on)
    with act("trainingrecord.created", actor=actor, now=now, why=reason) as running:
        sign_for(record, actor=actor, now=now)
        save_tracked(record, actor=actor, now=now, reason=reason)
        running.subject = record
    return record


def sign_for(record: TrainingRecord, *, actor: Any, now: datetime) -> None:
    """Puts `actor` under `record`, who thereby answers for it. Raises NotAllowed for one's own training, InvalidInput for what cannot be."""
    require(actor, RECORD, to="record a training")
    if actor is None or record.person_id == actor.pk:
        raise NotAllowed("Nobody records their own training: ask the course's trainer or a colleague who may.")
    problems: dict[str, list[str]] = {}
    if not record.course.strip():
        problems["course"] = ["Name the course or the trainer."]
    if record.trained_on > now.date():
        problems["trained_on"] = ["This day is still to come. Record it when it has taken place."]
    if record.expires_on <= record.trained_on:
        problems["expires_on"] = ["It must count for at least a day."]
    if problems:
        raise InvalidInput(" ".join(text for texts in problems.values() for text in texts), problems)
    record.recorded_by, record.recorded_at = actor, now


def lift_duty(duty: KnowledgeDuty, *, actor: Any, now: datetime, reason: str) -> None:
    """Ends a duty to know; what was accepted stays. Raises NotAllowed, and InvalidInput without words."""
    require(actor, "policies.delete_knowledgeduty", duty, to="lift duties to know")
    words = visible(reason)
    if not words:
        raise InvalidInput("Say in a sentence why it ends.", {"reason": ["Say in a sentence why it ends."]})
    with act("knowledgeduty.lifted", actor=actor, now=now, subject=duty, why=words):
        # A copy goes, so that the event can still name what it was about.
        delete_tracked(KnowledgeDuty.objects.select_for_update(of=("self",)).get(pk=duty.pk), actor=actor, now=now, reason=words)


def remind_people(*, now: datetime) -> int:
    """Tells everybody who has a version to accept, once when it is due and once when it is overdue; the number of messages queued.

    It looks for what is due and was not told, so that a day without a run loses nothing.
    """
    wanted = []
    for owed in everything_owed(now):
        standing = owed.standing(now)
        if standing is not Standing.ACCEPTED:
            kind = OVERDUE if standing is Standing.OVERDUE else DUE
            wanted.append((kind, _key(kind, owed), owed))
    told = set(OutboxMessage.objects.filter(kind__in=(DUE, OVERDUE)).values_list("idempotency_key", flat=True)) if wanted else set()
    with act("acceptances.reminded", actor=None, now=now) as running:
        new = [(kind, key, owed) for kind, key, owed in wanted if key not in told]
        for kind, key, owed in new:
            _tell(kind, key, owed, now)
        running.details = {"due": sum(kind == DUE for kind, *_ in new), "overdue": sum(kind == OVERDUE for kind, *_ in new)}
        if not new:
            running.nothing_happened()
    return len(new)


def _refuse_unreadable(version: PolicyVersion, now: datetime, content_sha256: str) -> None:
    phase = phase_of(version, now)
    if phase is Phase.SUPERSEDED:
        raise WrongState(f"{version} is no longer in force. Read the version that is, and accept that one.")
    if phase not in {Phase.IN_FORCE, Phase.SCHEDULED}:
        raise WrongState(f"{version} is {version.get_state_display()}; only what is approved can be accepted.")
    snapshot_of(version)
    if content_sha256 != version.content_sha256:
        raise WrongState(f"What you read is not what {version} says. Open it again, read it, and accept then.")


def _tell(kind: str, key: str, owed: Owed, now: datetime) -> None:
    until, what = f"{owed.obligation.due_at:%d %B %Y}", f"{owed.policy}, version {owed.version.number}"
    title, body = f"Read and accept {what}", f"You must know this policy. What is in force now is to be accepted by {until}."
    if kind == OVERDUE:
        title, body = f"Overdue: read and accept {what}", f"You must know this policy, and were to accept it by {until}."
    queue(
        kind=kind,
        person=owed.person,
        subject_ref=_ref(owed.version.pk, owed.person.pk),
        title=title,
        body=body,
        link=f"{settings.PORTAL_URL}/admin/policies/acceptance/mine/{owed.version.pk}/",
        idempotency_key=key,
        now=now,
    )


def _key(kind: str, owed: Owed) -> str:
    return f"{kind}:{owed.version.pk}:{owed.person.pk}"


def _ref(version_id: int, person_id: int) -> str:
    return f"policies.acceptance:{version_id}:{person_id}"
