"""Asked before anybody is given a role or a right: would two duties meet in one person that must not?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model

from portal.foundation import clock
from portal.foundation.errors import NotAllowed
from portal.foundation.people.models import User

from .exceptions import running_exceptions
from .holdings import by_grant, holdings_of, holdings_with
from .models import DutyPair
from .pairs import Hit, Holding, hits
from .table import as_pure, in_force, rights_of_pairs


def refuse_roles(person: Any, groups: Iterable[Group], *, is_superuser: bool, now: datetime) -> None:
    """Raises NotAllowed, in words, when `person` as a member of `groups` would newly hold a pair that nobody let pass."""
    pairs = in_force()
    rights = rights_of_pairs(pairs)
    held = holdings_of([person.pk], rights=rights).get(person.pk, []) if person.pk else []
    _refuse(person, held, holdings_with(person, groups, is_superuser=is_superuser, rights=rights), pairs, now)


def refuse_grant(permission: str, holder: Any, subject: Model) -> None:
    """The same for a right on one object, for a person or for every member of a group."""
    pairs = in_force()
    rights = rights_of_pairs(pairs)
    people = [holder] if isinstance(holder, User) else list(User.objects.filter(groups=holder, is_active=True))
    held = holdings_of([person.pk for person in people], rights=rights)
    through = "" if isinstance(holder, User) else str(holder)
    app, _, codename = permission.partition(".")
    granted = by_grant(through, app, codename, subject._meta.app_label, str(subject._meta.model_name), str(subject.pk))
    for person in people:
        before = held.get(person.pk, [])
        # Whoever grants is told no time to hand on.
        _refuse(person, before, [*before, *granted], pairs, clock.now())


def _refuse(person: Any, before: list[Holding], after: list[Holding], pairs: list[DutyPair], now: datetime) -> None:
    pure = as_pure(pairs)
    there = {(hit.pair, hit.on) for hit in hits(before, pure)}
    new = [hit for hit in hits(after, pure) if (hit.pair, hit.on) not in there]
    if not new:
        return
    passing = running_exceptions(now)
    by_key = {pair.pk: pair for pair in pairs}
    words = [_words(person, hit, by_key[hit.pair]) for hit in new if (person.pk, hit.pair) not in passing]
    if words:
        raise NotAllowed(" ".join([*words, "Leave one of them out, or ask Compliance for an exception until a day first."]))


def _words(person: Any, hit: Hit, pair: DutyPair) -> str:
    if pair.right_a == pair.right_b:
        return f"{person} would be a superuser. {pair.why}"
    a, b = hit.a[0], hit.b[0]
    return f"{person} could {pair.words_a} ({a.words()}) and {pair.words_b} ({b.words()}), which must not meet in one person. {pair.why}"
