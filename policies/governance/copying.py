"""Starting a draft from what was approved: the same content, as rows of their own."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from portal.foundation.base_models import save_tracked

from .models import PolicyVersion
from .parts import PARTS, Part, inside


def copy_content(source: PolicyVersion, target: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> None:
    """Copies every row of `source`'s content to `target`."""

    def copied(part: Part, row: Model, parent: Model) -> None:
        values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
        copy = part.model(**{**values, f"{part.link}_id": parent.pk})
        save_tracked(copy, actor=actor, now=now, reason=reason)
        for below in inside(part.model):
            for child in below.model._default_manager.filter(**{below.link: row}).order_by("pk"):
                copied(below, child, copy)

    for part in PARTS:
        if part.inside is None:
            for row in part.model._default_manager.filter(version=source).order_by("pk"):
                copied(part, row, target)
