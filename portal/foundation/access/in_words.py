"""What a right is called, which roles have it and who can give it: the one place for refusals and for pages about access."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db.models import Model

from portal.foundation.words import listed

from .held import only_looks
from .places import standing_in
from .roles import is_a_look

GRANT = "portal.add_objectgrant"


def words_of_rights(rights: Iterable[str]) -> dict[str, str]:
    """'approve or send back a version' by 'policies.approve_policyversion'; the right itself where no model defines it. One query."""
    asked = set(rights)
    codenames = {right.rpartition(".")[2] for right in asked}
    known = Permission.objects.filter(codename__in=codenames).values_list(
        "content_type__app_label", "codename", "name", "content_type__model"
    )
    said = {f"{app}.{codename}": _called(app, codename, name, model) for app, codename, name, model in known}
    return {right: said.get(right, right) for right in asked}


def words_of(right: str) -> str:
    """It completes 'the right to …'."""
    return words_of_rights([right])[right]


def roles_with(right: str) -> list[str]:
    """The names of the roles that have it, in order."""
    app, codename = right.split(".")
    held = Group.objects.filter(permissions__content_type__app_label=app, permissions__codename=codename)
    return list(held.order_by("name").values_list("name", flat=True))


def what_is_needed(right: str, actor: Any, subject: Model | None = None) -> str:
    """The sentence of a refusal: the right that `actor` lacks, and who can give it."""
    roles = roles_with(right)
    needed = f"It needs the right to {words_of(right)}, which " + (f"{listed(roles)} have" if roles else "no role has")
    if only_looks(actor) and not is_a_look(right):
        return f"{needed}. Your account only looks, whatever else it is given" + ("; ask one of them to do it." if roles else ".")
    alone = roles_with(GRANT) if subject is not None and any(standing_in(right).values()) else []
    on_this = f", {listed(alone)} on this alone" if alone else ""
    return f"{needed}; an administrator can give it to you{on_this}."


def _called(app: str, codename: str, name: str, model: str) -> str:
    """Names of the rights that every model has are made of one row's: 'Can view change freeze'."""
    verb, _, of = codename.partition("_")
    if verb in ("view", "add", "change", "delete") and of == model and name.startswith(f"Can {verb} "):
        kind = apps.all_models[app].get(model)
        return f"{verb} {kind._meta.verbose_name_plural}" if kind is not None else name.removeprefix("Can ")
    return name.removeprefix("Can ")
