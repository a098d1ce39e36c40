"""Roles and rights that come past the services (a console, `createsuperuser`, another program that uses the models): whoever is touched is looked
at as soon as that is committed, not first in the night. Services ask before they give, so what they write costs nothing here."""

import logging
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_save
from guardian.models import GroupObjectPermission, UserObjectPermission

from audit.events.services import running_act
from portal.foundation import clock
from portal.foundation.people.models import User

from .checking import check_people

log = logging.getLogger(__name__)
SUPERUSER = "is_superuser"
# Kept with the connection, whose transaction it is.
WAITING = "duties_to_look_at"


def watch() -> None:
    """Called once at start."""
    m2m_changed.connect(rights_added, sender=User.groups.through)
    m2m_changed.connect(rights_added, sender=User.user_permissions.through)
    m2m_changed.connect(rights_added, sender=Group.permissions.through)
    post_save.connect(right_granted, sender=UserObjectPermission)
    post_save.connect(right_granted, sender=GroupObjectPermission)
    post_save.connect(account_saved, sender=User)


def rights_added(sender: Any, instance: Model, action: str, reverse: bool, pk_set: Any, **kwargs: Any) -> None:
    if action != "post_add" or not pk_set or running_act() is not None:
        return
    if sender is Group.permissions.through:
        _look_at(groups=pk_set if reverse else {instance.pk})
    else:
        _look_at(people=pk_set if reverse else {instance.pk})


def right_granted(sender: Any, instance: Any, created: bool, **kwargs: Any) -> None:
    if created and running_act() is None:
        _look_at(people={instance.user_id}) if sender is UserObjectPermission else _look_at(groups={instance.group_id})


def account_saved(sender: Any, instance: User, update_fields: Any = None, **kwargs: Any) -> None:
    """A superuser's; a sign-in writes another column."""
    if instance.is_superuser and (update_fields is None or SUPERUSER in update_fields) and running_act() is None:
        _look_at(people={instance.pk})


def _look_at(*, people: Iterable[int] = (), groups: Iterable[int] = ()) -> None:
    """After the commit, all who were touched in the transaction at once. What fails there is found in the night."""
    waiting: tuple[set[int], set[int]] | None = getattr(connection, WAITING, None)
    if waiting is None:
        waiting = (set(), set())
        setattr(connection, WAITING, waiting)
    waiting[0].update(people)
    waiting[1].update(groups)
    # For each touch, for one that was taken back takes its call with it; the first of them that comes does all.
    transaction.on_commit(_look, robust=True)


def _look() -> None:
    people, groups = getattr(connection, WAITING, None) or (set(), set())
    setattr(connection, WAITING, None)
    if not people and not groups:
        return
    if groups:
        people |= set(User.objects.filter(groups__in=groups).values_list("pk", flat=True))
    try:
        # A signal has no caller that could hand on the time.
        check_people(people, now=clock.now())
    except Exception:
        log.exception("Duties of people whose rights came past the services were not looked at; the night's check does it.")
        raise
