"""Single objects against everybody and every verb: what is confidential, ended, brought in, drafted or published takes what is promised and no more.

`MATRIX=all` has everybody press everything on each of them.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from policies.governance.locks import take_lock
from policies.governance.services import create_draft, discard_version, submit_version
from policies.models import PolicyVersion, SchedulePlan
from portal.foundation import clock
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import Write

from .expected import among, presses, sees, verbs
from .knocking import NOT_THERE, REFUSED, knock, routes, watched
from .promise import ROLES
from .promised_parts import CHANGED, DECLASSIFIES, POSSIBLE, TAKEN
from .test_matrix_of_pages import as_
from .test_matrix_of_the_api import signed_in
from .world import World, built

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
ALL = os.environ.get("MATRIX") == "all"
HOUR = timedelta(hours=1)
# By grant on one incident nobody reaches another one; by grant on a service nobody reaches policies.
NOT_REACHED = {
    "incidents.incident": ("sees the incident", "works the incident"),
    "policies.policyversion": ("sees the service", "works the service", "sees the incident", "works the incident"),
}
OPERATIONS = {"acknowledge": "post", "notes": "post", "resolve": "post", "patch": "patch"}


@dataclass(frozen=True, slots=True)
class Scene:
    world: World
    objects: dict[tuple[str, str], Any]


def lines(table: str) -> Iterator[tuple[str, ...]]:
    return (tuple(line.split()) for line in table.strip().splitlines())


@pytest.fixture(scope="module")
def scene(written_once: Write, now: datetime) -> Scene:
    def made() -> Scene:
        world = built(now)
        return Scene(world, {**_incidents(world, now), **_versions(world, now), **_plans(now)})

    found: Scene = written_once(made)
    return found


def _incidents(world: World, now: datetime) -> dict[tuple[str, str], Any]:
    service, ends = world.things["policies.service"]["cards"], {"resolved_at": now, "acknowledged_at": now - HOUR}
    told: dict[str, dict[str, Any]] = {
        "new": {},
        "confidential": {"confidential": True},
        "in-progress": {"state": "in_progress", "acknowledged_at": now - HOUR},
        "on-hold": {"state": "on_hold", "acknowledged_at": now - HOUR, "hold_reason": "Waits"},
        "resolved": {"state": "resolved", **ends},
        "closed": {"state": "closed", "closed_at": now, **ends},
        "cancelled": {"state": "cancelled", "resolved_at": now},
        "imported": {"state": "closed", "origin": "imported", "closed_at": now, "resolved_at": now},
    }
    common = {"service": service, "opened_at": now - 2 * HOUR, "impact": 2, "urgency": 2, "priority": 3}
    return {
        ("incidents.incident", name): Incident.objects.create(number=f"OBJ-{name}", title=f"Trouble {name}", **common, **values)
        for name, values in told.items()
    }


def _versions(world: World, now: datetime) -> dict[tuple[str, str], Any]:
    author, unit = person("Author", roles=("manager",)), world.things["policies.businessunit"]["cards"]

    def drafted() -> PolicyVersion:
        draft = make.draft(make.policy(make.service(business_unit=unit)), author=author, now=now - 3 * HOUR)
        make.level(draft, 1, person("On call"))
        make.threshold(draft)
        return draft

    first = make.approve(drafted(), now=now - 2 * HOUR)
    second = make.approve(create_draft(first.policy, actor=author, now=now - 2 * HOUR, reason="Better"), now=now - HOUR)
    submitted, discarded = drafted(), drafted()
    submit_version(submitted, actor=author, now=now, accepted=make.ACCEPTED)
    discard_version(discarded, actor=author, now=now, reason="No")
    edited = drafted()
    take_lock(edited, actor=author, now=clock.now())
    found = {"draft": drafted(), "edited": edited, "submitted": submitted, "in-force": second, "superseded": first, "discarded": discarded}
    return {("policies.policyversion", name): PolicyVersion.objects.get(pk=version.pk) for name, version in found.items()}


def _plans(now: datetime) -> dict[tuple[str, str], Any]:
    published = make.schedule(person("Guard")).plans.get()
    draft = SchedulePlan.objects.create(schedule=make.schedule(), number=1, time_zone="UTC")
    return {("policies.scheduleplan", "draft"): draft, ("policies.scheduleplan", "published"): published}


def place_of(actor: str, label: str) -> str:
    return "loans" if label == "policies.scheduleplan" or actor in NOT_REACHED[label] else "cards"


def test_what_is_offered_on_an_object_as_it_is_and_who_may_change_it_is_what_was_promised(scene: Scene) -> None:
    changed = {line[:2]: line[-1] for line in lines(CHANGED)}
    wrong, cells, told = [], 0, set()
    for label, name, *possible in lines(POSSIBLE):
        thing, page, known = scene.objects[label, name], _page(label), {verb for of, verb in verbs() if of == label}
        told.add((label, name))
        for actor, user in scene.world.actors.items():
            request, place = as_(user), place_of(actor, label)
            there = sees(actor, label, place)
            found = page.get_queryset(request).filter(pk=thing.pk).exists() and bool(page.has_view_permission(request, thing))
            offered = {verb.key for verb in page.offered(request, thing)} if found else set()
            promised = {verb for verb in possible if verb[0] not in "-(" and presses(actor, label, verb, place)}
            change = found and bool(page.has_change_permission(request, thing))
            cells += len(known) + 2
            if (found, offered, change) != (there, promised, there and among(actor, changed.get((label, name), "-"))):
                wrong.append((label, name, actor, f"sees {found}", f"more {offered - promised}", f"less {promised - offered}", change))
    assert wrong == []
    assert told == scene.objects.keys()
    assert cells >= 4_000


def _page(label: str) -> Any:
    return next(page for model, page in admin.site._registry.items() if model._meta.label_lower == label)


def test_nobody_presses_what_an_object_does_not_offer(scene: Scene) -> None:
    """By the address of the button, with a form that is filled in well."""
    doors = {name: pattern for name, _, pattern in routes()}
    wrong, asked = [], 0
    for label, name, *possible in lines(POSSIBLE):
        thing, door = scene.objects[label, name], doors[f"admin:{label.replace('.', '_')}_do"]
        for verb in _page(label).verbs:
            may = [actor for actor in scene.world.actors if presses(actor, label, verb.key, place_of(actor, label))]
            refused = [actor for actor in scene.world.actors if actor not in may and not actor.startswith("gone")]
            asking = [*([] if {verb.key, f"({verb.key})"} & {*possible} else may), *refused]
            for actor in asking if ALL else [*some(asking, may, asked, 3), *some(asking, refused, asked, 12)]:
                asked += 1
                keys = {"object_id": str(thing.pk), "key": verb.key}
                with transaction.atomic(), watched() as written:
                    answer = knock(door, keys, scene.world.actors[actor], "POST", _filled(verb, thing))
                    transaction.set_rollback(True)
                said = answer in (REFUSED, NOT_THERE) if actor in refused else answer in (302, 400, REFUSED, 409)
                if written or not said:
                    wrong.append(f"{verb.key} on {label} {name} by {actor}: {answer}, writes to {written}")
    assert wrong == []
    assert asked >= 300


def some(asking: list[str], among_them: list[str], turn: int, one_of: int) -> list[str]:
    """One in so many of `among_them` that are asking, another at each turn."""
    return [actor for actor in among_them if actor in asking][turn % one_of :: one_of]


def _filled(verb: Any, thing: Any) -> bytes:
    """What somebody who means it would send, as a browser encodes it."""
    given = {}
    for name, field in verb.build_form(thing=thing).fields.items():
        if isinstance(field, forms.ModelChoiceField):
            first = field.queryset.first()
            given[name] = str(first.pk) if first is not None else ""
        elif isinstance(field, forms.ChoiceField):
            given[name] = next((str(key) for key, _ in field.choices if key), "")
        elif isinstance(field, forms.BooleanField):
            given[name] = "on"
        else:
            given[name] = "1" if isinstance(field, forms.IntegerField | forms.DecimalField) else "because"
    return "&".join(f"{name}={value}" for name, value in given.items()).encode()


def test_the_api_takes_of_an_incident_as_it_is_what_was_promised(scene: Scene) -> None:
    wrong, turn = [], cycle(range(3))
    workers = [actor for actor in scene.world.actors if presses(actor, "incidents.incident", "note", place_of(actor, "incidents.incident"))]
    clients = {actor: signed_in(scene.world.actors[actor]) for actor in workers}
    for name, *taken in lines(TAKEN):
        incident = scene.objects["incidents.incident", name]
        for operation, method in OPERATIONS.items():
            by = "resolve" if operation == "resolve" else "acknowledge"
            for actor in workers if ALL else workers[next(turn) :: 3]:
                may = presses(actor, "incidents.incident", by, place_of(actor, "incidents.incident"))
                answer, written = _asked(clients[actor], incident, operation, method)
                good = answer < 300 and written if may and operation in taken else answer in (400, 403, 409) and not written
                if not good:
                    wrong.append(f"{operation} of {name} by {actor}: {answer}, writes to {written}")
    assert wrong == []


def _asked(client: Client, incident: Incident, operation: str, method: str, **body: Any) -> tuple[int, list[str]]:
    address = f"/api/v1/incidents/{incident.number}/" + ("" if operation == "patch" else f"{operation}/")
    told = {"notes": {"text": "x"}, "patch": {"title": "Other", "reason": "x"}}.get(operation, {"reason": "x"})
    with transaction.atomic(), watched() as written:
        answer: Any = getattr(client, method)(address, json.dumps(body or told), content_type="application/json")
        transaction.set_rollback(True)
    return answer.status_code, written


def test_what_is_confidential_is_read_by_whoever_sees_incidents_and_is_not_there_for_others(scene: Scene) -> None:
    """Each reader leaves a trace, by either door."""
    incident = scene.objects["incidents.incident", "confidential"]
    page = reverse("admin:incidents_incident_change", args=[incident.pk])
    for actor, user in scene.world.actors.items():
        if actor.startswith("gone"):
            continue
        seen = sees(actor, "incidents.incident", place_of(actor, "incidents.incident"))
        for address in (page, f"/api/v1/incidents/{incident.number}/"):
            answer: Any = signed_in(user).get(address, follow=True)
            assert ("Trouble confidential" in answer.content.decode()) == seen, (actor, address, answer.status_code)


def test_only_a_commander_says_that_it_is_no_longer_confidential(scene: Scene) -> None:
    """By the form, which is sent back without its tick, and by the API; whoever may not is refused, and nothing else of the form is taken."""
    incident = scene.objects["incidents.incident", "confidential"]
    door = next(pattern for name, _, pattern in routes() if name == "admin:incidents_incident_do")
    label, asked = "incidents.incident", 0
    for actor, user in scene.world.actors.items():
        if not presses(actor, label, "facts", place_of(actor, label)):
            continue
        asked += 1
        status, written = _asked(signed_in(user), incident, "patch", "patch", confidential=False, reason="x", data_breach=True)
        with transaction.atomic(), watched() as by_form:
            knock(door, {"object_id": str(incident.pk), "key": "facts"}, user, "POST", b"reason=x&data_breach=on&regulatory_exposure=0")
            transaction.set_rollback(True)
        allowed = among(actor, DECLASSIFIES)
        assert (status < 300, bool(written), bool(by_form)) == (allowed,) * 3, (actor, status, written, by_form)
    assert asked >= len({"R", "C", "M"} & {*ROLES.values()}) + 1


@pytest.mark.parametrize("name", ["submitted", "in-force", "superseded", "discarded"])
def test_what_was_published_or_handed_in_is_changed_by_no_form(scene: Scene, name: str) -> None:
    version = scene.objects["policies.policyversion", name]
    door = next(pattern for route, _, pattern in routes() if route == "admin:policies_policyversion_change")
    for actor in ("manager", "commander", "approver", "root"):
        with transaction.atomic(), watched() as written:
            answer = knock(door, {"object_id": str(version.pk)}, scene.world.actors[actor], "POST", b"change_reason=Other&repeats=9")
            transaction.set_rollback(True)
        assert (answer in (REFUSED, 409), written) == (True, []), (actor, answer)


def test_somebody_with_a_duty_to_know_a_policy_reads_no_draft_of_it(scene: Scene) -> None:
    doors = {name: pattern for name, _, pattern in routes()}
    for name in ("draft", "submitted", "discarded"):
        version = scene.objects["policies.policyversion", name]
        for actor in (*ROLES, "nobody", "root"):
            assert knock(doors["admin:policies_mypolicies_read"], {"version_id": version.pk}, scene.world.actors[actor]) == NOT_THERE
