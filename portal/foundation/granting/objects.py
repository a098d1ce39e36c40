"""The objects that rights are given on: incidents, services and business units, by kind and key."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db.models import Model

from portal.foundation.access.places import INCIDENT, LEVELS, SERVICE, UNIT, Level
from portal.foundation.errors import InvalidInput

KINDS = (INCIDENT, SERVICE, UNIT)


def kind_of(subject: Model) -> str:
    return subject._meta.label_lower


def model_called(kind: str) -> Any:
    """The model of a kind of object. Raises InvalidInput for any other model."""
    if kind not in KINDS:
        raise InvalidInput("Rights are given on an incident, a service or a business unit.")
    return apps.get_model(kind)


def right_on(subject: Model, level: Level) -> str:
    """What `level` is kept as on `subject`. Raises InvalidInput where there is no such thing."""
    right = level.rights.get(kind_of(subject))
    if right is None:
        raise InvalidInput(f"'{level.label}' cannot be given on {subject}.")
    return right


def permission_called(right: str) -> Permission:
    """The row of a right such as 'policies.see_service_incidents'."""
    app, codename = right.split(".")
    return Permission.objects.select_related("content_type").get(content_type__app_label=app, codename=codename)


def objects_of(grants: Iterable[Any]) -> dict[tuple[str, str], Model]:
    """What grants were given on, by kind and key; one query for each kind. What is gone is left out."""
    wanted: dict[str, set[str]] = {}
    for grant in grants:
        wanted.setdefault(_kind(grant), set()).add(grant.object_pk)
    return {
        (kind, str(found.pk)): found
        for kind, keys in wanted.items()
        for found in apps.get_model(kind)._default_manager.filter(pk__in=[int(key) for key in keys if key.isdecimal()])
    }


def object_of(grant: Any) -> Model | None:
    """What one grant was given on; None when it is gone."""
    return objects_of([grant]).get((_kind(grant), grant.object_pk))


def level_called(key: str) -> Level:
    """A level that can be given. Raises InvalidInput for any other."""
    level = LEVELS.get(key)
    if level is None:
        raise InvalidInput(f"There is no level '{key[:40]}'.")
    return level


def _kind(grant: Any) -> str:
    of = grant.permission.content_type
    return f"{of.app_label}.{of.model}"
