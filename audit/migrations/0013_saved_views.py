"""Views of the trail that people keep, with versions that never change."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("audit", "0012_witnesses_that_share_what_they_do"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("purpose", models.TextField(blank=True, help_text="What it is looked at for.")),
                (
                    "is_shared",
                    models.BooleanField(default=False, help_text="Everybody who may read the trail sees it; else its owner alone."),
                ),
                ("created_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None)),
                        fields=("owner", "name"),
                        name="saved_view_once",
                        violation_error_message="You have a view of that name already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedViewVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("filters", models.TextField(help_text="Canonical JSON.")),
                ("sha256", models.CharField(help_text="Of the filters' bytes, in hexadecimal.", max_length=64)),
                ("at", models.DateTimeField()),
                ("reason", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "view",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="audit.savedview"),
                ),
            ],
            options={
                "ordering": ["view", "-number"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("view", "number"), name="saved_view_version_once")],
            },
        ),
    ]
