"""The edit lock: who is editing a draft, so that two people do not write over each other."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from audit.events.services import act, mention
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.words import visible

from .models import EditLock, PolicyVersion
from .states import VersionState

# From the last save or opening. A forgotten tab holds nobody up for longer.
HELD_FOR = timedelta(minutes=30)


def lock_of(version: PolicyVersion, now: datetime) -> EditLock | None:
    """The lock that somebody holds on `version` at `now`; one that ran out is none."""
    return EditLock.objects.filter(version=version, until__gt=now).select_related("person").first()


def take_lock(version: PolicyVersion, *, actor: Any, now: datetime) -> EditLock:
    """Lets `actor` edit the draft alone for half an hour from now; asked again, it lasts longer.

    Raises WrongState when somebody else holds it or `version` is no draft any more.
    """
    require(actor, "policies.change_policyversion", version, to="edit this draft")
    with transaction.atomic():
        _hold_draft(version)
        _refuse_held_by_another(version, actor, now)
        return _held(version, actor, now)


def take_over_lock(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> EditLock:
    """Takes the lock from whoever holds it. The words and the former holder stand in the audit trail."""
    require(actor, "policies.change_policyversion", version, to="edit this draft")
    words = visible(reason)
    if not words:
        ask = "Say in a sentence why you take the draft over."
        raise InvalidInput(ask, {"reason": [ask]})
    with act("policy_version.lock_taken_over", actor=actor, now=now, subject=version, why=words) as running:
        _hold_draft(version)
        former = lock_of(version, now)
        if former is None or former.person == actor:
            running.nothing_happened()
        else:
            mention(former.person)
            running.details = {"from": str(former.person), "held_since": former.since.isoformat()}
            former.delete()
        return _held(version, actor, now)


def release_lock(version: PolicyVersion, *, actor: Any, now: datetime) -> None:
    """Gives the draft free. A lock that is somebody else's, or none, stays as it is."""
    EditLock.objects.filter(version=version, person=actor).delete()


def lock_draft(version: PolicyVersion, *, actor: Any, now: datetime) -> None:
    """Holds `version` for the running transaction so that `actor` can save its content; their edit lock lasts longer by that.

    Raises WrongState when it is no draft any more, or when somebody else is editing it.
    """
    _hold_draft(version)
    _refuse_held_by_another(version, actor, now)
    EditLock.objects.filter(version=version, person=actor).update(until=now + HELD_FOR)


def free_for(version: PolicyVersion, actor: Any, now: datetime) -> None:
    """For a draft that `actor` takes out of editing: raises WrongState while somebody else edits it, and ends their own lock."""
    _refuse_held_by_another(version, actor, now)
    EditLock.objects.filter(version=version).delete()


def _hold_draft(version: PolicyVersion) -> None:
    current = PolicyVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if current.state != VersionState.DRAFT.value:
        raise WrongState(f"{current} is {current.get_state_display()} by now, so its content can no longer be changed.")


def _refuse_held_by_another(version: PolicyVersion, actor: Any, now: datetime) -> None:
    held = lock_of(version, now)
    if held is not None and held.person != actor:
        raise WrongState(
            f"{held.person} is editing {version}, at the latest until {held.until:%d %b %Y, %H:%M} UTC. Wait, or take it over with a reason."
        )


def _held(version: PolicyVersion, actor: Any, now: datetime) -> EditLock:
    """The lock of `actor`, from now; since when they hold it stays. One that ran out counts for nothing."""
    EditLock.objects.filter(version=version).exclude(person=actor, until__gt=now).delete()
    made, _ = EditLock.objects.update_or_create(
        version=version,
        defaults={"person": actor, "until": now + HELD_FOR},
        create_defaults={"person": actor, "since": now, "until": now + HELD_FOR},
    )
    return made
