"""An escalation policy and, per version, its levels with their targets."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from portal.foundation.base_models import tracked


class EscalationPolicy(models.Model):
    """How incidents of one service escalate. What it says stands in its versions."""

    name = models.CharField(max_length=120, unique=True)
    service = models.OneToOneField("policies.Service", on_delete=models.PROTECT, related_name="escalation_policy")
    owner = models.ForeignKey(
        "portal.User",
        on_delete=models.PROTECT,
        related_name="owned_policies",
        help_text="Answers for this policy, and is told when an escalation ends with nobody reached.",
    )
    description = models.TextField(blank=True)
    history = tracked()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "escalation policies"

    def __str__(self) -> str:
        return self.name


class Level(models.Model):
    """One level of a version's pathway."""

    class Kind(models.TextChoices):
        FUNCTIONAL = "functional", "Functional (deeper skills)"
        HIERARCHICAL = "hierarchical", "Hierarchical (management)"

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="levels")
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(20)], help_text="1 is alerted first.")
    name = models.CharField(max_length=120, help_text="Who this is, e.g. 'First line, on call'.")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.FUNCTIONAL)
    window = models.DurationField(
        default=timedelta(minutes=15),
        help_text="From this level's first alert to the next level, e.g. 15 min.",
    )
    backup_after = models.DurationField(
        default=timedelta(minutes=5), help_text="Silence before the next person of this level is alerted, e.g. 5 min."
    )
    history = tracked()

    class Meta:
        ordering = ["version", "number"]
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="level_once_per_version"),
            models.CheckConstraint(name="level_window_is_positive", condition=models.Q(window__gt=timedelta(0))),
            models.CheckConstraint(name="level_backup_after_is_positive", condition=models.Q(backup_after__gt=timedelta(0))),
        ]

    def __str__(self) -> str:
        return f"Level {self.number}: {self.name}"


class Target(models.Model):
    """Whom a level alerts: a named person or whoever is on call. The first is the primary, the others are backups."""

    level = models.ForeignKey("policies.Level", on_delete=models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=1, help_text="1 is the primary, 2 and up are backups.")
    person = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    schedule = models.ForeignKey("policies.OnCallSchedule", null=True, blank=True, on_delete=models.PROTECT, related_name="targets")
    history = tracked()

    class Meta:
        ordering = ["level", "position"]
        constraints = [
            models.UniqueConstraint(fields=["level", "position"], name="target_once_per_position"),
            models.CheckConstraint(
                name="target_is_a_person_or_a_schedule",
                condition=models.Q(person__isnull=True, schedule__isnull=False) | models.Q(person__isnull=False, schedule__isnull=True),
                violation_error_message="Choose a person or a schedule, not both and not neither.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.person or self.schedule}"

    @property
    def role(self) -> str:
        return "Primary" if self.position == 1 else f"Backup {self.position - 1}"
