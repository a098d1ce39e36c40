"""A version to a file, and a file to a draft."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from audit.events.services import act
from policies.decisions.findings import Finding
from policies.decisions.frozen import snapshot_from
from policies.governance.differences import differences
from policies.governance.models import PolicyVersion
from policies.governance.queries import findings_on, snapshot_of, version_in_force
from policies.governance.services import create_draft
from policies.governance.snapshots import content_of, readable_content
from policies.oncall.models import OnCallSchedule
from policies.pathways.models import EscalationPolicy, Level, Target
from policies.severity.models import Criterion, Threshold
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import NotFound
from portal.foundation.people.models import User
from portal.foundation.redaction import one_line

from .document import PolicyFile, Row, read, refusal, write

# Whoever may write a draft's content in the admin may import it.
CONTENT_RIGHTS = ("policies.change_policyversion", *(f"policies.add_{kind}" for kind in ("level", "target", "threshold", "criterion")))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import made or, on a dry run, would make: the draft, what it changes of `against` in words, and what the checks say of it."""

    version: PolicyVersion
    content_sha256: str
    against: PolicyVersion | None
    differences: list[str]
    findings: list[Finding]


def export_version(version: PolicyVersion) -> str:
    """The YAML of what `version` says. Raises WrongState for frozen content that does not have its hash."""
    content = readable_content(version)
    snapshot = snapshot_from(content)
    targets = [target for level in snapshot.levels for target in level.targets]
    people = User.objects.filter(pk__in=[target.person_id for target in targets if target.person_id])
    schedules = OnCallSchedule.objects.filter(pk__in=[target.schedule_id for target in targets if target.schedule_id])
    heading = f"{version}, {version.get_state_display()}, content SHA-256 {content_hash(content)}"
    return write(
        snapshot,
        policy=version.policy.name,
        service=version.policy.service.key,
        people=dict(people.values_list("pk", "username")),
        schedules=dict(schedules.values_list("pk", "name")),
        heading=one_line(heading),
    )


def import_policy(raw: bytes, *, actor: Any, now: datetime, reason: str, dry_run: bool = False) -> Outcome:
    """A new draft with the content of the YAML file `raw`, in place of what a draft would begin with.

    In this order: 1. the file is read; 2. its names are looked up; 3. a draft is made and filled. Raises InvalidInput with every
    problem of the file, NotFound, NotAllowed, or WrongState when the policy has an open version; then nothing remains. A dry run does
    all of it and takes it back.
    """
    told = read(raw)
    policy = EscalationPolicy.objects.select_related("service").filter(name=told.policy).first()
    # Whoever may not see policies is not told which there are.
    if policy is None or not may(actor, "policies.view_escalationpolicy", policy):
        raise NotFound(f"There is no policy '{told.policy}'. Create it first: an import changes what a policy says, not which there are.")
    for right in CONTENT_RIGHTS:
        require(actor, right, policy, to=f"write a draft of {policy}")
    rows = _Rows(told, policy)
    with transaction.atomic():
        with act("policy_version.imported", actor=actor, now=now, why=reason.strip()) as running:
            version = create_draft(policy, actor=actor, now=now, reason=reason, empty=True)
            version.resolve_within = told.resolve_within
            save_tracked(version, actor=actor, now=now, reason=version.change_reason)
            rows.save(version, actor=actor, now=now, reason=version.change_reason)
            content = content_of(version)
            running.subject = version
            running.details = {"file_sha256": hashlib.sha256(raw).hexdigest(), "content_sha256": content_hash(content)}
        against = version_in_force(policy, now)
        after = snapshot_from(content)
        said = differences(snapshot_of(against) if against else None, after)
        outcome = Outcome(version, content_hash(content), against, said, findings_on(version, after, now=now))
        transaction.set_rollback(dry_run)
    return outcome


class _Rows:
    """The rows of a file, unsaved, with their names looked up and every field checked. Raises InvalidInput with every problem."""

    def __init__(self, told: PolicyFile, policy: EscalationPolicy) -> None:
        self.problems: list[str] = []
        if told.service != policy.service.key:
            self.problems.append(f"The policy '{policy}' is for the service '{policy.service.key}', not for '{told.service[:60]}'.")
        targets = [target for level in told.levels for target in level.rows]
        self.people = {person.username: person for person in User.objects.filter(username__in=_named(targets, "person"))}
        self.schedules = {one.name: one for one in OnCallSchedule.objects.filter(name__in=_named(targets, "schedule"))}
        self.blocks: list[tuple[models.Model, list[models.Model], str]] = []
        for level in told.levels:
            self.blocks.append((self._row(Level, level, "version"), [self._target(target) for target in level.rows], "level"))
        for threshold in told.thresholds:
            criteria = [self._row(Criterion, criterion, "threshold") for criterion in threshold.rows]
            self.blocks.append((self._row(Threshold, threshold, "version"), criteria, "threshold"))
        if self.problems:
            raise refusal(self.problems)

    def save(self, version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> None:
        for parent, children, name in self.blocks:
            for row, field, owner in [(parent, "version", version), *((child, name, parent) for child in children)]:
                setattr(row, field, owner)
                save_tracked(row, actor=actor, now=now, reason=reason)

    def _target(self, told: Row) -> models.Model:
        username, name = told.fields["person"], told.fields["schedule"]
        person, schedule = self.people.get(username), self.schedules.get(name)
        if username is not None and (person is None or not person.is_active or person.origin != User.Origin.PORTAL):
            known = "can no longer sign in" if person else "is not known"
            self.problems.append(f"{told.where}: the person '{username}' {known}. Give the user name of somebody who can sign in.")
        if name is not None and schedule is None:
            self.problems.append(f"{told.where}: there is no on-call schedule '{name}'.")
        return Target(position=told.fields["position"], person=person, schedule=schedule)

    def _row(self, model: type[models.Model], told: Row, parent: str) -> models.Model:
        row = model(**told.fields)
        try:
            row.full_clean(exclude=[parent])
        except ValidationError as error:
            self.problems += [f"{told.where}, {name}: {text}" for name, texts in error.message_dict.items() for text in texts]
        return row


def _named(targets: list[Row], field: str) -> set[str]:
    return {target.fields[field] for target in targets if target.fields[field] is not None}
