"""What somebody says about their own record."""

from django.conf import settings
from django.db import models


class AccountabilityComment(models.Model):
    """A person's own words about their record of a quarter. They are added to, never changed: the database refuses it.

    `text` is empty once the person's data was erased.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    quarter = models.CharField(max_length=6, help_text="e.g. 2016Q1")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ()
        permissions = [
            ("see_accountability", "Can see the accountability records of the own business units and of who reports to them"),
            ("see_all_accountability", "Can see everybody's accountability record"),
        ]
        indexes = [models.Index(fields=["person", "quarter"], name="accountability_comments")]

    def __str__(self) -> str:
        return f"comment on {self.quarter}"
