import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0004_imports")]

    operations = [
        migrations.AddField("escalationrun", "opening", models.PositiveIntegerField(
            default=0, help_text="How often the incident had been reopened when this run began: each opening has its own run.")),
        migrations.AddField("escalationrun", "alerting_since", models.DateTimeField(
            default=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            help_text="An acknowledgement of the incident counts for this run from here on."), preserve_default=False),
        migrations.AddField("escalationrun", "failures", models.PositiveSmallIntegerField(
            default=0, help_text="Passes in a row that failed.")),
        migrations.AddField("escalationrun", "last_failure", models.CharField(blank=True, max_length=250)),
        migrations.AddConstraint("escalationrun", models.UniqueConstraint(
            fields=("incident", "track", "opening"), name="one_run_per_opening")),
    ]
