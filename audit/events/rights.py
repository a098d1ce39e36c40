"""Who was given or lost which right: grants on one object, roles of a person, rights of a role. Neither has history rows of its own."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from guardian.models import GroupObjectPermission, UserObjectPermission

from audit.ledger.services import append
from portal.foundation import clock
from portal.foundation.people.models import User

from .naming import people_of
from .services import Act, as_event, object_as_recorded, running_act
from .unwritable import or_nothing

MEMBERSHIP = {"post_add": "added", "post_remove": "removed"}


def watch() -> None:
    """Called once at start."""
    for grant in (UserObjectPermission, GroupObjectPermission):
        post_save.connect(grant_given, sender=grant)
        post_delete.connect(grant_withdrawn, sender=grant)
    m2m_changed.connect(membership_changed, sender=User.groups.through)
    m2m_changed.connect(membership_changed, sender=User.user_permissions.through)
    m2m_changed.connect(membership_changed, sender=Group.permissions.through)


def grant_given(sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        _note("right.granted", instance.content_object or instance.permission, [_grant_in_words(instance)], people_of(_holder(instance)))


def grant_withdrawn(sender: Any, instance: Any, **kwargs: Any) -> None:
    _note("right.withdrawn", instance.content_object or instance.permission, [_grant_in_words(instance)], people_of(_holder(instance)))


def membership_changed(sender: Any, instance: Model, action: str, reverse: bool, model: type[Model], pk_set: Any, **kwargs: Any) -> None:
    if action == "pre_clear":
        pk_set = set(_relation(sender, instance, reverse).values_list("pk", flat=True))
    elif action not in MEMBERSHIP:
        return
    if pk_set:
        rows = list(model._default_manager.filter(pk__in=pk_set))
        people = {key: name for row in rows for key, name in people_of(row).items()}
        _note("rights." + MEMBERSHIP.get(action, "removed"), instance, sorted(map(str, rows)), people)


def _relation(through: Any, instance: Model, reverse: bool) -> Any:
    """The rows on the other side of `instance` before they are cleared."""
    for field in (User.groups, User.user_permissions, Group.permissions):
        if field.through is through:
            name = field.field.name if not reverse else field.rel.get_accessor_name()
            return getattr(instance, str(name))
    raise LookupError(f"{through} is not watched")


def _grant_in_words(grant: Any) -> str:
    permission: Permission = grant.permission
    return f"{permission.codename} to {_holder(grant)}"


def _holder(grant: Any) -> Model:
    holder: Model = getattr(grant, "user", None) or grant.group
    return holder


def _note(verb: str, subject: Model, what: list[str], people: dict[str, str]) -> None:
    running = running_act()
    if running is not None:
        running.people |= people
        running.changes.append({**object_as_recorded(subject), "kind": verb, "before": {}, "after": {"rights": what}})
        return
    # A signal has no caller that could hand on the time.
    now = clock.now()
    with or_nothing(), transaction.atomic():
        append(as_event(Act(verb, None, subject, now, details={"rights": what}, people=people)), now=now)
