"""The use of a mandate, and what somebody else made of it afterwards."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from policies.decisions.vocabulary import Mandate
from portal.foundation.base_models import tracked


class MandateUse(models.Model):
    """Break-glass: somebody used a mandate in an incident, for a limited time. It says what was done; doing it is up to people."""

    class Verdict(models.TextChoices):
        JUSTIFIED = "justified", "justified"
        NOT_JUSTIFIED = "not_justified", "not justified"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="mandate_uses")
    mandate = models.CharField(max_length=30, choices=[(each.value, each.label) for each in Mandate])
    used_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="mandate_uses")
    held_as = models.CharField(max_length=250, help_text="Where the mandate came from, as it was told then.")
    limits = models.TextField(blank=True, help_text="The limits of the mandate, as they were then.")
    reason = models.TextField(help_text="What is done on this authority, and why it cannot wait.")
    used_at = models.DateTimeField()
    until = models.DateTimeField(help_text="When it ends by itself.")
    ended_at = models.DateTimeField(null=True, help_text="When it was ended before its time.")
    ended_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    review_due_at = models.DateTimeField()
    reviewed_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True)
    review_reason = models.TextField(blank=True)
    history = tracked()

    class Meta:
        ordering = ["-used_at", "-id"]
        verbose_name = "use of a mandate"
        verbose_name_plural = "uses of mandates"
        default_permissions = ("view",)
        permissions = [("review_mandateuse", "Can review the use of a mandate")]
        constraints = [
            models.CheckConstraint(name="mandate_use_ends", condition=Q(until__gt=F("used_at"))),
            models.CheckConstraint(name="mandate_use_ended_by_somebody", condition=Q(ended_at__isnull=True) | Q(ended_by__isnull=False)),
            models.CheckConstraint(
                name="mandate_use_reviewed_whole",
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True, verdict="")
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~Q(verdict="") & ~Q(review_reason=""),
            ),
            models.CheckConstraint(
                name="nobody_reviews_their_own_use_of_a_mandate", condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("used_by"))
            ),
        ]
        indexes = [models.Index(fields=["review_due_at"], name="mandate_use_to_review", condition=Q(reviewed_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.get_mandate_display()}, used by {self.used_by}"

    @property
    def ends(self) -> datetime:
        """From when it counts no more."""
        return self.ended_at or self.until
