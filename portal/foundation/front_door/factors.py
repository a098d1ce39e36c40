"""Second factors: an authenticator app, passkeys and security keys, recovery codes. allauth keeps and checks them; here stands who may, and what is told.

Whatever changes them ends the person's sessions. allauth's code for keys is loaded when somebody uses one.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError

from portal.foundation import words
from portal.foundation.access.elevation import require_over
from portal.foundation.access.roles import ROLES
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import InvalidInput, NotAllowed, NotFound, PortalError, WrongState
from portal.foundation.people.models import User

from . import locks
from .ending import end_all
from .notices import tell

Type = Authenticator.Type
KINDS = {Type.TOTP: "Authenticator app", Type.WEBAUTHN: "Passkey or security key", Type.RECOVERY_CODES: "Recovery codes"}
EVERYBODY = "all"
# The code before and after this one count too: clocks differ, and people type slowly. None counts twice.
STEPS = (0, -1, 1)
STEP_SECONDS = 30
# The last step whose code was used, beside allauth's own.
LAST_STEP = "last_step"
WRONG = "This is not the right code."
WRONG_KEY = "This key is not one of yours, or it answered another question. Try again."
ONE_MORE = "It is the last second factor of an account that has to have one. Add another first."


@dataclass(frozen=True, slots=True)
class Factor:
    """One second factor, for its owner's page."""

    pk: int
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


def needs_factor(user: Any) -> bool:
    """Whether `user` has to have a second factor."""
    wanted = set(settings.MFA_REQUIRED_FOR)
    if not wanted or EVERYBODY in wanted:
        return bool(wanted)
    titles = [role.title for role in ROLES if role.key in wanted]
    return bool(user.is_superuser or user.groups.filter(name__in=titles).exists())


def has_factor(user: Any) -> bool:
    return bool(_factors(user).exists())


def kinds_of(user: Any) -> frozenset[str]:
    """Which kinds of second factor `user` can show, recovery codes among them."""
    return frozenset(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def factors_of(user: Any) -> list[Factor]:
    """The second factors of `user`, older ones first, without recovery codes."""
    found = _factors(user).order_by("created_at", "pk")
    return [Factor(one.pk, KINDS[Type(one.type)], str(one.data.get("name") or ""), one.created_at, one.last_used_at) for one in found]


def codes_left(user: Any) -> int | None:
    """How many recovery codes are left; None without any."""
    codes = Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).first()
    return len(_recovery()(codes).get_unused_codes()) if codes else None


def prove(user: User, *, code: str = "", credential: Any = None, now: datetime, again: bool = False) -> Authenticator:
    """The second factor that `code` or `credential` (what a key answered) belongs to; a code is used up by it. An event, right or wrong.

    Raises InvalidInput for a wrong one, which is counted, and WrongState after too many. `again`: somebody signed in proves it once more.
    """
    counters = locks.of_codes(user)
    refuse_closed(counters, now)
    with frames["act"]("account.factor_used", actor=user, now=now, subject=user) as running:
        factor = _by_key(user, credential) if credential is not None else _by_code(user, code, now)
        if factor is None:
            # Whoever it was knew the password, and nothing else is known of them.
            running.verb = "account.factor_refused"
            running.actor, running.why = user if again else None, "The second factor was wrong."
        else:
            running.details["factor"] = KINDS[Type(factor.type)]
            factor.last_used_at = now
            factor.save(update_fields=["last_used_at"])
    if factor is None:
        locks.count(counters, user=user, now=now)
        words_ = WRONG if credential is None else WRONG_KEY
        raise _recorded(InvalidInput(words_, {"code": [words_]}))
    locks.forget(counters)
    return factor


