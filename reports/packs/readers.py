"""Who may have a pack, among those who are asked about: by role, or for its business unit."""

from typing import Any

from django.db.models import Model, Q
from guardian.models import GroupObjectPermission, UserObjectPermission

from portal.foundation.access.checks import may
from portal.foundation.access.places import UNIT
from portal.foundation.people.models import User

from .downloads import SEE


def of_any_unit() -> Q:
    """People who were given a right for some unit; which one counts is asked of each."""
    app, _, model = UNIT.partition(".")
    on_a_unit = {"content_type__app_label": app, "content_type__model": model}
    to_people = UserObjectPermission.objects.filter(**on_a_unit).values("user")
    to_groups = GroupObjectPermission.objects.filter(**on_a_unit).values("group")
    return Q(pk__in=to_people) | Q(groups__in=to_groups)


def readers_among(who: Q, subject: Model | None) -> list[Any]:
    """Active people among `who` that may see packs everywhere or at `subject`."""
    people = User.objects.filter(who, is_active=True, origin=User.Origin.PORTAL).distinct().order_by("pk")
    return [person for person in people if may(person, SEE, subject)]
