"""Every change of a governed row as the database itself saw it: the second witness of what services report."""

from django.db import models


class RawChange(models.Model):
    """One row changed. Paired with the event that tells of it, or reported as an unattributed change."""

    table = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    operation = models.CharField(max_length=1, choices=[("I", "added"), ("U", "changed"), ("D", "removed")])
    at = models.DateTimeField(help_text="The database's clock.")
    transaction = models.CharField(max_length=40, blank=True, help_text="The database's own number of it; empty on SQLite.")
    after_event = models.BigIntegerField(default=0, help_text="The `id` of the last event that there was.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.operation} {self.table} {self.key}"


class OpenAct(models.Model):
    """On SQLite, which has one writer: there while an act runs, and never once its transaction has ended. PostgreSQL needs none."""

    # What SQLite keeps in the table itself: a key of another type would have an index beside it, another page in each commit.
    id = models.IntegerField(primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "an act is running"
