"""After SECRET_KEY changed, or a column was sealed that was not: every secret in the database encrypted anew, with the key of now."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import F, TextField
from django.db.models.functions import Cast

from portal.foundation.adminkit.frame import frames
from portal.foundation.sealed_fields import SealedField
from portal.foundation.secrecy import Unreadable, is_old, is_sealed, seal, unseal

# Of authenticator apps and recovery codes.
OF_FACTORS = "second factor"
# In the data of authenticator apps and of recovery codes.
IN_FACTORS = ("secret", "seed")
SAID_EVERY = 500


def reseal(*, now: datetime, say: Callable[[str], Any] = lambda words: None) -> tuple[int, int]:
    """How many were encrypted anew, and how many cannot be read by any key that is known; these stay as they are. One event, if any."""
    done = lost = 0
    with frames["act"]("secrets.resealed", actor=None, now=now) as running:
        for made_anew in (*_columns(), *_factors()):
            done, lost = done + made_anew, lost + (not made_anew)
            if (done + lost) % SAID_EVERY == 0:
                say(f"{done + lost} done …")
        if done:
            running.details |= {"secrets": done, "unreadable": lost}
        else:
            running.nothing_happened()
    return done, lost


def sealed_columns() -> list[SealedField]:
    """Every column that holds a secret."""
    return [field for model in apps.get_models() for field in model._meta.concrete_fields if isinstance(field, SealedField)]


def unreadable() -> bool:
    """Whether what was sealed last in some column cannot be read: SECRET_KEY is another, and the old one is nowhere."""
    for field in sealed_columns():
        last = _stored(field).order_by("-pk").first()
        if last is not None and is_sealed(last[1]):
            try:
                unseal(last[1], purpose=field.purpose)
            except Unreadable:
                return True
    return False


def _columns() -> Iterator[bool]:
    for field in sealed_columns():
        for key, stored in list(_stored(field)):
            if not is_old(stored):
                continue
            try:
                text = unseal(stored, purpose=field.purpose) if is_sealed(stored) else stored
            except Unreadable:
                yield False
                continue
            # Whoever changed it meanwhile sealed it with the key of now.
            rows = field.model._base_manager.annotate(_stored=_as_stored(field)).filter(pk=key, _stored=stored)
            rows.update(**{field.name: text})
            yield True


def _factors() -> Iterator[bool]:
    for factor in Authenticator.objects.select_for_update().order_by("pk"):
        old = [name for name in IN_FACTORS if is_old(factor.data.get(name) or "") and factor.data.get(name)]
        if not old:
            continue
        try:
            factor.data |= {name: seal(unseal(factor.data[name], purpose=OF_FACTORS), purpose=OF_FACTORS) for name in old}
        except Unreadable:
            yield False
            continue
        factor.save(update_fields=["data"])
        yield True


def _stored(field: SealedField) -> Any:
    """Key and value of every row that has one, as it stands in the database."""
    rows = field.model._base_manager.annotate(_stored=_as_stored(field)).exclude(_stored="")
    return rows.order_by("pk").values_list("pk", "_stored")


def _as_stored(field: SealedField) -> Any:
    return Cast(F(field.attname), TextField())
