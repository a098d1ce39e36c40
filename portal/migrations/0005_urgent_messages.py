"""Messages know whether they can wait, so that people choose how they are reached for either."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0004_directory")]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="urgent",
            field=models.BooleanField(default=False, help_text="It goes the way that the person chose for what cannot wait."),
        ),
        migrations.AlterField(
            model_name="contactpoint",
            name="address",
            field=models.CharField(
                help_text="A number, member ID, mail address or URL. It may hold a secret token and is masked after saving.", max_length=500
            ),
        ),
    ]
