"""Checks of the ledger and exports of evidence with their progress, and the right to export."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STATES = [("queued", "waiting for a worker"), ("running", "running"), ("done", "done"), ("failed", "failed")]


def run() -> list[tuple[str, models.Field]]:
    """What both have."""
    return [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("state", models.CharField(choices=STATES, default="queued", max_length=10)),
        ("processed", models.PositiveBigIntegerField(default=0, help_text="Entries done so far.")),
        ("total", models.PositiveBigIntegerField(default=0, help_text="Entries that there are; 0 before the work began.")),
        ("requested_at", models.DateTimeField()),
        ("looked_at", models.DateTimeField(blank=True, help_text="The worker's last sign of life.", null=True)),
        ("finished_at", models.DateTimeField(blank=True, null=True)),
        ("failure", models.TextField(blank=True)),
        (
            "requested_by",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
    ]


OPTIONS = {"ordering": ["-id"], "abstract": False, "default_permissions": ()}


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("audit", "0006_last_event_before_a_raw_change"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="ledgerevent",
            options={
                "default_permissions": ("view",),
                "ordering": ["-id"],
                "permissions": [("export_ledgerevent", "Can take evidence out of the audit trail")],
                "verbose_name": "audit event",
            },
        ),
        migrations.CreateModel(
            name="LedgerCheck",
            fields=[
                *run(),
                ("verdict", models.CharField(blank=True, help_text="As docs/ledger-format.md names it.", max_length=20)),
                ("size", models.BigIntegerField(default=0, help_text="Entries that were checked.")),
                ("checkpoints", models.BigIntegerField(default=0)),
                ("found", models.PositiveIntegerField(default=0, help_text="How many findings there were.")),
                ("findings", models.JSONField(default=list, help_text="The first of them: code, text and index.")),
            ],
            options=OPTIONS,
        ),
        migrations.CreateModel(
            name="EvidenceExport",
            fields=[
                *run(),
                ("reason", models.TextField()),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("object_model", models.CharField(blank=True, max_length=255)),
                ("object_pk", models.CharField(blank=True, max_length=255)),
                ("bundle", models.CharField(blank=True, help_text="The bundle's own id.", max_length=36)),
                ("file", models.CharField(blank=True, help_text="Its name in the folder of evidence.", max_length=100)),
                ("length", models.BigIntegerField(default=0, help_text="Bytes.")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("size", models.BigIntegerField(default=0, help_text="Entries of the tree.")),
                ("entries", models.BigIntegerField(default=0, help_text="Entries that are in it in full.")),
                ("removed_at", models.DateTimeField(blank=True, help_text="When the file was deleted.", null=True)),
            ],
            options=OPTIONS,
        ),
    ]
