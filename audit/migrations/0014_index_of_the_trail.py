"""The index of the reading pages. It is filled from the ledger by the sealer, an old ledger's within minutes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0013_saved_views")]

    operations = [
        migrations.CreateModel(
            name="TrailForgotten",
            fields=[
                ("range", models.BigIntegerField(help_text="The RemovalRange's `id`.", primary_key=True, serialize=False)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="TrailIndex",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "leaf",
                    models.BigIntegerField(default=0, help_text="The first leaf of the ledger's tree whose event is not filed."),
                ),
                ("oldest_at", models.DateTimeField(null=True)),
                ("newest_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="trail_index_once")],
            },
        ),
        migrations.CreateModel(
            name="TrailPosting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("term", models.BigIntegerField()),
                ("block", models.BigIntegerField(db_index=True)),
                ("count", models.PositiveSmallIntegerField()),
                ("events", models.BinaryField(help_text="As audit.reading.bitmaps packs them.")),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("term", "block"), name="trail_posting_once")],
            },
        ),
    ]
