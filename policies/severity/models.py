"""Thresholds of a policy version."""

from datetime import timedelta

from django.db import models

from policies.decisions.vocabulary import Comparison, Severity
from portal.foundation.base_models import tracked

SEVERITIES = [(severity.value, severity.label) for severity in Severity]
COMPARISONS = [(comparison.value, comparison.words) for comparison in Comparison]


class Measure(models.TextChoices):
    """What can be read off a service, each with its unit."""

    DOWNTIME = "downtime_minutes", "Downtime (minutes)"
    AFFECTED_USERS = "affected_users", "Affected users (count)"
    AFFECTED_SHARE = "affected_users_percent", "Affected users (%)"
    FAILURE_RATE = "transaction_failure_percent", "Failed transactions (%)"
    LATENCY = "latency_ms", "Latency, 95th percentile (ms)"
    BUDGET_BURN = "error_budget_burn", "Error-budget burn rate (times)"


class Threshold(models.Model):
    """A measurable severity criterion: when its conditions hold, the incident has this severity and starts at this level."""

    class Combine(models.TextChoices):
        ALL = "all", "all conditions hold"
        ANY = "any", "any condition holds"

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="thresholds")
    name = models.CharField(max_length=120, help_text="In words, e.g. 'Payments failing for many customers'.")
    combine = models.CharField("holds when", max_length=3, choices=Combine.choices, default=Combine.ALL)
    severity = models.CharField(max_length=4, choices=SEVERITIES)
    start_level = models.PositiveSmallIntegerField(default=1, help_text="The level that is alerted first.")
    history = tracked()

    class Meta:
        ordering = ["version", "severity", "name"]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="threshold_once_per_version")]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """One condition on one measure."""

    threshold = models.ForeignKey("policies.Threshold", on_delete=models.CASCADE, related_name="criteria")
    measure = models.CharField(max_length=40, choices=Measure.choices)
    comparison = models.CharField(max_length=2, choices=COMPARISONS, default=Comparison.AT_LEAST.value)
    value = models.DecimalField(max_digits=14, decimal_places=3, help_text="In the measure's own unit.")
    window = models.DurationField(
        "observation window", default=timedelta(minutes=10), help_text="e.g. 10 min. Older readings do not count."
    )
    for_at_least = models.DurationField(
        default=timedelta(0), help_text="How long the condition must have held, e.g. 5 min; 0 s for at once."
    )
    history = tracked()

    class Meta:
        ordering = ["threshold", "measure", "id"]
        verbose_name_plural = "criteria"
        constraints = [
            models.CheckConstraint(name="criterion_window_is_positive", condition=models.Q(window__gt=timedelta(0))),
            models.CheckConstraint(
                name="criterion_holds_within_its_window",
                condition=models.Q(for_at_least__gte=timedelta(0)) & models.Q(for_at_least__lte=models.F("window")),
                violation_error_message="'For at least' cannot be longer than the observation window.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.get_comparison_display()} {self.value.normalize():f}"
