"""One row a process, one row a lane: they are overwritten, never added to."""

from django.db import models


class SignOfLife(models.Model):
    """When a process last finished a round of its work."""

    name = models.CharField(primary_key=True, max_length=40)
    last_at = models.DateTimeField()
    beats = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name}, {self.beats} rounds"


class LaneTally(models.Model):
    """What was handed over and what was not, over one lane: a channel and, where it calls a URL, its host."""

    lane = models.CharField(primary_key=True, max_length=120)
    sent = models.PositiveBigIntegerField(default=0, help_text="Tries that the channel took, since the installation.")
    failed = models.PositiveBigIntegerField(default=0, help_text="Tries that it did not take, since the installation.")
    failures_in_a_row = models.PositiveBigIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["lane"]

    def __str__(self) -> str:
        return f"{self.lane}: {self.sent} sent, {self.failed} failed"

    @property
    def channel(self) -> str:
        return self.lane.split(" ", 1)[0]
