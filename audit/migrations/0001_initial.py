import uuid
from django.db import migrations, models


class PayloadText(models.Func):
    """The text at `path` of the JSON in a text column, in both databases' words. Later migrations have no more use for it."""

    output_field = models.CharField(max_length=255)

    def __init__(self, column, *path):
        super().__init__(models.F(column))
        self.column = column
        self.path = path

    def as_sqlite(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, template=f"json_extract(%(expressions)s, '$.{'.'.join(self.path)}')", **extra)

    def as_postgresql(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, template=f"((%(expressions)s)::jsonb #>> '{{{','.join(self.path)}}}')", **extra)

    def deconstruct(self):
        return "audit.migrations.0001_initial.PayloadText", (self.column, *self.path), {}


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('event_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('recorded_at', models.DateTimeField(db_index=True)),
                ('payload', models.TextField(help_text='Canonical JSON, as it will be hashed.')),
                ('type', models.GeneratedField(db_persist=True, expression=PayloadText('payload', 'type'), output_field=models.CharField(max_length=255, null=True))),
                ('actor_id', models.GeneratedField(db_persist=True, expression=PayloadText('payload', 'actor', 'id'), output_field=models.CharField(max_length=255, null=True))),
                ('actor_name', models.GeneratedField(db_persist=True, expression=PayloadText('payload', 'actor', 'name'), output_field=models.CharField(max_length=255, null=True))),
                ('object_model', models.GeneratedField(db_persist=True, expression=PayloadText('payload', 'obj', 'model'), output_field=models.CharField(max_length=255, null=True))),
                ('object_pk', models.GeneratedField(db_persist=True, expression=PayloadText('payload', 'obj', 'pk'), output_field=models.CharField(max_length=255, null=True))),
                ('request_id', models.GeneratedField(db_persist=True, expression=PayloadText('payload', 'ctx', 'request_id'), output_field=models.CharField(max_length=255, null=True))),
            ],
            options={
                'verbose_name': 'audit event',
                'ordering': ['-id'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['object_model', 'object_pk', '-id'], name='ledger_object'), models.Index(fields=['actor_id', '-id'], name='ledger_actor'), models.Index(fields=['type', '-id'], name='ledger_type'), models.Index(fields=['request_id'], name='ledger_request')],
                'constraints': [],
            },
        ),
    ]
