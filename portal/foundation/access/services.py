"""Making the groups say what the roles say."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from portal.foundation.errors import InvalidInput

from .roles import ROLES


@transaction.atomic
def sync_roles() -> list[str]:
    """Creates or corrects one group a role and returns what changed, in words. Repeating it changes nothing.

    Raises InvalidInput when a role names a permission that no model defines.
    """
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    changed = []
    for role in ROLES:
        unknown = [name for name in role.may if name not in known]
        if unknown:
            raise InvalidInput(f"Role {role.key} names unknown permissions: {', '.join(unknown)}.")
        group, created = Group.objects.get_or_create(name=role.title)
        wanted = {known[name].pk for name in role.may}
        present = set(group.permissions.values_list("pk", flat=True))
        if created or wanted != present:
            group.permissions.set(wanted)
            changed.append(f"{role.title}: {len(wanted - present)} rights added, {len(present - wanted)} removed")
    return changed
