"""What came back from outside when a checkpoint was shown there."""

from django.db import models


class AnchorReceipt(models.Model):
    """One checkpoint at one anchor. A failure is kept too; the same checkpoint may follow it."""

    anchor = models.CharField(max_length=255, help_text="The anchor's name in the configuration.")
    kind = models.CharField(max_length=20)
    epoch = models.PositiveIntegerField(default=1)
    size = models.BigIntegerField()
    at = models.DateTimeField()
    receipt = models.BinaryField(null=True, help_text="What proves it: a time-stamp token, a cosignature, a line. Empty where it failed.")
    error = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        # Of each the newest row is asked for all the time, and how large the ledger was at most.
        indexes = [models.Index(fields=["anchor", "-id"], name="anchor_newest"), models.Index(fields=["-size"], name="anchor_largest")]

    def __str__(self) -> str:
        return f"{self.anchor} at {self.size}"
