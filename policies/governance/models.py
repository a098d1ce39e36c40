"""Versions of a policy and the decisions on them."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from policies.decisions.vocabulary import Severity
from portal.foundation.base_models import tracked

from .states import VersionState

SEVERITIES = [(severity.value, severity.label) for severity in Severity]
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
    repeats = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(5)],
        help_text="How often the technical track begins again from its first level before nobody counts as reached.",
    )
    silent_after = models.DurationField(
        "silence after an acknowledgement",
        null=True,
        blank=True,
        help_text="e.g. 30 min. Whoever acknowledged and then shows no sign of work for this long is alerted again. Empty: never.",
    )
    stakeholder_from = models.CharField(
        "stakeholders from severity",
        max_length=4,
        choices=SEVERITIES,
        default=Severity.SEV2.value,
        help_text="The stakeholder track starts for incidents at least this severe.",
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
    approvals_needed = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text="How many people have to approve it; set when it is submitted."
    )
    effective_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Only for what was published at once: when it ends by itself."
    )
    history = tracked()

    class Meta:
        ordering = ["policy", "-number"]
        indexes = [
            models.Index(fields=["policy", "-effective_from", "-number"], name="version_by_start", condition=Q(state="approved")),
        ]
        permissions = [
            ("submit_policyversion", "Can submit a version for approval"),
            ("approve_policyversion", "Can approve or send back a version"),
            ("publish_at_once_policyversion", "Can publish a version at once, for a limited time, before anybody approves it"),
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
            models.CheckConstraint(name="version_needs_an_approval", condition=Q(approvals_needed__gte=1)),
            models.CheckConstraint(
                name="version_ends_after_it_starts", condition=Q(effective_until__isnull=True) | Q(effective_until__gt=F("effective_from"))
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
        ]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.decided_by}"


class UrgentPublication(models.Model):
    """Break-glass: a version put in force at once by one person, for a limited time, and what somebody else made of it afterwards."""

    class Verdict(models.TextChoices):
        JUSTIFIED = "justified", "justified"
        NOT_JUSTIFIED = "not_justified", "not justified"

    version = models.OneToOneField("policies.PolicyVersion", on_delete=models.PROTECT, related_name="urgent_publication")
    published_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="urgent_publications")
    published_at = models.DateTimeField()
    until = models.DateTimeField(help_text="When it ends by itself; what was in force before is in force again.")
    reason = models.TextField()
    review_due_at = models.DateTimeField()
    reviewed_by = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True)
    review_reason = models.TextField(blank=True)
    history = tracked()

    class Meta:
        ordering = ["-published_at"]
        default_permissions = ("view",)
        permissions = [("review_urgentpublication", "Can review what was published at once")]
        constraints = [
            models.CheckConstraint(name="urgent_publication_ends", condition=Q(until__gt=F("published_at"))),
            models.CheckConstraint(
                name="urgent_publication_reviewed_whole",
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True, verdict="")
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~Q(verdict="") & ~Q(review_reason=""),
            ),
            models.CheckConstraint(
                name="nobody_reviews_their_own_urgent_publication",
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("published_by")),
            ),
            models.UniqueConstraint(
                fields=["published_by"], condition=Q(reviewed_at__isnull=True), name="one_unreviewed_urgent_publication_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} published at once by {self.published_by}"


class EditLock(models.Model):
    """Who is editing a draft now, so that two people do not write over each other. It runs out by itself."""

    version = models.OneToOneField("policies.PolicyVersion", on_delete=models.CASCADE, related_name="edit_lock")
    person = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.person} edits {self.version}"
