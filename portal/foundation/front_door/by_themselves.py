"""What begins and ends by itself: a session's record with a sign-in, sessions and tokens with the account or its password."""

from typing import Any

from django.contrib.auth import user_logged_in
from django.db.models.signals import post_save

from portal.foundation import clock
from portal.foundation.people.models import User

from .ending import end_all


def watch() -> None:
    """Called once at start."""
    from .sessions import note_sign_in

    user_logged_in.connect(note_sign_in)
    post_save.connect(account_saved, sender=User)


def account_saved(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    """Nobody stays in an account that is closed, or whose password is another now. The door that changed it lets its own session in again."""
    # Set between set_password() and the end of the save that stores it.
    if not created and (not instance.is_active or instance._password is not None):  # type: ignore[attr-defined]
        end_all(instance)
        if not instance.is_active:
            from .tokens.services import revoke_all

            # Signals have no caller that could hand on the time.
            revoke_all(instance, now=clock.now(), reason="The account was closed.")
