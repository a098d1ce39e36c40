import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
import portal.foundation.people.models
import simple_history.models
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # The same tables in one step for a new installation; one that has the single steps goes on with those.
    replaces = [("portal", "0001_initial"), ("portal", "0002_managers_and_verified_contacts")]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('display_name', models.CharField(blank=True, help_text='As colleagues know this person.', max_length=150, verbose_name='name')),
                ('time_zone', models.CharField(default='UTC', help_text='Times are shown in this zone, e.g. Europe/Madrid.', max_length=64, validators=[portal.foundation.people.models.validate_time_zone])),
                ('manager', models.ForeignKey(blank=True, help_text='Is told what this person left undone.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to=settings.AUTH_USER_MODEL)),
                ('origin', models.CharField(choices=[('portal', 'made here'), ('imported', 'named in an imported log')], default='portal', editable=False, max_length=20)),
                ('source_ref', models.CharField(blank=True, editable=False, help_text="The person's name in the source system.", max_length=150)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
                'constraints': [models.UniqueConstraint(condition=models.Q(('origin', 'imported')), fields=('source_ref',), name='one_user_per_imported_name'), models.CheckConstraint(condition=models.Q(('manager__isnull', True), models.Q(('manager', models.F('id')), _negated=True), _connector='OR'), name='nobody_is_their_own_manager', violation_error_message='Nobody is their own manager.')],
                'indexes': [],
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='ContactPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contact_points', to=settings.AUTH_USER_MODEL)),
                ('label', models.CharField(help_text="What the person calls it, e.g. 'phone' or 'team chat'.", max_length=80)),
                ('channel', models.CharField(choices=[('webhook', 'Webhook (JSON over HTTP)'), ('apprise', 'Push or chat through apprise')], max_length=20)),
                ('address', models.CharField(help_text='A URL. It may hold a secret token and is masked after saving.', max_length=500)),
                ('order', models.PositiveSmallIntegerField(default=1, help_text='1 is tried first; the next one when it fails.')),
                ('active', models.BooleanField(default=True)),
                ('verified_at', models.DateTimeField(blank=True, editable=False, help_text='When a message sent here was answered.', null=True)),
                ('verified_until', models.DateTimeField(blank=True, editable=False, help_text='Until when that counts.', null=True)),
            ],
            options={
                'ordering': ['person', 'order', 'id'],
                'constraints': [models.UniqueConstraint(fields=('person', 'order'), name='one_contact_per_order')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='ContactCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='code', to='portal.contactpoint')),
                ('code_hash', models.CharField(help_text='Of the code and the address it was sent to, salted.', max_length=200)),
                ('sent_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0, help_text='How many codes were entered.')),
            ],
            options={
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(help_text='Names the handler that hears of the outcome.', max_length=60)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person_name', models.CharField(max_length=150)),
                ('contact', models.ForeignKey(help_text='Set: it goes to this one only.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='portal.contactpoint')),
                ('subject_ref', models.CharField(help_text='What it is about, as model:key.', max_length=100)),
                ('title', models.CharField(max_length=250)),
                ('body', models.TextField()),
                ('secret', models.BooleanField(default=False, help_text='The text is shown to nobody else, and forgotten once it has left.')),
                ('link', models.CharField(blank=True, max_length=300)),
                ('idempotency_key', models.CharField(max_length=150, unique=True)),
                ('state', models.CharField(choices=[('pending', 'waiting to be sent'), ('sending', 'being sent'), ('delivered', 'handed to the channel'), ('failed', 'given up'), ('cancelled', 'no longer needed')], default='pending', max_length=20)),
                ('contact_position', models.PositiveSmallIntegerField(default=0, help_text='How many contact points were already given up.')),
                ('tries', models.PositiveSmallIntegerField(default=0, help_text='Attempts on the current contact point.')),
                ('created_at', models.DateTimeField()),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'sending'])), fields=['next_attempt_at'], name='outbox_due'), models.Index(fields=['subject_ref'], name='outbox_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['pending', 'sending']), _negated=True), ('next_attempt_at__isnull', False), _connector='OR'), name='outbox_waiting_has_a_next_attempt')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='portal.outboxmessage')),
                ('number', models.PositiveSmallIntegerField()),
                ('channel', models.CharField(max_length=20)),
                ('contact_label', models.CharField(max_length=80)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('succeeded', models.BooleanField()),
                ('detail', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['message', 'number'],
                'constraints': [models.UniqueConstraint(fields=('message', 'number'), name='one_attempt_per_number')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='HistoricalContactPoint',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('label', models.CharField(help_text="What the person calls it, e.g. 'phone' or 'team chat'.", max_length=80)),
                ('channel', models.CharField(choices=[('webhook', 'Webhook (JSON over HTTP)'), ('apprise', 'Push or chat through apprise')], max_length=20)),
                ('order', models.PositiveSmallIntegerField(default=1, help_text='1 is tried first; the next one when it fails.')),
                ('active', models.BooleanField(default=True)),
                ('verified_at', models.DateTimeField(blank=True, editable=False, help_text='When a message sent here was answered.', null=True)),
                ('verified_until', models.DateTimeField(blank=True, editable=False, help_text='Until when that counts.', null=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('person', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical contact point',
                'verbose_name_plural': 'historical contact points',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [],
                'constraints': [],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalUser',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(db_index=True, error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('display_name', models.CharField(blank=True, help_text='As colleagues know this person.', max_length=150, verbose_name='name')),
                ('time_zone', models.CharField(default='UTC', help_text='Times are shown in this zone, e.g. Europe/Madrid.', max_length=64, validators=[portal.foundation.people.models.validate_time_zone])),
                ('origin', models.CharField(choices=[('portal', 'made here'), ('imported', 'named in an imported log')], default='portal', editable=False, max_length=20)),
                ('source_ref', models.CharField(blank=True, editable=False, help_text="The person's name in the source system.", max_length=150)),
                ('history_change_reason', models.TextField(null=True)),
                ('manager', models.ForeignKey(blank=True, db_constraint=False, help_text='Is told what this person left undone.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical user',
                'verbose_name_plural': 'historical users',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'indexes': [],
                'constraints': [],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='RememberedRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(help_text='SHA-256 of method, path and body.', max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('body', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='remembered_age')],
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='one_answer_per_key')],
            },
        ),
    ]
