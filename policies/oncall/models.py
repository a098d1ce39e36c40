"""On-call schedules: a rotation of people, handed over at a local time, and overrides."""

from datetime import date, time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from portal.foundation.base_models import tracked
from portal.foundation.people.models import validate_time_zone


class OnCallSchedule(models.Model):
    """A rotation in the schedule's own time zone."""

    name = models.CharField(max_length=120, unique=True)
    team = models.ForeignKey("policies.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="schedules")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone], help_text="e.g. Europe/Madrid")
    starts_on = models.DateField(
        validators=[MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2100, 1, 1))],
        help_text="The first hand-over: the first person of the rotation takes over on this day.",
    )
    handover_at = models.TimeField("hand-over at", default=time(9), help_text="Local time of the hand-over.")
    shift_days = models.PositiveSmallIntegerField(
        "length of a shift",
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text="Days from one hand-over to the next; 7 is weekly.",
    )
    history = tracked()

    class Meta:
        ordering = ["name"]
        verbose_name = "on-call schedule"

    def __str__(self) -> str:
        return self.name


class RotationMember(models.Model):
    """A person's place in a rotation."""

    schedule = models.ForeignKey("policies.OnCallSchedule", on_delete=models.CASCADE, related_name="rotation")
    position = models.PositiveSmallIntegerField()
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    history = tracked()

    class Meta:
        ordering = ["schedule", "position"]
        constraints = [models.UniqueConstraint(fields=["schedule", "position"], name="one_person_per_position")]

    def __str__(self) -> str:
        return f"{self.position}. {self.person}"


class OnCallOverride(models.Model):
    """Somebody takes over for a while; the latest made wins where two overlap."""

    schedule = models.ForeignKey("policies.OnCallSchedule", on_delete=models.CASCADE, related_name="overrides")
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=250)
    history = tracked()

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = "on-call override"
        constraints = [
            models.CheckConstraint(
                name="override_ends_after_it_starts",
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                violation_error_message="The end must be after the start.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.schedule}"
