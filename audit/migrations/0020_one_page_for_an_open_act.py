from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0019_rhythms_of_access_reviews"),
    ]

    operations = [
        migrations.AlterField(
            model_name="openact",
            name="id",
            field=models.IntegerField(primary_key=True, serialize=False),
        ),
    ]