def prove_by_passkey(credential: Any, *, now: datetime) -> tuple[User, Authenticator]:
    """Whose passkey answered, and which: both proofs in one, as it asked for a finger, a face or a PIN. An event, right or wrong.

    Raises InvalidInput, the same for a passkey that nobody has and for an account that may not come in.
    """
    from .keys import was_verified

    user = _owner(credential)
    with frames["act"]("account.factor_used", actor=user, now=now, subject=user) as running:
        factor = _by_key(user, credential) if user is not None else None
        if user is None or factor is None or not (user.is_active and user.is_staff) or not was_verified(credential):
            running.verb = "account.factor_refused"
            running.actor, running.why = None, "A passkey that does not open the portal."
            factor = None
        else:
            running.details["factor"] = KINDS[Type.WEBAUTHN]
            factor.last_used_at = now
            factor.save(update_fields=["last_used_at"])
    if user is None or factor is None:
        raise _recorded(InvalidInput("This passkey does not open the portal. Sign in with user name and password."))
    return user, factor


def refuse_closed(counters: Sequence[locks.Counter], now: datetime) -> None:
    """Raises WrongState, with how long to wait, while the door is closed."""
    until = locks.closed_until(counters, now)
    if until is not None:
        raise WrongState(f"Too many tries. Wait {words.duration(until - now)}, or ask an administrator.")


def add_app(user: User, *, secret: str, code: str, actor: Any, now: datetime) -> Sequence[str]:
    """An authenticator app that holds `secret` and shows `code` for it. The recovery codes when these are the first, else none.

    Raises NotAllowed, InvalidInput for a wrong code, and WrongState when there is one already.
    """
    _own(user, actor)
    step = _step_of(secret, _plain(code), now)
    if step is None:
        raise InvalidInput(WRONG, {"code": [f"{WRONG} Is the telephone's clock right?"]})
    from allauth.mfa.totp.internal.auth import TOTP

    with frames["act"]("account.factor_added", actor=actor, now=now, subject=user) as running:
        _alone_with(user)
        if _factors(user).filter(type=Type.TOTP).exists():
            raise WrongState("There is an authenticator app already. Remove it first.")
        app = TOTP.activate(user, secret).instance
        app.data[LAST_STEP] = step
        app.save(update_fields=["data"])
        return _added(user, app, running, now)


def add_key(user: User, *, name: str, credential: Any, actor: Any, now: datetime) -> Sequence[str]:
    """A passkey or security key that answered what `allauth` asked it. The recovery codes when these are the first, else none.

    Raises NotAllowed, and InvalidInput for an answer that is none.
    """
    _own(user, actor)
    from allauth.mfa.webauthn.internal import auth

    with frames["act"]("account.factor_added", actor=actor, now=now, subject=user) as running:
        _alone_with(user)
        try:
            auth.parse_registration_response(credential)
            auth.complete_registration(credential)
        except (ValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidInput("The key's answer cannot be used. Try again, or with another key.") from error
        name = " ".join(name.split())[:60] or f"Key {_factors(user).filter(type=Type.WEBAUTHN).count() + 1}"
        return _added(user, auth.WebAuthn.add(user, name, credential).instance, running, now)


def remove(user: User, pk: int, *, actor: Any, now: datetime) -> None:
    """Takes one of one's own second factors away. Raises NotAllowed, NotFound, and WrongState for the last one of an account that needs one."""
    _own(user, actor)
    with frames["act"]("account.factor_removed", actor=actor, now=now, subject=user) as running:
        _alone_with(user)
        factor = _factors(user).filter(pk=pk).first()
        if factor is None:
            raise NotFound("This second factor is gone already.")
        if needs_factor(user) and not _factors(user).exclude(pk=pk).exists():
            raise WrongState(ONE_MORE)
        running.details["factor"] = KINDS[Type(factor.type)]
        factor.delete()
        if not has_factor(user):
            Authenticator.objects.filter(user=user).delete()
        end_all(user)
        tell(user, f"A second factor of your account was removed ({running.details['factor'].lower()}).", now=now)


def new_codes(user: User, *, actor: Any, now: datetime) -> Sequence[str]:
    """Recovery codes in the place of those that there were. Raises NotAllowed, and WrongState without a second factor."""
    _own(user, actor)
    with frames["act"]("account.recovery_codes_made", actor=actor, now=now, subject=user):
        _alone_with(user)
        if not has_factor(user):
            raise WrongState("Recovery codes stand in for a second factor, and there is none. Set one up first.")
        Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).delete()
        return _codes(user)


