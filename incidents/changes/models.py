"""Change requests and their links to incidents."""

from django.db import models

from portal.foundation.base_models import tracked


class ChangeRequest(models.Model):
    """A request for change (RFC), in ITIL's sense."""

    number = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    source_system = models.CharField(max_length=40, blank=True, editable=False)
    history = tracked()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class IncidentChange(models.Model):
    """How a change and an incident belong together."""

    class Relation(models.TextChoices):
        RESOLVES = "resolves", "requested to resolve it"
        CAUSED = "caused", "caused it"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="change_links")
    change = models.ForeignKey("incidents.ChangeRequest", on_delete=models.PROTECT, related_name="incident_links")
    relation = models.CharField(max_length=20, choices=Relation.choices)
    history = tracked()

    class Meta:
        verbose_name = "linked change"
        constraints = [models.UniqueConstraint(fields=["incident", "change", "relation"], name="change_linked_once")]

    def __str__(self) -> str:
        return f"{self.change} {self.get_relation_display()}"
