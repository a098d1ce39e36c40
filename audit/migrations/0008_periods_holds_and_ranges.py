"""Periods by class, holds that another person lifts, removals with the ranges that go, and people of whom no card is kept any more."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

BIG_KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("audit", "0007_exports_and_checks"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForgottenSubject",
            fields=[
                ("subject", models.CharField(help_text="Such as 'person:7'.", max_length=100, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="RetentionPeriod",
            fields=[
                ("key", models.CharField(editable=False, max_length=20, primary_key=True, serialize=False)),
                ("months", models.PositiveSmallIntegerField(default=84, help_text="Months; 84 is seven years. At least 12.")),
            ],
            options={
                "ordering": ["key"],
                "default_permissions": ("view", "change"),
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(months__gte=12, months__lte=600),
                        name="kept_a_year_at_least",
                        violation_error_message="Events are kept for 12 to 600 months.",
                    )
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="legalhold",
            options={
                "default_permissions": ("view",),
                "ordering": ["-id"],
                "permissions": (
                    ("place_legalhold", "Can place a legal hold"),
                    ("lift_legalhold", "Can lift a legal hold of somebody else"),
                ),
            },
        ),
        migrations.AddField("legalhold", "lift_reason", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddConstraint(
            "legalhold",
            models.CheckConstraint(condition=Q(lifted_by__isnull=True) | ~Q(lifted_by=F("placed_by")), name="hold_lifted_by_another"),
        ),
        migrations.AddConstraint(
            "legalhold",
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True, lifted_at__isnull=True) | Q(lifted_by__isnull=False, lifted_at__isnull=False),
                name="hold_lifted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            "legalhold",
            models.CheckConstraint(
                condition=Q(object_model="", object_pk="") | ~Q(object_model="") & ~Q(object_pk=""), name="hold_on_all_or_one"
            ),
        ),
        migrations.AlterModelOptions(
            name="removal",
            options={
                "default_permissions": ("view",),
                "ordering": ["-id"],
                "permissions": (
                    ("ask_removal", "Can ask that entries are pruned or personal data erased"),
                    ("approve_removal", "Can approve what somebody else asked to be removed"),
                ),
            },
        ),
        migrations.AddField("removal", "entries", models.PositiveIntegerField(default=0, help_text="How many entries go.")),
        migrations.AddField(
            "removal",
            "digest",
            models.CharField(
                blank=True, default="", help_text="SHA-256 over the hashes of the leaves of what goes, by index.", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.AddField("removal", "oldest_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("removal", "newest_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "removal",
            "policy",
            models.JSONField(
                default=dict, help_text="By class: months kept, entries that go, when the oldest and the newest were recorded."
            ),
        ),
        migrations.AddField("removal", "approval_reason", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField(
            "removal", "closed_at", models.DateTimeField(blank=True, help_text="When it was declined or withdrawn.", null=True)
        ),
        migrations.AddField(
            "removal",
            "closed_by",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField("removal", "closed_reason", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddConstraint(
            "removal",
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True) | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="removal_approved_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            "removal",
            models.CheckConstraint(condition=Q(done_at__isnull=True) | Q(approved_at__isnull=False), name="removal_done_if_approved"),
        ),
        migrations.AddConstraint(
            "removal",
            models.CheckConstraint(condition=Q(done_at__isnull=True) | Q(closed_at__isnull=True), name="removal_done_or_closed"),
        ),
        migrations.AddConstraint(
            "removal",
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind="pruning", done_at__isnull=True, closed_at__isnull=True), name="one_pruning_at_a_time"
            ),
        ),
        migrations.CreateModel(
            name="RemovalRange",
            fields=[
                ("id", BIG_KEY),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "removal",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="ranges", to="audit.removal"),
                ),
            ],
            options={
                "ordering": ["removal", "first"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["first", "last"], name="removal_by_index")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(first__gte=0, last__gte=F("first"), last__lt=F("first") + 1000), name="removal_range_runs_forward"
                    )
                ],
            },
        ),
    ]
