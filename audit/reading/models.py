"""Views of the trail that people keep, whose versions never change; and the index of the reading pages, made anew from the ledger when lost."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.keeping.models import Kept, once

from .filters import Filters, from_json


class SavedView(Kept):
    """Filters under a name."""

    is_shared = models.BooleanField(default=False, help_text="Everybody who may read the trail sees it; else its owner alone.")

    class Meta:
        default_permissions = ()
        ordering = ["name", "id"]
        constraints = [once("saved_view_once", "view")]

    @property
    def current(self) -> "SavedViewVersion":
        """The newest version; there is always one. One query."""
        return self.versions.latest("number")


class SavedViewVersion(models.Model):
    """What a view selected from one time to the next. Never changed: the database refuses it."""

    view = models.ForeignKey(SavedView, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    filters = models.TextField(help_text="Canonical JSON.")
    sha256 = models.CharField(max_length=64, help_text="Of the filters' bytes, in hexadecimal.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["view", "-number"]
        constraints = [models.UniqueConstraint(fields=["view", "number"], name="saved_view_version_once")]

    def __str__(self) -> str:
        return f"{self.view} v{self.number}"

    @property
    def parsed(self) -> Filters:
        """Its filters. Raises ValueError for those of a later portal."""
        return from_json(self.filters)


class TrailPosting(models.Model):
    """Which events of a block of 8,192 numbers are filed under a term. `term` is made of a hash: no word of an event stands here."""

    term = models.BigIntegerField()
    block = models.BigIntegerField(db_index=True)
    count = models.PositiveSmallIntegerField()
    events = models.BinaryField(help_text="As audit.reading.bitmaps packs them.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["term", "block"], name="trail_posting_once")]

    def __str__(self) -> str:
        return f"term {self.term} in block {self.block}"


class TrailIndex(models.Model):
    """How far the index has come: one row, locked by whoever files."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    leaf = models.BigIntegerField(default=0, help_text="The first leaf of the ledger's tree whose event is not filed.")
    oldest_at = models.DateTimeField(null=True)
    newest_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="trail_index_once")]

    def __str__(self) -> str:
        return f"filed up to leaf {self.leaf}"


class TrailForgotten(models.Model):
    """Entries that were removed with leave, of which the index keeps nothing any more."""

    range = models.BigIntegerField(primary_key=True, help_text="The RemovalRange's `id`.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"range {self.range}"
