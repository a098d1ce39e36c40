"""A tile's own root beside its hashes, so that a long tree's right edge is read in a few queries; and what the sealer finds wrong."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_tree_anchors_and_retention")]

    operations = [
        migrations.CreateModel(
            "LedgerAlarm",
            [
                ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("words", models.TextField()),
                ("since", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddField(
            "ledgertile",
            "root",
            models.BinaryField(default=b"", help_text="The root over them: what the next level's tile holds of this one.", max_length=32),
            preserve_default=False,
        ),
    ]
