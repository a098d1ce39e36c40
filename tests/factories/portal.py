"""People for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from portal.foundation.access.roles import ROLES
from portal.models import ContactPoint, User

# All of one length, so that names keep their order however many were made in this process before.
_numbers = count(10_001)
_TITLES = {role.key: role.title for role in ROLES}


def person(name: str = "", *, roles: tuple[str, ...] = (), **fields: Any) -> User:
    """A user who can sign in to the admin, holding the named roles (keys of the role catalogue)."""
    username = fields.pop("username", "") or (name.lower().replace(" ", ".") or "person") + f"-{next(_numbers)}"
    fields.setdefault("is_staff", True)
    # Long before any draft: an account that is younger than a change may not decide on it.
    fields.setdefault("date_joined", datetime(2020, 1, 1, tzinfo=UTC))
    user = User.objects.create_user(username=username, password=fields.pop("password", None), display_name=name or username, **fields)
    if roles:
        user.groups.add(*Group.objects.filter(name__in=[_TITLES[key] for key in roles]))
    return user


VERIFIED = {"verified_at": datetime(2020, 1, 1, tzinfo=UTC), "verified_until": datetime(2100, 1, 1, tzinfo=UTC)}


def contact(user: User, address: str = "http://127.0.0.1:9/", *, verified: bool = True, **fields: Any) -> ContactPoint:
    fields.setdefault("order", user.contact_points.count() + 1)
    fields.setdefault("label", "phone")
    fields.setdefault("channel", ContactPoint.Channel.WEBHOOK)
    return ContactPoint.objects.create(person=user, address=address, **(VERIFIED if verified else {}), **fields)
