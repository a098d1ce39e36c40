"""Threshold reviews each quarter and policy revisions each year."""

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked


class PolicyReview(models.Model):
    """One look at one policy: what happened under it, and what its owner decided. A signed one is never changed."""

    class Kind(models.TextChoices):
        THRESHOLDS = "thresholds", "quarterly threshold review"
        POLICY = "policy", "annual policy revision"

    class Decision(models.TextChoices):
        KEEP = "keep", "keep as it is"
        CHANGE = "change", "change"
        RETIRE = "retire", "retire"

    policy = models.ForeignKey("policies.EscalationPolicy", on_delete=models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    period = models.CharField(max_length=10, help_text="The quarter or the year looked at: 2026Q3, 2026.")
    period_start = models.DateTimeField()
    period_end = models.DateTimeField(help_text="The first instant after the period.")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    assigned_to = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="policy_reviews")
    climbed_to = models.ForeignKey(
        "portal.User",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="climbed_reviews",
        help_text="The manager who was told when it was overdue.",
    )
    climbed_at = models.DateTimeField(null=True, blank=True)
    version = models.ForeignKey(
        "policies.PolicyVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="In force when it was signed.",
    )
    evidence = models.JSONField(null=True, blank=True, help_text="The figures as they were when it was signed.")
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    reason = models.TextField(blank=True)
    signed_by = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_by_name = models.CharField(max_length=150, blank=True, help_text="The name as it was.")
    signed_at = models.DateTimeField(null=True, blank=True)
    history = tracked(without=("evidence",))

    class Meta:
        ordering = ["signed_at", "due_at", "policy"]
        default_permissions = ("view",)
        permissions = [("sign_policyreview", "Can sign a review of a policy")]
        constraints = [
            models.UniqueConstraint(fields=["policy", "kind", "period"], name="one_review_per_policy_and_period"),
            models.CheckConstraint(name="review_period_has_a_length", condition=Q(period_end__gt=F("period_start"))),
            models.CheckConstraint(
                name="review_is_signed_whole",
                condition=Q(signed_at__isnull=True, signed_by__isnull=True, decision="")
                | Q(signed_at__isnull=False, signed_by__isnull=False, evidence__isnull=False) & ~Q(decision="") & ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display().capitalize()} of {self.policy}, {self.period}"
