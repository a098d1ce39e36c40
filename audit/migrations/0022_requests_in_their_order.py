"""A request's events in their order: a planner read the whole trail for the first fifty of an import's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0021_words_behind_blanks_apart")]

    operations = [
        migrations.AddIndex("ledgerevent", models.Index(fields=["request_id", "-id"], name="ledger_of_request")),
        migrations.RemoveIndex("ledgerevent", "ledger_request"),
    ]
