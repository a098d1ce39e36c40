"""Replays of a version: what was asked, how far it is, and what it found, kept as evidence beside the change."""

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked


class ReplayRun(models.Model):
    """One replay of a version against the one that it would replace. A finished one is never changed."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting for a worker"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    class Population(models.TextChoices):
        OWN = "own", "incidents of the policy's service"
        ALL = "all", "incidents of all services, as if this policy governed them"

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.PROTECT, related_name="replays")
    against = models.ForeignKey(
        "policies.PolicyVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: no policy before."
    )
    population = models.CharField(max_length=10, choices=Population.choices, default=Population.OWN)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField(help_text="The first instant after the period.")
    requested_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    looked_at = models.DateTimeField(null=True, blank=True, help_text="The last sign of life of the worker.")
    finished_at = models.DateTimeField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, help_text="What was replayed.")
    result = models.JSONField(null=True, blank=True)
    result_sha256 = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the canonical result.")
    failure = models.TextField(blank=True)
    history = tracked(without=("result",))

    class Meta:
        ordering = ["-requested_at", "-pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(name="replay_period_has_a_length", condition=Q(period_end__gt=F("period_start"))),
            models.CheckConstraint(name="replay_progress_is_per_cent", condition=Q(progress__lte=100)),
            models.CheckConstraint(
                name="finished_replay_has_its_result",
                condition=~Q(state="done") | Q(result__isnull=False, finished_at__isnull=False) & ~Q(result_sha256=""),
            ),
        ]

    def __str__(self) -> str:
        return f"replay of {self.version}"

    @property
    def is_live(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)
