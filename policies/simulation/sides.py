"""Which rules count for a past incident, without the change and with it: those of every policy that speaks for its service."""

from datetime import datetime

from policies.catalogue.models import Service
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.scopes import compose
from policies.governance.models import PolicyVersion
from policies.governance.queries import source_of, versions_in_force
from policies.governance.snapshots import snapshot_of

from .replay import PastIncident, Replay

Pair = tuple[Replay, Replay]


class Sides:
    """Gives, for an incident, the replay before and the replay after the change of `version` to `content`.

    The other policies count as they are in force when the version starts, or now. Services with the same other policies share their
    replays. `alone` leaves the other policies out: all incidents, as if only this policy governed them.
    """

    def __init__(
        self, version: PolicyVersion, content: PolicySnapshot, against: PolicyVersion | None, now: datetime, *, alone: bool
    ) -> None:
        self._version, self._content, self._against, self._alone = version, content, against, alone
        self._at = max(version.effective_from or now, now)
        self._before = snapshot_of(against) if against else None
        self._by_service: dict[int | None, Pair] = {}
        self._by_others: dict[tuple[int, ...], Pair] = {}
        self._services = Service.objects.in_bulk() if not alone else {}

    def __call__(self, incident: PastIncident) -> Pair:
        service = incident.facts.service_id
        found = self._by_service.get(service)
        if found is None:
            found = self._by_service[service] = self._pair(self._services.get(service or 0))
        return found

    def _pair(self, service: Service | None) -> Pair:
        if self._alone or service is None:
            if () not in self._by_others:
                self._by_others[()] = Replay(self._before), Replay(self._content)
            return self._by_others[()]
        others = [found for found in versions_in_force(service, self._at) if found.policy_id != self._version.policy_id]
        key = tuple(found.pk for found in others)
        if key not in self._by_others:
            said = [(source_of(found), snapshot_of(found)) for found in others]
            before = said + [(source_of(self._against), self._before)] if self._against and self._before else said
            after = [*said, (source_of(self._version), self._content)]
            self._by_others[key] = Replay(compose(before).content if before else None), Replay(compose(after).content)
        return self._by_others[key]
