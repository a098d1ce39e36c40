"""Who may decide on a version: people with the right who had no hand in it, under whatever account."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from policies.pathways.models import EscalationPolicy
from portal.foundation.people.models import User

from .models import Approval, PolicyVersion
from .parts import OWN_FIELDS, PARTS
from .states import VersionState, approvals_needed

OWN_CHANGE = "You had a hand in this version, so somebody else has to decide on it: nobody approves their own change."
SAME_PERSON = (
    "Your account shares its name, user name or e-mail address with somebody who had a hand in this version, "
    "so somebody else has to decide on it: nobody approves their own change under a second account."
)
# Where the version stands in a statement that is put together beforehand; it never comes from outside.
VERSION = -1
TOO_NEW = "Your account was made after this change was begun, so somebody whose account is older has to decide on it."


def contributors(version: PolicyVersion) -> set[int]:
    """Everybody whose hand is in `version`: author, whoever submitted it, also before it was sent back, and who changed it as a draft."""
    people = {version.author_id, version.submitted_by_id}
    statement, asked = _words_for_hands(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(statement, [version.pk if value == VERSION else value for value in asked])
        people.update(person for (person,) in cursor.fetchall())
    before = None
    for past in version.history.order_by("history_id"):
        people.add(past.submitted_by_id)
        said = (past.change_reason, past.effective_from, *(getattr(past, name) for name in OWN_FIELDS))
        if past.state == VersionState.DRAFT.value and said != before:
            people.add(past.history_user_id)
        before = said
    return {person for person in people if person is not None}


@cache
def _words_for_hands(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The statement for everybody who changed a row of a version's content, and its values with VERSION where that belongs.

    Put together once: who may decide is asked in every list of versions, and the words took ten times as long as the answer.
    """
    hands = []
    for part in PARTS:
        held: Any = part.model
        if part.inside is None:
            rows = held.history.filter(version_id=VERSION)
        else:
            above: Any = part.inside
            rows = held.history.filter(**{f"{part.link}_id__in": above.history.filter(version_id=VERSION).values("id")})
        hands.append(rows.order_by().values_list("history_user_id"))
    return hands[0].union(*hands[1:]).query.sql_with_params()  # type: ignore[no-any-return]


def own_change(version: PolicyVersion, person: Any) -> bool:
    """Whether `person` had a hand in `version` and so may not decide on it."""
    return person is not None and person.pk in contributors(version)


def why_not(version: PolicyVersion, person: Any) -> str:
    """Why `person` may not decide on `version`, in words to them; empty when they had no hand in it. Rights are asked elsewhere."""
    return OWN_CHANGE if person is None else _reasons(version, [person])[person.pk]


def why_not_each(version: PolicyVersion, people: Sequence[User]) -> dict[int, str]:
    """`why_not` for many at once, by their keys."""
    return _reasons(version, list(people))


def eligible_approvers(version: PolicyVersion) -> list[User]:
    """The people who could approve `version`: active, with the right given to them, and without a hand in it."""
    people = list(holders("approve_policyversion"))
    reasons = _reasons(version, people)
    return [person for person in people if not reasons[person.pk]]


def holders(codename: str) -> QuerySet[User]:
    """Active people who were given the right `codename` over policies; being a superuser gives nobody such a duty."""
    named = {"content_type__app_label": "policies", "codename": codename}
    by_group = Q(**{f"groups__permissions__{name}": value for name, value in named.items()})
    themselves = Q(**{f"user_permissions__{name}": value for name, value in named.items()}, is_superuser=False)
    return User.objects.filter(by_group | themselves, is_active=True).distinct().order_by("pk")


def needed_for(policy: EscalationPolicy) -> int:
    """How many people have to approve a version of `policy`, as it and its service stand now."""
    return approvals_needed(policy.scope, policy.service.tier if policy.service else policy.tier)


def approvals_that_count(version: PolicyVersion) -> QuerySet[Approval]:
    """The approvals of what is submitted now, the first one first. Those of an earlier submission do not count."""
    agreed = version.approvals.filter(decision=Approval.Decision.APPROVED, content_sha256=version.content_sha256)
    return agreed.filter(decided_at__gte=version.submitted_at).select_related("decided_by").order_by("decided_at", "pk")


def approvals_missing(version: PolicyVersion) -> int:
    """How many more people have to approve what is submitted. A service that became more critical meanwhile asks for more."""
    given = approvals_that_count(version).values("decided_by").distinct().count()
    return max(0, max(version.approvals_needed, needed_for(version.policy)) - given)


def _reasons(version: PolicyVersion, people: list[User]) -> dict[int, str]:
    """For each of `people`, why they may not decide on `version`; empty when they may."""
    hands = contributors(version)
    known = _known_as(hands | {person.pk for person in people})
    taken = {name for pk in hands for name in known[pk]}

    def reason(person: User) -> str:
        if person.pk in hands:
            return OWN_CHANGE
        if person.date_joined > version.created_at:
            return TOO_NEW
        return SAME_PERSON if taken & known[person.pk] else ""

    return {person.pk: reason(person) for person in people}


def _known_as(people: set[int]) -> defaultdict[int, set[tuple[str, str]]]:
    """By what each account is known, now and in its history. A user name that is an e-mail address is compared with both."""
    fields = ("username", "email", "display_name", "first_name", "last_name")
    told = [*User.objects.filter(pk__in=people).values_list("pk", *fields), *User.history.filter(id__in=people).values_list("id", *fields)]
    known: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for pk, username, email, shown, first, last in told:
        for kind, name in (("account", username), ("account", email), ("name", shown), ("name", f"{first} {last}")):
            if name.strip():
                known[pk].add((kind, " ".join(name.split()).casefold()))
    return known
