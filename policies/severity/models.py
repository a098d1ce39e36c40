"""What a policy version says about how bad it is: thresholds, business impact, the priority matrix, exceptions."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models

from policies.decisions.vocabulary import BusinessMeasure, Comparison, Indicator, Priority, Scale, Severity
from portal.foundation.base_models import tracked

BUSINESS_MEASURES = [(measure.value, measure.label) for measure in BusinessMeasure]
INDICATORS = [(indicator.value, indicator.label) for indicator in Indicator]
SCALE = [(step.value, step.label) for step in Scale]
PRIORITIES = [(step.value, step.label) for step in Priority]
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


class OwnMeasure(models.Model):
    """A measure of the organisation's own, such as orders waiting. Its name and unit are frozen into each version that uses it."""

    key = models.SlugField(max_length=40, unique=True, help_text="Short name for readings, e.g. orders_waiting. It stays as it is.")
    name = models.CharField(max_length=80, unique=True, help_text="As it is told, e.g. Orders waiting.")
    unit = models.CharField(max_length=20, blank=True, help_text="e.g. orders; empty for a plain number.")
    highest = models.DecimalField(
        "highest possible value", max_digits=14, decimal_places=3, null=True, blank=True, help_text="Empty: there is no end. Lowest is 0."
    )
    history = tracked()

    class Meta:
        ordering = ["name"]
        verbose_name = "measure of our own"
        verbose_name_plural = "measures of our own"
        constraints = [
            models.CheckConstraint(name="own_measure_has_a_range", condition=models.Q(highest__isnull=True) | models.Q(highest__gt=0))
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def clean(self) -> None:
        if self.key in Measure.values:
            raise ValidationError({"key": f"'{self.key}' is built in. Choose another short name."})


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
    runbook = models.ForeignKey(
        "policies.Runbook", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="What to do when it holds."
    )
    history = tracked()

    class Meta:
        ordering = ["version", "severity", "name"]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="threshold_once_per_version")]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """One condition on one measure."""

    threshold = models.ForeignKey("policies.Threshold", on_delete=models.CASCADE, related_name="criteria")
    measure = models.CharField(max_length=40, help_text="One that is built in, or one of our own.")
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
        return f"{measure_label(self.measure)} {self.get_comparison_display()} {self.value.normalize():f}"


class BusinessThreshold(models.Model):
    """At least this much of a business measure means at least this impact."""

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="business_thresholds")
    name = models.CharField(max_length=120, help_text="In words, e.g. 'Losing more than 10,000 EUR an hour'.")
    measure = models.CharField(max_length=30, choices=BUSINESS_MEASURES)
    value = models.DecimalField(
        "at least",
        max_digits=14,
        decimal_places=3,
        help_text="Money per hour; or exposure 1 possible, 2 likely, 3 certain; or segment 1 normal, 2 important, 3 vital.",
    )
    currency = models.CharField(max_length=3, blank=True, help_text="For revenue loss: the ISO 4217 code, e.g. EUR.")
    impact = models.PositiveSmallIntegerField(choices=SCALE, default=Scale.HIGH, help_text="The impact that follows, at least.")
    history = tracked()

    class Meta:
        ordering = ["version", "impact", "name"]
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="business_threshold_once_per_version"),
            models.CheckConstraint(name="business_threshold_is_positive", condition=models.Q(value__gt=0)),
            models.CheckConstraint(
                name="revenue_loss_has_a_currency",
                condition=models.Q(measure=BusinessMeasure.REVENUE_LOSS.value) & ~models.Q(currency="")
                | ~models.Q(measure=BusinessMeasure.REVENUE_LOSS.value) & models.Q(currency="", value__lte=3),
                violation_error_message="Revenue loss needs a currency; the other measures have none and go from 1 to 3.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PriorityCell(models.Model):
    """One field of the priority matrix: the priority of an impact and an urgency."""

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="priority_cells")
    impact = models.PositiveSmallIntegerField(choices=SCALE)
    urgency = models.PositiveSmallIntegerField(choices=SCALE)
    priority = models.PositiveSmallIntegerField(choices=PRIORITIES)
    history = tracked()

    class Meta:
        ordering = ["version", "impact", "urgency"]
        verbose_name = "field of the priority matrix"
        verbose_name_plural = "priority matrix"
        constraints = [
            models.UniqueConstraint(fields=["version", "impact", "urgency"], name="priority_cell_once_per_version"),
            models.CheckConstraint(
                name="priority_cell_is_in_the_scales",
                condition=models.Q(impact__range=(1, 3), urgency__range=(1, 3), priority__range=(1, 5)),
            ),
        ]

    def __str__(self) -> str:
        return f"impact {self.impact}, urgency {self.urgency}: P{self.priority}"


class ExceptionRule(models.Model):
    """An indicator that starts an incident at a level, whatever the thresholds say. It works on when its review is overdue."""

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="exception_rules")
    name = models.CharField(max_length=120, help_text="In words, e.g. 'Customer data may have leaked'.")
    indicator = models.CharField(max_length=20, choices=INDICATORS)
    service = models.ForeignKey(
        "policies.Service", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="For 'a named service'."
    )
    label = models.CharField(max_length=60, blank=True, help_text="For 'a label': the label as it stands on the incident.")
    start_level = models.PositiveSmallIntegerField(default=1, help_text="The level that is alerted first.")
    rationale = models.TextField(help_text="Why this does not wait for a threshold.")
    owner = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+", help_text="Answers for this exception.")
    review_on = models.DateField("review by", help_text="The day by which its owner has to look at it again.")
    history = tracked()

    class Meta:
        ordering = ["version", "name"]
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="exception_once_per_version"),
            models.CheckConstraint(
                name="exception_names_what_it_looks_for",
                condition=models.Q(indicator=Indicator.SERVICE.value, service__isnull=False, label="")
                | models.Q(indicator=Indicator.LABEL.value, service__isnull=True) & ~models.Q(label="")
                | models.Q(indicator__in=[Indicator.DATA_BREACH.value, Indicator.EXECUTIVE_SYSTEM.value], service__isnull=True, label=""),
                violation_error_message="'A named service' needs the service, 'a label' needs the label; the other indicators need neither.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def measure_label(measure: str) -> str:
    """'Downtime (minutes)'; the key itself for a measure of the organisation's own."""
    return Measure(measure).label if measure in Measure.values else measure
