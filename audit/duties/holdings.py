"""Who holds which right and how: by role, directly, granted on one object, or all of them as a superuser. The number of queries is fixed."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import Group
from guardian.models import GroupObjectPermission, UserObjectPermission

from portal.foundation.access import in_words
from portal.foundation.access.places import level_of
from portal.foundation.people.models import User

from .pairs import EVERYTHING, Holding, Way

Holdings = dict[int, list[Holding]]
PERMISSION = ("permission__content_type__app_label", "permission__codename")
OBJECT = ("content_type__app_label", "content_type__model", "object_pk")


def holdings_of(people: Collection[int] | None = None, *, rights: Collection[str] | None = None) -> Holdings:
    """What each of `people` holds, by primary key; of everybody whose account is active when None. `rights` leaves all others out.

    An account that is not active is answered for when it is asked for by name. Six queries.
    """
    wanted = _Wanted(rights)
    found: Holdings = own_holdings(people, wanted)
    members = User.groups.through.objects.filter(**_of(people)).values_list("user_id", "group_id")
    through = group_holdings({group for _, group in members} if people is not None else None, wanted)
    for person, group in members:
        found.setdefault(person, []).extend(through.get(group, ()))
    return found


def holdings_with(person: Any, groups: Iterable[Group], *, is_superuser: bool, rights: Collection[str]) -> list[Holding]:
    """What `person` (perhaps not saved yet) would hold as a member of `groups` and no others."""
    wanted = _Wanted(rights)
    own = own_holdings([person.pk], wanted).get(person.pk, []) if person.pk else []
    there = [holding for holding in own if holding.way != Way.SUPERUSER]
    by_role = [holding for held in group_holdings([group.pk for group in groups], wanted).values() for holding in held]
    return [*there, *by_role, *([SUPERUSER] if is_superuser and wanted(EVERYTHING) else [])]


def own_holdings(people: Collection[int] | None, wanted: "_Wanted") -> Holdings:
    """Without what comes by roles."""
    found: Holdings = {}
    direct = User.user_permissions.through.objects.filter(**_of(people)).values_list("user_id", *PERMISSION)
    for person, app, codename in direct:
        _put(found, person, [Holding(f"{app}.{codename}", Way.DIRECT)], wanted)
    for person, *granted in UserObjectPermission.objects.filter(**_of(people)).values_list("user_id", *PERMISSION, *OBJECT):
        _put(found, person, by_grant("", *granted), wanted)
    chosen = {"is_active": True} if people is None else {"pk__in": people}
    for person in User.objects.filter(is_superuser=True, **chosen).values_list("pk", flat=True):
        _put(found, person, [SUPERUSER], wanted)
    return found


def group_holdings(groups: Collection[int] | None, wanted: "_Wanted") -> Holdings:
    """What each group gives its members, by its key."""
    found: Holdings = {}
    within = Group.objects.all() if groups is None else Group.objects.filter(pk__in=groups)
    named = within.order_by().values_list("pk", "name", "permissions__content_type__app_label", "permissions__codename")
    names = {}
    for key, name, app, codename in named:
        names[key] = name
        if codename:
            _put(found, key, [Holding(f"{app}.{codename}", Way.ROLE, name)], wanted)
    for key, *granted in GroupObjectPermission.objects.filter(group__in=names).values_list("group_id", *PERMISSION, *OBJECT):
        _put(found, key, by_grant(names[key], *granted), wanted)
    return found


def by_grant(through: str, app: str, codename: str, object_app: str, model: str, key: str) -> list[Holding]:
    """The grant itself, and the rights over what hangs on its object that it stands in for."""
    right, on = f"{app}.{codename}", f"{object_app}.{model}:{key}"
    level = level_of(right)
    also = [Holding(name, Way.GRANT, through, on, right) for name in sorted(level.gives - {right})] if level else []
    return [Holding(right, Way.GRANT, through, on), *also]


def words_of_rights(rights: Iterable[str]) -> dict[str, str]:
    """'approve or send back a version' by 'policies.approve_policyversion', and what stands for all of them. One query."""
    return {right: "do everything" if right == EVERYTHING else words for right, words in in_words.words_of_rights(rights).items()}


SUPERUSER = Holding(EVERYTHING, Way.SUPERUSER)


class _Wanted:
    """Whether a right is asked for."""

    def __init__(self, rights: Collection[str] | None) -> None:
        self.rights = None if rights is None else frozenset(rights)

    def __call__(self, right: str) -> bool:
        return self.rights is None or right in self.rights


def _of(people: Collection[int] | None) -> dict[str, Any]:
    return {"user__is_active": True} if people is None else {"user__in": people}


def _put(found: Holdings, key: int, holdings: list[Holding], wanted: _Wanted) -> None:
    kept = [holding for holding in holdings if wanted(holding.right)]
    if kept:
        found.setdefault(key, []).extend(kept)
