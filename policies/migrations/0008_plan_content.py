from django.db import migrations, models


class Migration(migrations.Migration):
    """A place for what a published plan says, in one value."""

    dependencies = [("policies", "0007_rotations_carried")]

    operations = [
        migrations.AddField(model_name="scheduleplan", name="content", field=models.JSONField(editable=False, null=True)),
    ]
