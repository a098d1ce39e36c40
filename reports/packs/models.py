"""A pack that was built."""

from django.db import models


class QuarterlyPack(models.Model):
    """One build of a quarter's pack: by whom, when, and the digests of what came out."""

    quarter = models.CharField(max_length=6, help_text="e.g. 2016Q1")
    built_at = models.DateTimeField()
    built_by = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    metrics = models.JSONField()
    files = models.JSONField(help_text="File name to SHA-256.")

    class Meta:
        ordering = ["-built_at"]
        default_permissions = ("view",)
        permissions = [("build_quarterlypack", "Can build and export a quarterly pack")]

    def __str__(self) -> str:
        return f"{self.quarter} built {self.built_at:%Y-%m-%d %H:%M} UTC"
