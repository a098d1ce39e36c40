"""A time in which a part of the portal was not well."""

from django.db import models
from django.db.models import Q


class Outage(models.Model):
    """Seen once it is a suspicion, seen twice it is told; it ends when nobody sees it any more."""

    key = models.CharField(max_length=140, help_text="What is not well: engine, queue, sender, messages, or a lane.")
    words = models.CharField(max_length=300, help_text="What was said when it was told.")
    noticed_at = models.DateTimeField()
    noticed_by = models.CharField(max_length=20, help_text="The process that saw it first.")
    told_at = models.DateTimeField(null=True, help_text="When administrators were told; empty: only a suspicion so far.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-noticed_at"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["key"], condition=Q(ended_at__isnull=True), name="one_outage_at_a_time")]

    def __str__(self) -> str:
        return self.words
