"""What was asked of the ledger and takes long: checks of it, and bundles written from it. What came of each is an event, too."""

from django.conf import settings
from django.db import models


class LedgerRun(models.Model):
    """Work that a worker does while a page tells how far it is."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting for a worker"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    processed = models.PositiveBigIntegerField(default=0, help_text="Entries done so far.")
    total = models.PositiveBigIntegerField(default=0, help_text="Entries that there are; 0 before the work began.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True, help_text="The worker's last sign of life.")
    finished_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)

    class Meta:
        abstract = True
        default_permissions = ()
        ordering = ["-id"]

    @property
    def is_live(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class LedgerCheck(LedgerRun):
    """One check of the whole ledger where it lies."""

    verdict = models.CharField(max_length=20, blank=True, help_text="As docs/ledger-format.md names it.")
    size = models.BigIntegerField(default=0, help_text="Entries that were checked.")
    checkpoints = models.BigIntegerField(default=0)
    found = models.PositiveIntegerField(default=0, help_text="How many findings there were.")
    findings = models.JSONField(default=list, help_text="The first of them: code, text and index.")

    def __str__(self) -> str:
        return f"#{self.pk}"


class EvidenceExport(LedgerRun):
    """One bundle: what was asked for, and the file that came of it. The file is deleted after a week, this row stays."""

    reason = models.TextField()
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    object_model = models.CharField(max_length=255, blank=True)
    object_pk = models.CharField(max_length=255, blank=True)
    bundle = models.CharField(max_length=36, blank=True, help_text="The bundle's own id.")
    file = models.CharField(max_length=100, blank=True, help_text="Its name in the folder of evidence.")
    length = models.BigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0, help_text="Entries of the tree.")
    entries = models.BigIntegerField(default=0, help_text="Entries that are in it in full.")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="When the file was deleted.")

    def __str__(self) -> str:
        return f"#{self.pk}"
