"""Starting a draft from what was approved: the same thresholds and levels, as rows of their own."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from portal.foundation.base_models import save_tracked

from .models import PolicyVersion


def copy_content(source: PolicyVersion, target: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> None:
    """Copies every row of `source`'s content to `target`."""

    def copied(row: Model, **parent: Model) -> Any:
        values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
        for name, owner in parent.items():
            values[f"{name}_id"] = owner.pk
        copy = type(row)(**values)
        save_tracked(copy, actor=actor, now=now, reason=reason)
        return copy

    for level in source.levels.prefetch_related("targets"):
        new_level = copied(level, version=target)
        for person in level.targets.all():
            copied(person, level=new_level)
    for threshold in source.thresholds.prefetch_related("criteria"):
        new_threshold = copied(threshold, version=target)
        for criterion in threshold.criteria.all():
            copied(criterion, threshold=new_threshold)
