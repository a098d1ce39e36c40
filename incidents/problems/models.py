"""Problem records, their links to incidents, and the known-error database (KEDB)."""

from django.db import models

from portal.foundation.base_models import tracked


class Problem(models.Model):
    """The cause, or potential cause, of one or more incidents (ITIL 4)."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        KNOWN_ERROR = "known_error", "known error"
        RESOLVED = "resolved", "resolved"
        UNKNOWN = "unknown", "unknown"

    number = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    service = models.ForeignKey("policies.Service", null=True, blank=True, on_delete=models.PROTECT, related_name="problems")
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="owned_problems")
    incidents = models.ManyToManyField("incidents.Incident", through="incidents.IncidentProblem", related_name="problems")
    source_system = models.CharField(max_length=40, blank=True, editable=False)
    history = tracked()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class IncidentProblem(models.Model):
    """An incident that a problem explains."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="problem_links")
    problem = models.ForeignKey("incidents.Problem", on_delete=models.PROTECT, related_name="incident_links")
    history = tracked()

    class Meta:
        verbose_name = "linked problem"
        constraints = [models.UniqueConstraint(fields=["incident", "problem"], name="problem_linked_once")]

    def __str__(self) -> str:
        return f"{self.incident_id} explained by {self.problem}"


class KnownError(models.Model):
    """A problem with a documented workaround: an entry of the known-error database (KEDB)."""

    title = models.CharField(max_length=200)
    problem = models.ForeignKey("incidents.Problem", null=True, blank=True, on_delete=models.PROTECT, related_name="known_errors")
    services = models.ManyToManyField("policies.Service", related_name="known_errors")
    symptom = models.TextField(help_text="What users or monitoring see.")
    workaround = models.TextField(help_text="What reduces the impact until the problem is solved.")
    reference_url = models.URLField(blank=True, help_text="The entry in your knowledge base.")
    active = models.BooleanField(default=True, help_text="Shown beside live incidents of its services.")
    history = tracked(m2m=(services,))

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
