"""A version to a file, and a file to a draft."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.events.services import act
from policies.decisions.findings import Finding
from policies.decisions.frozen import snapshot_from
from policies.decisions.vocabulary import Scope
from policies.governance.differences import Change, changes
from policies.governance.models import PolicyVersion
from policies.governance.parts import PARTS
from policies.governance.queries import findings_on, snapshot_of, version_in_force
from policies.governance.services import create_draft
from policies.governance.snapshots import content_of, readable_content
from policies.pathways.models import EscalationPolicy
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import NotFound
from portal.foundation.words import visible

from .document import PolicyFile, refusal
from .names import names_in
from .rows import Rows
from .sections import read
from .writing import write

# Whoever may write a draft's content in the admin may import it.
CONTENT_RIGHTS = ("policies.change_policyversion", *(f"policies.add_{part.model._meta.model_name}" for part in PARTS))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import made or, on a dry run, would make: the draft, what it changes of `against`, and what the checks say of it."""

    version: PolicyVersion
    content_sha256: str
    against: PolicyVersion | None
    changes: list[Change]
    findings: list[Finding]

    @property
    def differences(self) -> list[str]:
        """The changes as sentences."""
        return [change.words for change in self.changes]


def export_version(version: PolicyVersion) -> str:
    """The YAML of what `version` says. Raises WrongState for frozen content that does not have its hash.

    Nothing in it but the content and its hash, so that importing it and exporting the draft gives the same bytes.
    """
    content = readable_content(version)
    snapshot = snapshot_from(content)
    scope, subject = _speaks_for(version.policy)
    told = {"policy": version.policy.name, "scope": scope, **({} if subject is None else {scope: subject})}
    return write(snapshot, subject=told, names=names_in(snapshot), heading=f"Content SHA-256 {content_hash(content)}")


def import_policy(
    source: bytes | Mapping[str, Any],
    *,
    actor: Any,
    now: datetime,
    reason: str,
    dry_run: bool = False,
    into: EscalationPolicy | None = None,
) -> Outcome:
    """A new draft with the content of a YAML file, or of the same as JSON's own types, in place of what a draft would begin with.

    In this order: 1. the file is read; 2. its names are looked up; 3. a draft is made and filled. Raises InvalidInput with every
    problem of the file, or when it is not for `into`; NotFound, NotAllowed, or WrongState when the policy has an open version; then
    nothing remains. A dry run does all of it and takes it back.
    """
    told = read(source)
    policy = _policy(told, actor, into)
    for right in CONTENT_RIGHTS:
        require(actor, right, policy, to=f"write a draft of {policy}")
    rows = Rows(told.rows)
    problems = [*_scope_problems(told, policy), *rows.problems]
    if problems:
        raise refusal(problems)
    with transaction.atomic():
        with act("policy_version.imported", actor=actor, now=now, why=visible(reason)) as running:
            version = create_draft(policy, actor=actor, now=now, reason=reason, empty=True)
            version.resolve_within, version.silent_after = told.resolve_within, told.silent_after
            version.repeats, version.stakeholder_from = told.repeats, told.stakeholder_from
            save_tracked(version, actor=actor, now=now, reason=version.change_reason)
            rows.save(version, actor=actor, now=now, reason=version.change_reason)
            content = content_of(version)
            running.subject = version
            running.details = {"file_sha256": _digest(source), "content_sha256": content_hash(content)}
        against = version_in_force(policy, now)
        after = snapshot_from(content)
        said = changes(snapshot_of(against) if against else None, after)
        outcome = Outcome(version, content_hash(content), against, said, findings_on(version, after, now=now))
        transaction.set_rollback(dry_run)
    return outcome


def _policy(told: PolicyFile, actor: Any, into: EscalationPolicy | None) -> EscalationPolicy:
    """The policy that the file is for. Whoever may not see policies is not told which there are."""
    if into is not None and told.policy != into.name:
        raise refusal([f"The content is for the policy '{told.policy[:60]}', not for '{into.name}'."])
    known = EscalationPolicy.objects.select_related("service", "business_unit")
    policy = into or known.filter(name=told.policy).first()
    if policy is None or not may(actor, "policies.view_escalationpolicy", policy):
        raise NotFound(f"There is no policy '{told.policy}'. Create it first: an import changes what a policy says, not which there are.")
    return policy


def _scope_problems(told: PolicyFile, policy: EscalationPolicy) -> list[str]:
    scope, subject = _speaks_for(policy)
    if (told.scope, told.subject) == (scope, subject):
        return []
    mine, theirs = (
        Scope(one).label if name is None else f"the {one.replace('_', ' ')} '{str(name)[:60]}'"
        for one, name in ((scope, subject), (told.scope, told.subject))
    )
    return [f"The policy '{policy}' is for {mine}, not for {theirs}."]


def _speaks_for(policy: EscalationPolicy) -> tuple[str, str | int | None]:
    """The policy's scope, and the service's key, the tier or the unit's name; None for the whole organisation."""
    if policy.service is not None:
        return policy.scope, policy.service.key
    return policy.scope, policy.tier if policy.business_unit is None else policy.business_unit.name


def _digest(source: bytes | Mapping[str, Any]) -> str:
    raw = source if isinstance(source, bytes) else json.dumps(source, sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest()
