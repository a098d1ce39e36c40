import audit.ledger.models
import uuid
from django.db import migrations, models


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
                ('type', models.GeneratedField(db_persist=True, expression=audit.ledger.models.PayloadText('payload', 'type'), output_field=models.CharField(max_length=255, null=True))),
                ('actor_id', models.GeneratedField(db_persist=True, expression=audit.ledger.models.PayloadText('payload', 'actor', 'id'), output_field=models.CharField(max_length=255, null=True))),
                ('actor_name', models.GeneratedField(db_persist=True, expression=audit.ledger.models.PayloadText('payload', 'actor', 'name'), output_field=models.CharField(max_length=255, null=True))),
                ('object_model', models.GeneratedField(db_persist=True, expression=audit.ledger.models.PayloadText('payload', 'obj', 'model'), output_field=models.CharField(max_length=255, null=True))),
                ('object_pk', models.GeneratedField(db_persist=True, expression=audit.ledger.models.PayloadText('payload', 'obj', 'pk'), output_field=models.CharField(max_length=255, null=True))),
                ('request_id', models.GeneratedField(db_persist=True, expression=audit.ledger.models.PayloadText('payload', 'ctx', 'request_id'), output_field=models.CharField(max_length=255, null=True))),
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
