"""The versions in force for a service, for whoever acts on them at once: found with words that were put together once.

Every incident that is opened and every reading that comes in begins here, so neither the query nor what decisions never read is made anew.
"""

from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any

from django.db import connection

from policies.catalogue.models import Service
from policies.decisions.scopes import ORDER
from policies.decisions.vocabulary import Scope
from policies.pathways.models import EscalationPolicy
from portal.foundation.ready_questions import read_as
from portal.foundation.statements import ask, vendor

from .in_force import in_force_for
from .models import PolicyVersion

# Where the values stand in a statement that is put together beforehand; none of them ever comes from outside.
SERVICE, TIER, UNIT = -1, 32_765, -3
INSTANT = datetime(1970, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
VERSION, POLICY = ("id", "policy_id", "number", "content_sha256"), ("id", "name", "scope")


def acting_versions(service: Service, at: datetime) -> list[PolicyVersion]:
    """The version in force of every policy that speaks for `service`, the narrowest scope first. One query.

    With number, hash, and the policy's name and scope; anything else of them is read when it is asked for.
    """
    statement, asked = _words(vendor(), service.tier is not None, service.business_unit_id is not None)
    values = {
        SERVICE: service.pk,
        TIER: service.tier,
        UNIT: service.business_unit_id,
        INSTANT: _written(at),
        _written(INSTANT): _written(at),
    }
    found = [_version(row) for row in ask(statement, [values.get(value, value) for value in asked])]
    return sorted(found, key=lambda version: ORDER.index(Scope(version.policy.scope)))


def _version(row: tuple[Any, ...]) -> PolicyVersion:
    version = read_as(PolicyVersion, VERSION, row[: len(VERSION)])
    version.policy = read_as(EscalationPolicy, POLICY, [version.policy_id, *row[len(VERSION) :]])
    return version


@cache
def _words(vendor: str, tier: bool, unit: bool) -> tuple[str, tuple[Any, ...]]:
    """The statement of `in_force_for`, and its values with the placeholders where those belong."""
    service = Service(pk=SERVICE, tier=TIER if tier else None, business_unit_id=UNIT if unit else None)
    found = in_force_for(service, INSTANT).values_list(*VERSION, "policy__name", "policy__scope")
    statement, asked = found.query.sql_with_params()
    # Plain values: words of an enumeration are not what every driver takes.
    return statement, tuple(value.value if isinstance(value, Enum) else value for value in asked)


def _written(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
