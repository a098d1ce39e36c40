"""Versions of a policy and the decisions on them."""

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked

from .states import VersionState

STATES = [(state.value, state.words) for state in VersionState]


class PolicyVersion(models.Model):
    """One version of a policy. Its content may change while it is a draft and never after.

    Which version is in force is a question of time, not of a column: the approved one with the latest start that is not in the future.
    """

    policy = models.ForeignKey("policies.EscalationPolicy", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=STATES, default=VersionState.DRAFT.value)
    change_reason = models.TextField("reason for the change", help_text="What changes and why, for the approver and the auditor.")
    effective_from = models.DateTimeField(
        "in force from",
        null=True,
        blank=True,
        help_text="Empty: as soon as it is approved. A time that is past at the approval counts as empty.",
    )
    resolve_within = models.DurationField(
        "resolution milestone",
        null=True,
        blank=True,
        help_text="From opening, e.g. 4 h. An incident not resolved by then moves one level up, even when acknowledged.",
    )
    author = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_by = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    content = models.JSONField(null=True, blank=True, help_text="The frozen content, as submitted.")
    content_sha256 = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the canonical content.")
    warnings_accepted = models.TextField(
        blank=True, default="", help_text="Why it was submitted in spite of the checks' warnings; empty when there were none."
    )
    history = tracked()

    class Meta:
        ordering = ["policy", "-number"]
        permissions = [
            ("submit_policyversion", "Can submit a version for approval"),
            ("approve_policyversion", "Can approve or send back a version"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="version_number_once_per_policy"),
            models.UniqueConstraint(
                fields=["policy"],
                condition=Q(state__in=[VersionState.DRAFT.value, VersionState.SUBMITTED.value]),
                name="one_open_version_per_policy",
            ),
            models.CheckConstraint(
                name="approved_version_is_frozen_and_dated",
                condition=~Q(state=VersionState.APPROVED.value)
                | Q(approved_at__isnull=False, effective_from__isnull=False, submitted_by__isnull=False) & ~Q(content_sha256=""),
            ),
            models.CheckConstraint(
                name="version_never_takes_effect_before_approval",
                condition=Q(approved_at__isnull=True) | Q(effective_from__gte=F("approved_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"


class Approval(models.Model):
    """One decision on a submitted version. The person who submitted it cannot be the one who decides."""

    class Decision(models.TextChoices):
        APPROVED = "approved", "approved"
        SENT_BACK = "sent_back", "sent back"

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.PROTECT, related_name="approvals")
    requested_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=20, choices=Decision.choices)
    reason = models.TextField()
    content_sha256 = models.CharField(max_length=64, help_text="What was decided on.")
    decided_at = models.DateTimeField()
    history = tracked()

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(
                name="nobody_approves_their_own_change",
                condition=~Q(requested_by=F("decided_by")),
                violation_error_message="Nobody approves their own change.",
            ),
            models.UniqueConstraint(fields=["version"], condition=Q(decision="approved"), name="approved_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.decided_by}"
