"""Everything every quarter, what changed every month, and who left at once; what a leaver's reviewer does not answer goes after a week."""

from typing import Any

from django.db import migrations

# Kind, months, days to answer, whether what nobody answers is taken away.
RHYTHMS = (("full", 3, 30, False), ("changes", 1, 14, False), ("leavers", 0, 7, True))


def add(apps: Any, schema_editor: Any) -> None:
    rhythms = apps.get_model("audit", "AccessRhythm").objects
    for kind, months, days, revoke in RHYTHMS:
        rhythms.get_or_create(kind=kind, defaults={"months": months, "days_to_answer": days, "revoke_unanswered": revoke})


class Migration(migrations.Migration):
    dependencies = [("audit", "0018_access_reviews")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
