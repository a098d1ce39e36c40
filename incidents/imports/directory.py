"""The services, teams, people, problems and changes that a log names: found where they exist, made where they do not."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models

from incidents.changes.models import ChangeRequest
from incidents.problems.models import Problem
from policies.catalogue.models import Component, Origin, Service, Team
from portal.foundation.people.models import User

from .drafts import IncidentDraft, Source
from .tracking import Stamp, batches, create_tracked

# Every incident belongs to a service. Those whose category the log does not know are put together where they can be seen.
NOT_KNOWN = "Not known"
KINDS = ("services", "components", "teams", "people", "problems", "changes")


@dataclass(slots=True)
class Directory:
    """Keys by name, per kind; `missing` are the names that have none yet. Components go by (service, component)."""

    keys: dict[str, dict[Any, int]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    missing: dict[str, list[Any]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def key(self, kind: str, name: Any) -> int | None:
        """None for the empty name. Every other name was surveyed."""
        return self.keys[kind][name] if name else None

    def service_key(self, name: str) -> int:
        return self.keys["services"][name or NOT_KNOWN]

    def component_key(self, service: str, component: str) -> int | None:
        return self.key("components", (service or NOT_KNOWN, component) if component else "")


def survey(drafts: Iterable[IncidentDraft]) -> Directory:
    """What the drafts name, and which of it exists. Reads only."""
    named: dict[str, dict[Any, None]] = {kind: {} for kind in KINDS}
    for draft in drafts:
        mentions = draft.mentions
        named["services"].update(dict.fromkeys((*mentions.services, draft.service or NOT_KNOWN)))
        components = [(service or NOT_KNOWN, component) for service, component in mentions.components]
        named["components"].update(dict.fromkeys(components))
        named["services"].update(dict.fromkeys(service for service, _ in components))
        named["teams"].update(dict.fromkeys(mentions.teams))
        named["people"].update(dict.fromkeys(mentions.people))
        named["problems"].update(dict.fromkeys(mentions.problems))
        named["changes"].update(dict.fromkeys((*mentions.resolving_changes, *mentions.causing_changes)))
    directory = Directory()
    _find(directory, "services", Service.objects.all(), "name", named)
    _find(directory, "teams", Team.objects.all(), "name", named)
    _find(directory, "people", User.objects.filter(origin=User.Origin.IMPORTED), "source_ref", named)
    _find(directory, "problems", Problem.objects.all(), "number", named)
    _find(directory, "changes", ChangeRequest.objects.all(), "number", named)
    existing = Component.objects.filter(service__in=directory.keys["services"].values()).values_list("service__name", "name", "pk")
    _sort(directory, "components", named["components"], {(service, name): key for service, name, key in existing})
    return directory


def create_missing(directory: Directory, source: Source, stamp: Stamp) -> None:
    """Makes what is missing, services before their components. People cannot sign in: no password, no rights, not active."""
    _make(directory, "teams", Team, lambda name: Team(name=name, origin=Origin.IMPORTED), stamp)
    slugs = _Free(Service.objects.values_list("key", flat=True), 120)
    _make(directory, "services", Service, lambda name: Service(name=name, key=slugs.take(name, "service"), origin=Origin.IMPORTED), stamp)
    services = directory.keys["services"]
    _make(
        directory, "components", Component,
        lambda pair: Component(service_id=services[pair[0]], name=pair[1], origin=Origin.IMPORTED), stamp,
    )  # fmt: skip
    names = _Free(User.objects.filter(username__startswith="imported.").values_list("username", flat=True), 150)
    _make(directory, "people", User, lambda name: _person(name, names.take(name, "person", "imported."), stamp), stamp)
    title = f"Named in the {source.name} log"
    _make(
        directory, "problems", Problem,
        lambda number: Problem(number=number, title=title, state=Problem.State.UNKNOWN, source_system=source.key), stamp,
    )  # fmt: skip
    _make(directory, "changes", ChangeRequest, lambda number: ChangeRequest(number=number, title=title, source_system=source.key), stamp)


def _find(directory: Directory, kind: str, rows: "models.QuerySet[Any]", column: str, named: dict[str, dict[Any, None]]) -> None:
    known: dict[Any, int] = {}
    for batch in batches(list(named[kind])):
        known.update(rows.filter(**{f"{column}__in": batch}).values_list(column, "pk"))
    _sort(directory, kind, named[kind], known)


def _sort(directory: Directory, kind: str, wanted: Iterable[Any], known: dict[Any, int]) -> None:
    for name in wanted:
        if name in known:
            directory.keys[kind][name] = known[name]
        else:
            directory.missing[kind].append(name)


def _make(directory: Directory, kind: str, model: Any, build: Callable[[Any], models.Model], stamp: Stamp) -> None:
    names = directory.missing[kind]
    rows = create_tracked(model, [build(name) for name in names], stamp)
    directory.keys[kind].update((name, row.pk) for name, row in zip(names, rows, strict=True))


def _person(name: str, username: str, stamp: Stamp) -> User:
    return User(
        username=username,
        display_name=" ".join(name.split()),
        password=make_password(None),
        is_active=False,
        is_staff=False,
        origin=User.Origin.IMPORTED,
        source_ref=name,
        date_joined=stamp.now,
    )


class _Free:
    """Hands out names of letters, digits and dashes that nobody has yet."""

    def __init__(self, taken: Iterable[str], length: int) -> None:
        self._taken = set(taken)
        self._length = length

    def take(self, name: str, otherwise: str, prefix: str = "") -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").casefold()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or otherwise
        wanted = f"{prefix}{slug}"[: self._length - 10]
        free, number = wanted, 1
        while free in self._taken:
            number += 1
            free = f"{wanted}-{number}"
        self._taken.add(free)
        return free
