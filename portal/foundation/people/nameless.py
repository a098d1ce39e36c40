"""Taking a person's name and addresses away from an account that is kept, because other records point at it."""

from typing import Any

from .models import ContactPoint, User


def make_nameless(user: User) -> int:
    """Name, user name, addresses, skills and languages go from the account, its contact points and the history of both; how many rows.

    Runs in the caller's transaction, which has to tell of it: no history row is written, for it would say what the name was.
    """
    said: dict[str, Any] = {
        "username": f"erased-person-{user.pk}",
        "display_name": f"Erased person {user.pk}",
        "source_ref": f"erased-person-{user.pk}" if user.source_ref else "",
        **dict.fromkeys(("first_name", "last_name", "email", "skills", "languages"), ""),
    }
    contact = {"label": "erased"}
    # Where the account could be opened from, and by what.
    for ways_in in (user.browser_sessions, user.wrong_tries, user.linked_identities, user.authenticator_set):  # type: ignore[attr-defined]
        ways_in.all().delete()
    return sum(
        (
            User.objects.filter(pk=user.pk).update(**said),
            User.history.filter(id=user.pk).update(**said),
            ContactPoint.objects.filter(person=user).update(**contact, address="", active=False, verified_at=None, verified_until=None),
            ContactPoint.history.filter(person_id=user.pk).update(**contact),
        )
    )
