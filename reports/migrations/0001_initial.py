import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('portal', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuarterlyPack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quarter', models.CharField(help_text='e.g. 2016Q1', max_length=6)),
                ('built_at', models.DateTimeField()),
                ('built_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('metrics', models.JSONField()),
                ('files', models.JSONField(help_text='File name to SHA-256.')),
            ],
            options={
                'ordering': ['-built_at'],
                'permissions': [('build_quarterlypack', 'Can build and export a quarterly pack')],
                'default_permissions': ('view',),
                'indexes': [],
                'constraints': [],
            },
        ),
    ]
