"""Coming and going: who signed in or out, who was refused, whose password is another now."""

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import post_save

from portal.foundation import clock

from .alone import tell
from .limits import Limit
from .services import object_as_recorded, running_act

# Of one account, from one address; people mistype three times.
refused_sign_ins = Limit(10)


def watch() -> None:
    """Called once at start."""
    user_logged_in.connect(signed_in)
    user_logged_out.connect(signed_out)
    user_login_failed.connect(sign_in_refused)
    post_save.connect(password_changed, sender=get_user_model())


# Signals have no caller that could hand on the time.
def signed_in(sender: Any, user: Any, **kwargs: Any) -> None:
    tell("account.signed_in", actor=user, now=clock.now(), subject=user)


def signed_out(sender: Any, user: Any, **kwargs: Any) -> None:
    if user is not None:
        tell("account.signed_out", actor=user, now=clock.now(), subject=user)


def sign_in_refused(sender: Any, credentials: dict[str, Any], request: Any = None, why: str = "", **kwargs: Any) -> None:
    """What was typed is not kept where no account is called so: it may be a password in the wrong field."""
    now = clock.now()
    typed = str(credentials.get("username") or "")[:150]
    user = get_user_model().objects.filter(username=typed).first() if typed else None
    untold = refused_sign_ins.untold_before((user.pk if user else None, _address(request)), now)
    if untold is not None:
        found = (
            "No account is called so." if user is None else "The password was wrong." if user.is_active else "The account is not active."
        )
        tell("account.sign_in_refused", actor=None, now=now, subject=user, why=why or found, not_told_before=untold)


def password_changed(sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Neither the password nor its hash is anywhere in the trail, so no row shows it."""
    # Set between set_password() and the end of the save that stores it.
    if not raw and not created and instance._password is not None:
        _note("account.password_changed", instance, clock.now())


def _note(verb: str, user: Model, now: datetime) -> None:
    running = running_act()
    if running is None:
        tell(verb, actor=None, now=now, subject=user)
    else:
        running.changes.append({**object_as_recorded(user), "kind": verb, "before": {}, "after": {}})


def _address(request: Any) -> str:
    return str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
