"""Packs that were built, figures that were frozen, and the finished packs made of them with their files."""

from django.conf import settings
from django.db import models

from audit.evidence.models import LedgerRun


class QuarterlyPack(models.Model):
    """One build of a quarter's pack: by whom, when, and the digests of what came out."""

    quarter = models.CharField(max_length=6, help_text="e.g. 2016Q1")
    unit = models.ForeignKey(
        "policies.BusinessUnit", null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty for the whole organisation."
    )
    frozen = models.ForeignKey(
        "reports.FrozenFigures", null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty for the data as they were then."
    )
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


class FrozenFigures(models.Model):
    """All that a quarter's report says, read once at a cut-off. A correction is the next number, with its reason; none is ever changed."""

    quarter = models.CharField(max_length=6, help_text="e.g. 2016Q1")
    unit = models.ForeignKey(
        "policies.BusinessUnit", null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty for the whole organisation."
    )
    number = models.PositiveIntegerField(default=1, help_text="1 for the first; a restatement has the next.")
    cut_off = models.DateTimeField("data cut-off", help_text="When the figures were read. What was told later is not in them.")
    reason = models.TextField(blank=True, help_text="Why the figures were stated anew.")
    document = models.BinaryField(help_text="The document's lines, compressed (zlib).")
    size = models.PositiveBigIntegerField("bytes", help_text="Of the lines, before they are compressed.")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the lines, before they are compressed.")
    frozen_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-quarter", "unit", "-number"]
        verbose_name_plural = "frozen figures"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["quarter", "unit", "number"], name="figures_of_a_unit_once"),
            models.UniqueConstraint(fields=["quarter", "number"], condition=models.Q(unit=None), name="figures_of_the_whole_once"),
            models.CheckConstraint(name="figures_restated_for_a_reason", condition=models.Q(number=1) | ~models.Q(reason="")),
            models.CheckConstraint(name="figures_are_numbered_from_1", condition=models.Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"Figures {self.number} of {self.quarter}{f', {self.unit}' if self.unit_id else ''}"


class FinishedPack(models.Model):
    """A signed-off report: frozen figures with the chapters of their review, and the files that were made of it, once and for good."""

    frozen = models.OneToOneField(FrozenFigures, on_delete=models.PROTECT, related_name="finished")
    finished_at = models.DateTimeField()
    finished_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    document = models.BinaryField(help_text="The whole document's lines, compressed (zlib).")
    size = models.PositiveBigIntegerField("bytes", help_text="Of the lines, before they are compressed.")
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the lines, before they are compressed.")

    class Meta:
        ordering = ["-finished_at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"Pack of {self.frozen}"


class PackFile(models.Model):
    """One file of a finished pack, kept with the rest of the record so that one backup holds both."""

    pack = models.ForeignKey(FinishedPack, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField("bytes")
    sha256 = models.CharField("SHA-256", max_length=64)
    content = models.BinaryField(help_text="Compressed (zlib).")

    class Meta:
        ordering = ["pack", "id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["pack", "name"], name="file_of_a_pack_once")]

    def __str__(self) -> str:
        return self.name


class PackRun(LedgerRun):
    """Files that a worker makes: a pack of a quarter, or a finished pack with its evidence, kept for a week for those who asked; or the files of a
    signed report, which nobody asks for and which are kept with it for good.
    """

    class Kind(models.TextChoices):
        PACK = "pack", "pack"
        EVIDENCE = "evidence", "pack with its evidence"
        FINISHED = "finished", "finished pack"

    kind = models.CharField(max_length=10, choices=Kind)
    requested_by = models.ForeignKey(  # type: ignore[assignment]
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty for a finished pack."
    )
    by_itself = models.BooleanField(default=False, help_text="A schedule of this person asked for it.")
    quarter = models.CharField(max_length=6)
    unit = models.ForeignKey("policies.BusinessUnit", null=True, on_delete=models.PROTECT, related_name="+")
    frozen = models.ForeignKey(FrozenFigures, null=True, on_delete=models.PROTECT, related_name="+")
    formats = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    step = models.CharField(max_length=100, blank=True, help_text="What the worker is at.")
    cut_off = models.DateTimeField("data cut-off", null=True, help_text="When its figures were read.")
    file = models.CharField(max_length=255, blank=True, help_text="Its name for people.")
    length = models.BigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True, help_text="When the file was deleted.")

    class Meta(LedgerRun.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["frozen"], condition=models.Q(kind="finished"), name="pack_is_finished_by_one_run"),
            models.CheckConstraint(
                condition=models.Q(kind="finished", frozen__isnull=False, requested_by=None)
                | ~models.Q(kind="finished") & models.Q(requested_by__isnull=False),
                name="pack_is_asked_for_or_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.quarter} (#{self.pk})"
