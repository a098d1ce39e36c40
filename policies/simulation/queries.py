"""Which replay belongs to a version, whether it still says what the version says, and which period suggests itself."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from policies.catalogue.models import Service
from policies.decisions.vocabulary import Scope
from policies.governance.models import PolicyVersion
from policies.governance.snapshots import content_of
from policies.governance.states import VersionState
from policies.pathways.models import EscalationPolicy
from portal.foundation.access.checks import may
from portal.foundation.canonical import content_hash

from .history import Services, sources
from .models import ReplayRun

Period = tuple[datetime, datetime]
OPEN = (VersionState.DRAFT.value, VersionState.SUBMITTED.value)
# Either side of a change may ask what it would have done.
RIGHTS = ("policies.submit_policyversion", "policies.approve_policyversion")


def latest_run(version: PolicyVersion) -> ReplayRun | None:
    """The replay that was asked for last, however it went."""
    return ReplayRun.objects.filter(version=version).select_related("against", "requested_by", "version__policy__service").first()


def content_now(version: PolicyVersion) -> dict[str, Any]:
    """What `version` says now: its frozen content, or the rows of a draft."""
    return version.content if version.content else content_of(version)


def is_out_of_date(run: ReplayRun) -> bool:
    """Whether the version says something else by now than what was replayed."""
    return content_hash(content_now(run.version)) != run.content_sha256


def may_replay(actor: Any, version: PolicyVersion) -> bool:
    """Whether `actor` may ask for a replay of `version` in its state."""
    return version.state in OPEN and any(may(actor, right, version) for right in RIGHTS)


def last_full_quarter(at: datetime) -> Period:
    """The quarter (UTC) before the one that `at` lies in: its first instant and the first one after it."""
    utc = at.astimezone(UTC)
    end = _quarter_start(utc)
    return _quarter_start(end.replace(year=end.year - 1, month=12) if end.month == 1 else end.replace(month=end.month - 1)), end


def suggested(version: PolicyVersion, now: datetime) -> tuple[str, Period]:
    """Population and period to begin with: the service's own last full quarter, or the nearest to it that has incidents.

    A service without any past incident is offered all services.
    """
    services = services_of(version.policy)
    own = _latest(services, now)
    population = ReplayRun.Population.OWN if own else ReplayRun.Population.ALL
    last = own or _latest(None, now)
    start, end = last_full_quarter(now)
    if last is not None and not total(None if own is None else services, (start, end)):
        start = _quarter_start(last.astimezone(UTC))
        end = _quarter_start(start.replace(month=start.month + 3) if start.month < 10 else start.replace(year=start.year + 1, month=1))
    return population.value, (start, end)


def total(services: Services, period: Period) -> int:
    """How many past incidents there are in `period`."""
    return sum(source.count(services, *period) for _, source in sources)


def services_of(policy: EscalationPolicy) -> frozenset[int]:
    """The services that `policy` speaks for, by primary key."""
    if policy.scope == Scope.SERVICE:
        return frozenset([policy.service_id] if policy.service_id else [])
    told = {Scope.TIER: {"tier": policy.tier}, Scope.BUSINESS_UNIT: {"business_unit": policy.business_unit_id}, Scope.GLOBAL: {}}
    return frozenset(Service.objects.filter(**told[Scope(policy.scope)]).values_list("pk", flat=True))


def _latest(services: Services, now: datetime) -> datetime | None:
    found: Iterable[datetime | None] = (source.latest(services, now) for _, source in sources)
    return max((at for at in found if at is not None), default=None)


def _quarter_start(at: datetime) -> datetime:
    return datetime(at.year, (at.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC)
