"""Writes what published plans say into the plans. The format is that of policies/oncall/contents.py at this release."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    plans = apps.get_model("policies", "SchedulePlan").objects.exclude(state="draft").filter(content__isnull=True)
    for plan in plans.prefetch_related("layers__members", "layers__windows"):
        layers = sorted(plan.layers.all(), key=lambda layer: layer.position)
        plan.content = {"layers": [_layer(layer) for layer in layers]}
        plan.save(update_fields=["content"])


def _layer(layer: Any) -> dict[str, Any]:
    members = sorted(layer.members.all(), key=lambda member: member.position)
    windows = sorted(layer.windows.all(), key=lambda window: (window.starts, window.pk))
    return {
        "name": layer.name,
        "starts_on": layer.starts_on.isoformat(),
        "handover_at": layer.handover_at.isoformat(),
        "every": layer.every,
        "unit": layer.unit,
        "holidays": layer.holidays,
        "shadow": layer.shadow,
        "people": [member.person_id for member in members],
        "windows": [[window.weekdays, window.starts.isoformat(), window.ends.isoformat()] for window in windows],
    }


class Migration(migrations.Migration):
    dependencies = [("policies", "0008_plan_content")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