def take_away(user: User, *, actor: Any, now: datetime, reason: str = "") -> None:
    """All second factors of somebody who lost them. All sessions end; at the next sign-in new ones are set up.

    Raises NotAllowed, and WrongState when there is none.
    """
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed("Your own second factors are on the page of your account.")
    require_over(actor, "portal.change_user", user, user, to="take somebody's second factors away")
    with frames["act"]("account.factors_taken_away", actor=actor, now=now, subject=user, why=reason) as running:
        running.details["factors"] = [KINDS[Type(kind)] for kind in sorted(kinds_of(user))]
        if not Authenticator.objects.filter(user=user).delete()[0]:
            raise WrongState("This person has no second factor.")
        end_all(user)
        tell(user, "An administrator took the second factors of your account away.", now=now)


def _added(user: User, factor: Authenticator, running: Any, now: datetime) -> Sequence[str]:
    running.details["factor"] = KINDS[Type(factor.type)]
    end_all(user)
    tell(user, f"A second factor was added to your account ({KINDS[Type(factor.type)].lower()}).", now=now)
    first = not Authenticator.objects.filter(user=user, type=Type.RECOVERY_CODES).exists()
    return _codes(user) if first else ()


def _codes(user: User) -> Sequence[str]:
    return _recovery().activate(user).get_unused_codes()  # type: ignore[no-any-return]


def _recovery() -> Any:
    """Not by `Authenticator.wrap`, which loads the code for keys whatever it is asked for."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    return RecoveryCodes


def _by_code(user: User, typed: str, now: datetime) -> Authenticator | None:
    code = _plain(typed)
    waiting = Authenticator.objects.select_for_update().filter(user=user, type__in=(Type.TOTP, Type.RECOVERY_CODES))
    for factor in sorted(waiting, key=lambda one: one.type != Type.TOTP):
        if _takes_step(factor, code, now) if factor.type == Type.TOTP else _recovery()(factor).validate_code(code):
            return factor
    return None


def _takes_step(app: Authenticator, code: str, now: datetime) -> bool:
    """Each code counts once, and none before one that was used."""
    from allauth.mfa.utils import decrypt

    step = _step_of(decrypt(app.data["secret"]), code, now)
    if step is None or step <= app.data.get(LAST_STEP, -1):
        return False
    app.data[LAST_STEP] = step
    app.save(update_fields=["data"])
    return True


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half minute that `code` belongs to."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    current = int(now.timestamp()) // STEP_SECONDS
    fitting = (current + by for by in STEPS if hmac.compare_digest(format_hotp_value(hotp_value(secret, current + by)), code))
    return next(fitting, None)


def _by_key(user: User, credential: Any) -> Authenticator | None:
    from allauth.mfa.webauthn.internal import auth

    try:
        auth.parse_authentication_response(credential)
        return auth.complete_authentication(user, credential)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _owner(credential: Any) -> User | None:
    """Who the passkey says its owner is; it proves that afterwards."""
    from allauth.mfa.webauthn.internal import auth

    try:
        return auth.extract_user_from_response(credential)  # type: ignore[no-any-return]
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _factors(user: Any) -> Any:
    return Authenticator.objects.filter(user=user).exclude(type=Type.RECOVERY_CODES)


def _alone_with(user: User) -> None:
    """Two of somebody's changes at once are made one after the other."""
    User.objects.select_for_update().only("pk").get(pk=user.pk)


def _own(user: User, actor: Any) -> None:
    if actor is None or actor.pk != user.pk:
        raise NotAllowed("Everybody sets up their own second factors.")


def _plain(typed: str) -> str:
    code = "".join(typed.split()).replace("-", "")[:40]
    return code if code.isascii() else ""


def _recorded(error: PortalError) -> PortalError:
    error.recorded = True
    return error
