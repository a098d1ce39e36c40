"""What names in a policy file mean: looked up kind by kind, and written back by primary key."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.models import Model

from policies.catalogue.models import Region, Role, Runbook, Service, Team
from policies.decisions.measures import MEASURES
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from policies.oncall.models import OnCallSchedule
from policies.severity.models import OwnMeasure
from portal.foundation.people.models import User

from .document import Row
from .writing import Names

# A kind of thing: its table, the field by which a file names it, and what it is called in a sentence.
KINDS: dict[str, tuple[type[Model], str, str]] = {
    "person": (User, "username", "person"),
    "schedule": (OnCallSchedule, "name", "on-call schedule"),
    "role": (Role, "name", "role"),
    "team": (Team, "name", "team"),
    "region": (Region, "name", "region"),
    "runbook": (Runbook, "title", "runbook"),
    "service": (Service, "key", "service"),
}


class Found:
    """Everything that the rows of a file name, looked up with one query a kind."""

    def __init__(self, rows: Iterable[Row]) -> None:
        every = list(_all(rows))
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for row in every:
            for kind, name in row.names.values():
                wanted[kind].add(name)
        self.things = {(kind, getattr(thing, KINDS[kind][1])): thing for kind, names in wanted.items() for thing in _named(kind, names)}
        used = {row.fields["measure"] for row in every if row.kind == "criterion"} - set(MEASURES)
        own = OwnMeasure.objects.filter(key__in=used).values_list("key", flat=True) if used else ()
        self.measures = {*MEASURES, *own}

    def values(self, row: Row) -> dict[str, Model | None]:
        """What the names of `row` mean, by field."""
        return {field: self.things.get(named) for field, named in row.names.items()}

    def problems(self, row: Row) -> Iterator[str]:
        """What `row` names and is not there, or may not be named any more."""
        for field, (kind, name) in row.names.items():
            thing, called = self.things.get((kind, name)), KINDS[kind][2]
            if isinstance(thing, User) and not (thing.is_active and thing.origin == User.Origin.PORTAL):
                yield f"{row.where}: the person '{name}' can no longer sign in. Give the user name of somebody who can sign in."
            elif thing is None and kind == "person":
                yield f"{row.where}: the person '{name}' is not known. Give the user name of somebody who can sign in."
            elif thing is None:
                yield f"{row.where}: there is no {called} '{name}'{'' if field != 'runbook' else ' (runbooks are named by their title)'}."
        if row.kind == "criterion" and row.fields["measure"] not in self.measures:
            yield f"{row.where}: there is no measure '{row.fields['measure']}'. Known: {', '.join(sorted(self.measures))}, and those of our own."


def names_in(content: PolicySnapshot) -> Names:
    """The names by which a file can mean everything that `content` means by primary key. One query a kind."""
    keys: defaultdict[str, set[int | None]] = defaultdict(set)
    for level in (level for track in Track for level in content.levels_of(track)):
        keys["person"].add(level.owner_id)
        keys["region"].add(level.region_id)
        keys["runbook"].add(level.runbook_id)
        for target in level.targets:
            keys["person"].add(target.person_id)
            keys["schedule"].add(target.schedule_id)
            keys["role"].add(target.role_id)
            keys["team"].add(target.team_id)
    keys["runbook"].update(threshold.runbook_id for threshold in content.thresholds)
    for rule in content.exceptions:
        keys["person"].add(rule.owner_id)
        keys["service"].add(rule.service_id)
    for announcement in content.announcements:
        keys["person"].add(announcement.person_id)
        keys["role"].add(announcement.role_id)
    return {kind: _called(kind, {key for key in wanted if key is not None}) for kind, wanted in keys.items()}


def _called(kind: str, keys: set[int]) -> dict[int, str]:
    model, field, _ = KINDS[kind]
    return dict(model._default_manager.filter(pk__in=keys).values_list("pk", field)) if keys else {}


def _named(kind: str, names: set[str]) -> Iterable[Model]:
    model, field, _ = KINDS[kind]
    return model._default_manager.filter(**{f"{field}__in": names})


def _all(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from _all(row.rows)
