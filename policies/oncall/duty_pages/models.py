"""Pages for a frame: what each is about, and how often it is read."""

from typing import Any

from django.db import models
from django.db.models import Q

from portal.foundation.base_models import tracked


class DutyPage(models.Model):
    """A secret address at which a page says who is on call for a schedule, a team or a service. The secret itself stands nowhere."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="The first letters of the address, to tell several apart.")
    label = models.CharField(max_length=80, help_text="Where it is shown, e.g. 'intranet, page of the service desk'.")
    schedule = models.ForeignKey("policies.OnCallSchedule", null=True, blank=True, on_delete=models.CASCADE, related_name="duty_pages")
    team = models.ForeignKey("policies.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="duty_pages")
    service = models.ForeignKey("policies.Service", null=True, blank=True, on_delete=models.CASCADE, related_name="duty_pages")
    made_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    reads = models.PositiveBigIntegerField(default=0, editable=False, help_text="How often it was read.")
    read_at = models.DateTimeField(null=True, editable=False, help_text="When it was read last.")
    history = tracked(without=("token_hash", "reads", "read_at"))

    class Meta:
        ordering = ["-made_at"]
        verbose_name = "page for a frame"
        verbose_name_plural = "pages for a frame"
        constraints = [
            models.CheckConstraint(
                name="duty_page_of_one_thing",
                condition=Q(schedule__isnull=False, team__isnull=True, service__isnull=True)
                | Q(schedule__isnull=True, team__isnull=False, service__isnull=True)
                | Q(schedule__isnull=True, team__isnull=True, service__isnull=False),
                violation_error_message="Choose a schedule, a team or a service: one of them.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.hint}…)"

    @property
    def about(self) -> Any:
        """The schedule, team or service it is about."""
        return self.schedule or self.team or self.service
