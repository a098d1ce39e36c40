"""Roles taken for minutes."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.foundation.access.roles import ROLES


class Elevation(models.Model):
    """A role that somebody took for at most an hour, and what somebody else made of it afterwards."""

    class Verdict(models.TextChoices):
        JUSTIFIED = "justified", "justified"
        UNJUSTIFIED = "unjustified", "not justified"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="elevations")
    role = models.CharField(max_length=40, help_text="Key of the role.")
    rights = models.JSONField(default=list, help_text="What it gave beyond what the person held.")
    withheld = models.JSONField(default=list, help_text="What the role has and this did not give.")
    reason = models.TextField()
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was ended before its time.")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    review_due_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    verdict = models.CharField(max_length=12, choices=Verdict.choices, blank=True)
    review_note = models.TextField(blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        permissions = (
            ("start_elevation", "Can take another role for an hour at most"),
            ("review_elevation", "Can review what somebody did in a role taken for an hour"),
        )
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("started_at")), name="elevation_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("person")), name="elevation_reviewed_by_another"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True, verdict="")
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~Q(verdict=""),
                name="elevation_reviewed_whole",
            ),
        ]
        indexes = [models.Index(fields=["person", "until"], name="elevation_running")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def runs(self, now: datetime) -> bool:
        """Whether the role counts at `now`."""
        return self.started_at <= now < self.ends_at

    @property
    def ends_at(self) -> datetime:
        """When it ends, or ended."""
        return min(self.until, self.ended_at) if self.ended_at else self.until

    @property
    def role_title(self) -> str:
        """As the role catalogue calls it."""
        return next((role.title for role in ROLES if role.key == self.role), self.role)
