from django.db import migrations


def write(apps, schema_editor):
    apps.get_model("reports", "QuarterlyRules").objects.get_or_create(pk=1)


class Migration(migrations.Migration):

    dependencies = [("reports", "0004_quarterly_reviews")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
