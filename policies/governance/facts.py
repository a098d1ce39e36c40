"""What the checks know beyond a version's content, read from the rows in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from policies.catalogue.models import Role, Service
from policies.decisions.rota import RotaSnapshot
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.scopes import ORDER, Source
from policies.decisions.vocabulary import Scope, Track
from policies.oncall.models import OnCallSchedule
from policies.oncall.queries import rotas
from policies.pathways.models import EscalationPolicy
from policies.pathways.people import People
from portal.foundation.people.models import User
from portal.foundation.people.reach import reach_of

from .checks import Facts
from .models import PolicyVersion
from .promises import Served

Broader = Sequence[tuple[Source, PolicySnapshot]]


def gather(version: PolicyVersion, content: PolicySnapshot, since: datetime, *, broader: Broader, in_force: Any) -> Facts:
    """The facts about `content` as if it were what `version` says. Twelve queries at most.

    `broader` are the policies in force that speak for all of its scope; `in_force` gives the primary keys of all versions in force.
    """
    said = [content, *(other for _, other in broader)]
    targets = [target for one in said for track in Track for level in one.levels_of(track) for target in level.targets]
    teams: dict[int, list[int]] = {target.team_id: [] for target in targets if target.team_id is not None}
    wanted = Q(pk__in={target.schedule_id for target in targets if target.schedule_id is not None}) | Q(team__in=list(teams))
    schedules = list(OnCallSchedule.objects.filter(wanted))
    for schedule in schedules:
        if schedule.team_id in teams:
            teams[schedule.team_id].append(schedule.pk)
    known = rotas(schedules, since)
    roles = _roles(said)
    owner = version.policy.owner
    return Facts(
        since=since,
        owner_id=owner.pk,
        owner_name=str(owner),
        people=_people({owner.pk, *_named(said), *_held(roles), *_on_duty(known.values())}, since, roles, teams),
        rotas=known,
        scope=Scope(version.policy.scope),
        broader=tuple(broader),
        services=tuple(_services(version.policy, in_force)),
    )


def _named(said: Iterable[PolicySnapshot]) -> set[int]:
    """Everybody whom contents name by themselves."""
    people: set[int | None] = set()
    for content in said:
        for track in Track:
            for level in content.levels_of(track):
                people |= {level.owner_id, *(target.person_id for target in level.targets)}
        people |= {rule.owner_id for rule in content.exceptions} | {rule.person_id for rule in content.announcements}
    return {person for person in people if person is not None}


def _roles(said: Iterable[PolicySnapshot]) -> dict[int, tuple[int | None, int | None]]:
    """Holder and deputy of every role that is named."""
    named: set[int | None] = set()
    for content in said:
        named |= {rule.role_id for rule in content.announcements}
        named |= {target.role_id for track in Track for level in content.levels_of(track) for target in level.targets}
    rows = Role.objects.filter(pk__in=[role for role in named if role is not None]).values_list("pk", "holder_id", "deputy_id")
    return {role: (holder, deputy) for role, holder, deputy in rows}


def _held(roles: dict[int, tuple[int | None, int | None]]) -> set[int]:
    return {person for held in roles.values() for person in held if person is not None}


def _on_duty(known: Iterable[RotaSnapshot]) -> set[int]:
    return {person.person_id for rota in known for person in rota.everybody()}


def _people(wanted: set[int], at: datetime, roles: dict[int, tuple[int | None, int | None]], teams: dict[int, list[int]]) -> People:
    """Who left, and who can be reached."""
    reach = reach_of(wanted, at)
    return People(
        gone=frozenset(User.objects.filter(pk__in=wanted, is_active=False).values_list("pk", flat=True)),
        unreachable=reach.unreachable,
        only_email=reach.only_email,
        unverified=reach.unverified,
        expired=reach.expired,
        roles=roles,
        teams=teams,
    )


def _services(policy: EscalationPolicy, in_force: Any) -> Iterable[Served]:
    """The services that `policy` speaks for, and which tracks narrower policies bring for them."""
    scope = Scope(policy.scope)
    in_scope = {
        Scope.SERVICE: Q(pk=policy.service_id),
        Scope.TIER: Q(tier=policy.tier),
        Scope.BUSINESS_UNIT: Q(business_unit=policy.business_unit_id),
        Scope.GLOBAL: Q(),
    }[scope]
    brought = PolicyVersion.objects.filter(pk__in=in_force, policy__scope__in=ORDER[: ORDER.index(scope)]).exclude(policy=policy)
    levels: set[tuple[str, int | None]] = set()
    compliance: set[tuple[str, int | None]] = set()
    first = ("content__levels__0__number", "content__compliance_levels__0__number")
    rows = brought.values_list("policy__scope", "policy__service", "policy__tier", "policy__business_unit", *first)
    for of, service, tier, unit, technical, legal in rows if scope is not Scope.SERVICE else ():
        key = (of, {Scope.SERVICE: service, Scope.TIER: tier, Scope.BUSINESS_UNIT: unit}[Scope(of)])
        levels |= {key} if technical is not None else set()
        compliance |= {key} if legal is not None else set()
    columns = ("pk", "name", "regulated", "promised_response", "promised_resolution", "tier", "business_unit_id")
    for pk, name, regulated, response, resolution, tier, unit in Service.objects.filter(in_scope).order_by("name").values_list(*columns):
        keys = {(Scope.SERVICE.value, pk), (Scope.TIER.value, tier), (Scope.BUSINESS_UNIT.value, unit)}
        yield Served(name, regulated, response, resolution, bool(keys & levels), bool(keys & compliance))
