"""Answers kept so that the same request sent twice acts once."""

from django.db import models


class RememberedRequest(models.Model):
    """The answer given to a request that carried an Idempotency-Key, per user and key."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]
        indexes = [models.Index(fields=["created_at"], name="remembered_age")]

    def __str__(self) -> str:
        return f"{self.key} ({self.status})"
