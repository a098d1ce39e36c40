"""The tree and its signed checkpoints, as docs/ledger-format.md has them. None of the rows of the first four is ever changed or removed."""

from django.db import models


class LedgerLeaf(models.Model):
    """The place of one event in the tree. Its two keys are what keeps two sealers apart."""

    index = models.BigIntegerField(primary_key=True, help_text="From 0, without gaps.")
    event = models.BigIntegerField(unique=True, help_text="The event's `id`.")
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"leaf {self.index}"


class LedgerTile(models.Model):
    """256 hashes of complete subtrees side by side (C2SP tlog-tiles): proofs of a long ledger need only some of these."""

    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField(max_length=8192)
    root = models.BinaryField(max_length=32, help_text="The root over them: what the next level's tile holds of this one.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["level", "number"], name="ledger_tile_once")]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number}"


class LedgerEpoch(models.Model):
    """From one restore to the next the ledger has one origin. The first epoch has no row."""

    number = models.PositiveIntegerField(primary_key=True)
    origin = models.CharField(max_length=255, unique=True)
    size = models.BigIntegerField(help_text="How many entries the restored tree had.")
    lost_to = models.BigIntegerField(help_text="The largest size known to have been signed or anchored before.")
    opened_at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.origin


class LedgerCheckpoint(models.Model):
    """A root that was signed. `note` is what counts; the columns are copies to search by."""

    epoch = models.PositiveIntegerField(default=1)
    size = models.BigIntegerField()
    root = models.CharField(max_length=64, help_text="Hexadecimal.")
    at = models.DateTimeField(db_index=True)
    note = models.TextField()

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["epoch", "size"], name="ledger_checkpoint_once")]

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"


class LedgerAlarm(models.Model):
    """Something that the sealer finds wrong and cannot put right; it is gone when it is over. The only rows here that are removed."""

    key = models.CharField(primary_key=True, max_length=40)
    words = models.TextField()
    since = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.words
