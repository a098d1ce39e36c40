"""What was last agreed with the CMDB, the files that came, what they differ in, and what was sent back."""

from django.db import models

from .differences import Kind


class DirectoryEntry(models.Model):
    """A person as the CMDB knows them: its own number for them, and the state that both sides last agreed on.

    Of addresses only a keyed fingerprint and a masked form stand here.
    """

    person = models.OneToOneField("portal.User", on_delete=models.CASCADE, related_name="directory_entry")
    external_id = models.CharField(max_length=150, blank=True, help_text="The person's number or key in the CMDB.")
    agreed = models.JSONField(default=dict, help_text="By field: the mark it is compared by and the form in which it is shown.")
    agreed_with = models.ForeignKey(
        "portal.DirectorySync", null=True, on_delete=models.SET_NULL, related_name="+", help_text="The latest file that was applied."
    )
    sent_mark = models.CharField(max_length=64, blank=True, help_text="Keyed fingerprint of what was last sent to the CMDB.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["external_id"], condition=~models.Q(external_id=""), name="one_person_per_cmdb_id")]

    def __str__(self) -> str:
        return f"{self.person} in the CMDB"


class DirectorySync(models.Model):
    """One file of the CMDB: compared, decided on, applied. Its content is kept until it is settled or expires, then forgotten."""

    class Source(models.TextChoices):
        UPLOAD = "upload", "uploaded"
        DROP = "drop", "file drop"
        HTTP = "http", "sent over HTTP"
        COMMAND = "command", "read at the server"

    class State(models.TextChoices):
        WAITING = "waiting", "waits for a person"
        PARTLY = "partly", "applied, conflicts wait"
        APPLIED = "applied", "applied"
        DISCARDED = "discarded", "discarded"
        EXPIRED = "expired", "expired"

    file_name = models.CharField("file", max_length=255)
    source = models.CharField(max_length=10, choices=Source.choices)
    sha256 = models.CharField("SHA-256 of the file", max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    person = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField("brought by", max_length=150)
    read_at = models.DateTimeField("read")
    settled_at = models.DateTimeField("settled", null=True)
    people = models.PositiveIntegerField(help_text="How many people the file names.")
    agreeing = models.PositiveIntegerField(help_text="How many of them agree with what stands here.")
    content = models.BinaryField(default=b"", help_text="Forgotten once the file is settled.")

    class Meta:
        ordering = ["-id"]
        verbose_name = "CMDB file"
        default_permissions = ("view",)
        permissions = [("run_directorysync", "Can exchange people with the CMDB")]

    def __str__(self) -> str:
        return f"{self.file_name} (CMDB file {self.pk})"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.PARTLY)


class DirectoryRow(models.Model):
    """One difference, addresses masked, and what was decided on it."""

    class Decision(models.TextChoices):
        UNDECIDED = "", "not decided"
        TAKE = "take", "take theirs"
        KEEP = "keep", "keep ours"

    sync = models.ForeignKey("portal.DirectorySync", on_delete=models.CASCADE, related_name="rows")
    person = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=150)
    place = models.CharField(max_length=30, help_text="Where it stands in the file.")
    field = models.CharField(max_length=30, blank=True)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    ours = models.CharField(max_length=600, blank=True)
    theirs = models.CharField(max_length=600, blank=True)
    base = models.CharField(max_length=600, blank=True, help_text="What both had when they last agreed.")
    words = models.CharField(max_length=500, blank=True, help_text="Why a person decides, or what is wrong.")
    mark = models.CharField(max_length=64, help_text="Keyed fingerprint of the difference: tells whether it is still the same.")
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["sync", "id"]
        default_permissions = ()
        indexes = [models.Index(fields=["sync", "kind"], name="directory_row_kind")]

    def __str__(self) -> str:
        return f"{self.person_name}: {self.field or self.kind}"


class DirectoryExport(models.Model):
    """One attempt to hand changes made here to the CMDB."""

    started_at = models.DateTimeField("sent")
    succeeded = models.BooleanField()
    people = models.PositiveIntegerField()
    sha256 = models.CharField("SHA-256 of what was sent", max_length=64)
    detail = models.CharField("outcome", max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "hand-over to the CMDB"
        verbose_name_plural = "hand-overs to the CMDB"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.people} people to the CMDB"
