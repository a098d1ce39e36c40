"""An import, and the source's records it brought."""

from django.db import models


class ImportRun(models.Model):
    """One import that wrote something: which file, by whom, when, with what result."""

    source = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    person = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    report = models.JSONField(help_text="The reconciliation report as printed.")

    class Meta:
        ordering = ["-started_at"]
        default_permissions = ("view",)
        permissions = [("run_import", "Can import another system's log")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.source})"


class SourceRecord(models.Model):
    """One record of the source, kept as it was, so that a later export can be merged in and a figure traced back."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="source_records")
    run = models.ForeignKey("incidents.ImportRun", on_delete=models.PROTECT, related_name="records")
    line = models.PositiveIntegerField(help_text="Line of the file, the header being line 1.")
    recorded_at = models.DateTimeField(help_text="The record's time by the source's clock.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the record's values.")
    values = models.JSONField()

    class Meta:
        ordering = ["incident", "recorded_at", "run", "line"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["incident", "digest"], name="source_record_once")]

    def __str__(self) -> str:
        return f"line {self.line}"
