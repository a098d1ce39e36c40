"""What came back from outside when a checkpoint was shown there."""

from django.db import models


class AnchorReceipt(models.Model):
    """One checkpoint at one anchor. A failure is kept too; the same checkpoint may follow it."""

    anchor = models.CharField(max_length=100, help_text="The anchor's name in the configuration.")
    kind = models.CharField(max_length=20)
    epoch = models.PositiveIntegerField(default=1)
    size = models.BigIntegerField()
    at = models.DateTimeField()
    receipt = models.BinaryField(null=True, help_text="What proves it: a time-stamp token, a cosignature, a line. Empty where it failed.")
    error = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [models.Index(fields=["anchor", "-size"], name="anchor_progress")]

    def __str__(self) -> str:
        return f"{self.anchor} at {self.size}"
