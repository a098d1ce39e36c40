"""What every kept thing has. Its versions, of which there is always one, are a model of its own kind, never changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Kept(models.Model):
    """Something under a name. It changes by a new version; it is retired, never removed. A kind adds `once(...)` to its constraints."""

    name = models.CharField(max_length=100)
    purpose = models.TextField(blank=True, help_text="What it is looked at for.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def once(name: str, noun: str) -> models.UniqueConstraint:
    """Nobody keeps two of one name, those retired left out."""
    return models.UniqueConstraint(
        fields=["owner", "name"],
        condition=Q(retired_at=None),
        name=name,
        violation_error_message=f"You have a {noun} of that name already.",
    )
