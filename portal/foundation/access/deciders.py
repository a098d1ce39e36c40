"""Who can decide on a thing that needs somebody else's yes: the people with the right, and for each why they may or may not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model, Q

from portal.foundation.registry import Registry

from .checks import may

MOST = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided on a kind of thing. `why_not(thing, people)` says for each, by key, what keeps them from it, in words to them."""

    words: str
    permission: str
    why_not: Callable[[Any, Sequence[Any]], dict[int, str]]


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody with the right, and what keeps them from deciding; empty when nothing does."""

    person: Any
    roles: str
    why_not: str


# By the model that is decided on; the apps say theirs at start, with the functions that the services ask themselves.
decisions: Registry[Decision] = Registry("decision")


def deciders_of(thing: Model) -> tuple[Decision, list[Decider]] | None:
    """Everybody who holds the right over `thing`, those who can decide first; None where nothing is decided."""
    decision = decisions.get(thing._meta.label_lower)
    if decision is None:
        return None
    people = [person for person in _who_may_hold(decision.permission) if may(person, decision.permission, thing)]
    reasons = decision.why_not(thing, people)
    found = [Decider(person, ", ".join(group.name for group in person.groups.all()), reasons.get(person.pk, "")) for person in people]
    return decision, sorted(found, key=lambda each: (bool(each.why_not), str(each.person)))


def _who_may_hold(permission: str) -> Any:
    app, codename = permission.split(".")
    by_role = Q(groups__permissions__content_type__app_label=app, groups__permissions__codename=codename)
    by_itself = Q(user_permissions__content_type__app_label=app, user_permissions__codename=codename)
    people = get_user_model().objects.filter(by_role | by_itself | Q(is_superuser=True), is_active=True)
    return people.distinct().prefetch_related("groups").order_by("pk")[:MOST]
