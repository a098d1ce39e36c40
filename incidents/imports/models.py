"""An import, and the source's records it brought."""

from django.db import models


class ImportRun(models.Model):
    """One import that wrote something: which file, by whom, when, with what result."""

    sequence = models.PositiveIntegerField(
        unique=True, help_text="Counts the imports. Of two that were planned at the same time only the first can take its number."
    )
    source = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField("SHA-256 of the file", max_length=64)
    started_at = models.DateTimeField()
    person = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField("imported by", max_length=150, help_text="The name as it was; an operator's without an account here.")
    report = models.JSONField(help_text="The reconciliation report as printed.")

    class Meta:
        ordering = ["-sequence"]
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
    place = models.PositiveIntegerField(default=0, help_text="Order among this incident's records of the same time, from 0.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the record's values.")
    values = models.JSONField(help_text="By column; a column that is missing held the source's word for 'not known'.")

    class Meta:
        ordering = ["incident", "recorded_at", "place"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["incident", "digest"], name="source_record_once")]

    def __str__(self) -> str:
        return f"line {self.line}"
