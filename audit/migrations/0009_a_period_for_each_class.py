"""Every class of events is kept for seven years until somebody says otherwise."""

from typing import Any

from django.db import migrations

CLASSES = ("incidents", "rules", "access", "messages", "ledger", "other")


def add(apps: Any, schema_editor: Any) -> None:
    periods = apps.get_model("audit", "RetentionPeriod").objects
    for key in CLASSES:
        periods.get_or_create(key=key, defaults={"months": 84})


class Migration(migrations.Migration):
    dependencies = [("audit", "0008_periods_holds_and_ranges")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
