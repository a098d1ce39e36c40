"""What is done to accounts beside editing them: keys for machines."""

from django.db import transaction
from rest_framework.authtoken.models import Token

from portal.foundation.errors import Conflict, NotFound, WrongState

from .models import User


def issue_token(username: str, *, replace: bool = False) -> tuple[User, str]:
    """Makes the API token of a person and returns both; the token is shown once and stands nowhere else.

    Raises NotFound, WrongState for an account that cannot sign in, and Conflict when there is a token already and `replace` is not set.
    """
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound(f"There is no account '{username}'.")
    if not user.is_active or user.origin == User.Origin.IMPORTED:
        raise WrongState(f"The account '{username}' cannot sign in, so a token would open nothing. Activate it first.")
    with transaction.atomic():
        existing = Token.objects.filter(user=user)
        if existing.exists() and not replace:
            raise Conflict(f"'{username}' has a token already. With --replace it is exchanged and the old one stops working.")
        existing.delete()
        return user, Token.objects.create(user=user).key


def revoke_token(user: User) -> bool:
    """Takes the API token of `user` away; False when there was none."""
    deleted, _ = Token.objects.filter(user=user).delete()
    return bool(deleted)
