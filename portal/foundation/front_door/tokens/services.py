"""Making tokens, taking them back, and saying in time that one ends. Its owner makes a token; of a machine's account an administrator does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.foundation import words
from portal.foundation.access.elevation import require_over
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import InvalidInput, NotAllowed, NotFound, WrongState
from portal.foundation.front_door.factors import has_factor, needs_factor
from portal.foundation.front_door.models import ApiToken
from portal.foundation.front_door.notices import tell
from portal.foundation.people.models import User

from . import written
from .scopes import BY_KEY, scopes_for

USUAL_DAYS, MOST_DAYS = 90, 365
MOST_TOKENS = 20
WARNED_BEFORE = timedelta(days=14)


def is_machine(account: Any) -> bool:
    """An account that no person comes in by: it opens no pages, has no password, and nobody ever signed in with it."""
    return not account.is_staff and not account.is_superuser and account.last_login is None and not account.has_usable_password()


def may_make(owner: Any, actor: Any) -> bool:
    """Whether `actor` would be let to `make_token` for `owner`."""
    try:
        _require_maker(owner, actor)
    except NotAllowed:
        return False
    return True


def make_token(
    owner: User, *, name: str, scopes: Sequence[str], days: int = USUAL_DAYS, actor: Any, now: datetime, reason: str = ""
) -> tuple[ApiToken, str]:
    """A token of `owner`, and its text, which is shown once and stands nowhere. `actor` None: whoever runs the server.

    Raises NotAllowed, InvalidInput, and WrongState for an account that cannot sign in, that owes a second factor, or that has too many.
    """
    _require_maker(owner, actor)
    name, scopes = _checked(owner, name, scopes, days)
    with frames["act"]("token.created", actor=actor, now=now, subject=owner, why=reason) as running:
        User.objects.select_for_update().only("pk").get(pk=owner.pk)
        if open_tokens(owner, now).count() >= MOST_TOKENS:
            raise WrongState(f"There are {MOST_TOKENS} tokens already. Revoke one that is not used.")
        text, key = written.new()
        token = ApiToken.objects.create(
            owner=owner,
            name=name,
            key_id=key,
            digest=written.digest_of(text),
            scopes=" ".join(scopes),
            made_by=actor,
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
        running.details |= {"token": key, "name": name, "scopes": list(scopes), "until": token.expires_at.isoformat()}
        tell(owner, f"An API token was made for your account: '{name}'.", now=now)
    return token, text


def revoke(token: ApiToken, *, actor: Any, now: datetime, reason: str = "") -> None:
    """Ends it at once. Raises NotAllowed, and WrongState when it is over already."""
    owner = token.owner
    if actor is not None and actor.pk != owner.pk:
        require_over(actor, "portal.change_apitoken", owner, token, to="revoke somebody's API token")
    with frames["act"]("token.revoked", actor=actor, now=now, subject=owner, why=reason) as running:
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now, revoked_by=actor):
            raise WrongState("This token was revoked already.")
        running.details |= {"token": token.key_id, "name": token.name}


def revoke_own(owner: Any, key: str, *, actor: Any, now: datetime, reason: str = "") -> None:
    """As `revoke`, by its name. Raises NotFound for one that is not there or another's."""
    token = ApiToken.objects.filter(owner=owner, key_id=key).select_related("owner").first()
    if token is None:
        raise NotFound("There is no such token.")
    revoke(token, actor=actor, now=now, reason=reason)


def revoke_all(owner: Any, *, now: datetime, reason: str) -> int:
    """All of an account that is closed; how many."""
    waiting = list(ApiToken.objects.filter(owner=owner, revoked_at=None).select_related("owner"))
    for token in waiting:
        revoke(token, actor=None, now=now, reason=reason)
    return len(waiting)


def open_tokens(owner: Any, now: datetime) -> Any:
    """Those that are good at `now`, the newest first."""
    return ApiToken.objects.filter(owner=owner, revoked_at=None, expires_at__gt=now).order_by("-made_at", "-pk")


def warn_before_end(*, now: datetime) -> int:
    """Tells owners, and whoever made a machine's token, that one ends within two weeks; once each, and how many."""
    ending = ApiToken.objects.filter(
        revoked_at=None, warned_at=None, expires_at__gt=now, expires_at__lte=now + WARNED_BEFORE, owner__is_active=True
    ).select_related("owner", "made_by")
    found = list(ending[:200])
    for token in found:
        with frames["act"]("token.ends_soon", actor=None, now=now, subject=token.owner) as running:
            ApiToken.objects.filter(pk=token.pk).update(warned_at=now)
            running.details |= {"token": token.key_id, "name": token.name}
            said = (
                f"The API token '{token.name}' ends in {words.counted(max((token.expires_at - now).days, 1), 'day')}. Make another in time."
            )
            for person in {one for one in (token.owner, token.made_by) if one is not None and one.is_active}:
                tell(person, said, now=now)
    return len(found)


def _require_maker(owner: User, actor: Any) -> None:
    if actor is None:
        return
    if actor.pk == owner.pk:
        if needs_factor(owner) and not has_factor(owner):
            raise NotAllowed("Set up a second factor first: a token opens the API without one.")
        return
    if not is_machine(owner):
        raise NotAllowed("People make their own tokens. For a machine, make an account that opens no pages.")
    require_over(actor, "portal.change_apitoken", owner, to="make a token for a machine")


def _checked(owner: User, name: str, scopes: Sequence[str], days: int) -> tuple[str, list[str]]:
    if not owner.is_active or owner.origin == User.Origin.IMPORTED:
        raise WrongState(f"The account '{owner.get_username()}' cannot sign in, so a token would open nothing. Activate it first.")
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise InvalidInput("Say in up to 80 characters what the token is for.", {"name": ["Such as 'Monitoring in Frankfurt'."]})
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"A token counts for 1 to {MOST_DAYS} days.", {"days": [f"Choose 1 to {MOST_DAYS}."]})
    chosen = [key for key in BY_KEY if key in set(scopes)]
    unknown = sorted(set(scopes) - set(chosen))
    if unknown or not chosen:
        known = ", ".join(BY_KEY)
        raise InvalidInput(
            f"There is no scope '{unknown[0]}'. There are {known}." if unknown else f"Choose at least one scope of {known}.",
            {"scopes": ["Choose some."]},
        )
    useless = [key for key in chosen if key not in {scope.key for scope in scopes_for(owner)}]
    if useless:
        raise InvalidInput(f"{owner} has no right that '{useless[0]}' would need.", {"scopes": ["Leave it out, or give the role first."]})
    return name, chosen
