"""What is kept how long, what must not go, and what went."""

from django.conf import settings
from django.db import models


class LegalHold(models.Model):
    """Nothing that it covers is pruned or erased until it is lifted."""

    reason = models.TextField()
    object_model = models.CharField(max_length=255, blank=True, help_text="Empty: everything.")
    object_pk = models.CharField(max_length=255, blank=True)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        default_permissions = ("view",)
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"hold #{self.pk}"


class Removal(models.Model):
    """Payloads that may go from the ledger: old enough, or erased on a person's demand. Asked for by one, approved by another."""

    class Kind(models.TextChoices):
        PRUNING = "pruning", "pruning by age"
        ERASURE = "erasure", "erasure of personal data"

    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(max_length=100, blank=True, help_text="Whose personal data, such as 'person:7'.")
    first = models.BigIntegerField(null=True, blank=True, help_text="Index of the first entry that goes.")
    last = models.BigIntegerField(null=True, blank=True)
    reason = models.TextField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("asked_by")), name="removal_by_two_people"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
