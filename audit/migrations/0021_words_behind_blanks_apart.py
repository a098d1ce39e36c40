"""The index is made anew by the sealer: words that an auditor who was called in may not read are filed apart from now on."""

from typing import Any

from django.db import migrations


def begin_anew(apps: Any, schema_editor: Any) -> None:
    if apps.get_model("audit", "TrailIndex").objects.update(leaf=0, oldest_at=None, newest_at=None):
        postings = schema_editor.quote_name("audit_trailposting")
        # Millions of rows; SQLite has no TRUNCATE, and empties a table without looking at its rows when none is chosen.
        emptying = "TRUNCATE" if schema_editor.connection.vendor == "postgresql" else "DELETE FROM"
        schema_editor.execute(f"{emptying} {postings}")


class Migration(migrations.Migration):
    dependencies = [("audit", "0020_one_page_for_an_open_act")]

    operations = [migrations.RunPython(begin_anew, migrations.RunPython.noop)]
