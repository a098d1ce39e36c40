from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_witnesses_of_changes")]

    operations = [
        migrations.AddField(
            model_name="rawchange",
            name="after_event",
            field=models.BigIntegerField(default=0, help_text="The `id` of the last event that there was."),
        ),
    ]
