"""Incidents, the readings that tell how bad they are, and the timeline that tells what happened."""

from django.db import models
from django.db.models import F, Q

from policies.decisions.vocabulary import Exposure, Priority, Scale, Severity
from portal.foundation.base_models import tracked
from portal.foundation.many_rows import QuicklyInserted
from portal.foundation.quickly_read import QuicklyRead

from .states import ENDED_STATES, IncidentState

# The legal and compliance track runs for these.
MARKED = Q(personal_data=True) | Q(regulated=True) | Q(data_breach=True)
# Drills are left out of every figure, and of every list of what really happened.
OPERATIONAL = ~Q(origin="drill")
SCALE = [(step.value, step.label) for step in Scale]


class Incident(QuicklyInserted, QuicklyRead):
    """An unplanned interruption or loss of quality of a service."""

    class Origin(models.TextChoices):
        PERSON = "person", "opened by a person"
        API = "api", "opened through the API"
        READING = "reading", "declared by a threshold"
        IMPORTED = "imported", "imported from another system"
        DRILL = "drill", "made up for a drill"

    number = models.CharField(max_length=40, unique=True, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    service = models.ForeignKey("policies.Service", on_delete=models.PROTECT, related_name="incidents")
    component = models.ForeignKey("policies.Component", null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    team = models.ForeignKey(
        "policies.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="incidents", verbose_name="assignment group"
    )
    assigned_to = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="assigned_incidents")
    caller = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    impact = models.PositiveSmallIntegerField(choices=SCALE, default=Scale.MEDIUM, null=True, help_text="How much of the business is hit.")
    urgency = models.PositiveSmallIntegerField(choices=SCALE, default=Scale.MEDIUM, null=True, help_text="How fast it must be solved.")
    priority = models.PositiveSmallIntegerField(
        choices=[(step.value, step.label) for step in Priority], null=True, editable=False, help_text="Follows from impact and urgency."
    )
    severity = models.CharField(
        max_length=4,
        choices=[(step.value, step.label) for step in Severity],
        blank=True,
        editable=False,
        help_text="Follows from the thresholds in force.",
    )
    start_level = models.PositiveSmallIntegerField(default=1, editable=False, help_text="Where its escalation begins.")

    personal_data = models.BooleanField(
        default=False, help_text="Personal data are touched: the legal and compliance track runs. Once set it stays."
    )
    regulated = models.BooleanField(
        "regulated workload",
        default=False,
        help_text="A regulated workload is touched: the legal and compliance track runs. Once set it stays.",
    )
    data_breach = models.BooleanField(
        "suspected data breach",
        default=False,
        help_text="Data may have been seen, taken or changed by somebody who must not. Once set it stays.",
    )
    confidential = models.BooleanField(
        default=False,
        help_text="Details leave the portal only over channels that are cleared for it; others carry the number and the link.",
    )
    labels = models.JSONField(default=list, blank=True, help_text="Words that exception rules can look for.")
    revenue_loss_per_hour = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text="Estimated, in the currency beside it."
    )
    revenue_currency = models.CharField("currency", max_length=3, blank=True, help_text="ISO 4217, e.g. EUR.")
    regulatory_exposure = models.PositiveSmallIntegerField(
        choices=[(step.value, step.label) for step in Exposure],
        default=Exposure.NONE,
        help_text="How sure it is that a regulator has to be told.",
    )
    segment = models.ForeignKey(
        "policies.CustomerSegment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="customer segment hit",
        help_text="The most critical of those hit.",
    )

    state = models.CharField(
        max_length=20, choices=[(state.value, state.words) for state in IncidentState], default=IncidentState.NEW.value, editable=False
    )
    hold_reason = models.CharField(max_length=120, blank=True)
    opened_at = models.DateTimeField(editable=False)
    opened_by = models.ForeignKey("portal.User", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True, editable=False)
    acknowledged_by = models.ForeignKey("portal.User", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_by = models.ForeignKey("portal.User", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    close_code = models.CharField(max_length=60, blank=True)
    reopen_count = models.PositiveIntegerField(default=0, editable=False)
    reassignment_count = models.PositiveIntegerField(default=0, editable=False)
    made_sla = models.BooleanField("met its SLA", null=True, blank=True, editable=False)

    policy_version = models.ForeignKey(
        "policies.PolicyVersion",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="incidents",
        help_text="The version in force when the incident was opened.",
    )
    rule_versions = models.JSONField(
        default=list, editable=False, help_text="Every version that supplied rules when it was opened, the narrowest scope first."
    )
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.PERSON, editable=False)
    source_system = models.CharField(max_length=40, blank=True, editable=False)

    history = tracked()

    class Meta:
        ordering = ["-opened_at", "-id"]
        permissions = [
            ("acknowledge_incident", "Can acknowledge an incident"),
            ("resolve_incident", "Can resolve, reopen and close an incident"),
            ("note_incident", "Can add a note to an incident"),
            ("escalate_incident", "Can move an incident's escalation one level up"),
            ("deescalate_incident", "Can move an incident's escalation one level down"),
            ("bypass_escalation", "Can leave out levels of an incident's escalation"),
            ("hold_escalation", "Can put an incident's alerting on hold"),
            ("work_incident", "Can work this incident, granted on it alone"),
            ("declassify_incident", "Can say that an incident is no longer confidential"),
        ]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="incident_newest"),
            models.Index(fields=["state", "-opened_at"], name="incident_by_state"),
            models.Index(fields=["service", "-opened_at"], name="incident_by_service"),
            models.Index(fields=["priority", "-opened_at"], name="incident_by_priority"),
            models.Index(fields=["id"], name="incident_marked", condition=MARKED),
        ]
        constraints = [
            models.CheckConstraint(
                # Imported records are kept as their source has them, contradictions included; those are reported, not corrected.
                name="live_incident_times_are_in_order",
                condition=Q(origin="imported")
                | (Q(acknowledged_at__isnull=True) | Q(acknowledged_at__gte=F("opened_at")))
                & (Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("opened_at"))),
            ),
            models.CheckConstraint(
                name="live_resolved_incident_has_its_time",
                condition=Q(origin="imported") | ~Q(state__in=["resolved", "closed"]) | Q(resolved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="revenue_loss_is_positive_and_has_a_currency",
                condition=Q(revenue_loss_per_hour__isnull=True, revenue_currency="")
                | Q(revenue_loss_per_hour__gte=0) & ~Q(revenue_currency=""),
                violation_error_message="Give the revenue loss with its currency, or neither.",
            ),
            models.CheckConstraint(name="only_imports_have_unknown_states", condition=Q(origin="imported") | ~Q(state="unknown")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED_STATES

    @property
    def is_live(self) -> bool:
        return not self.has_ended and self.origin != self.Origin.IMPORTED


class ImpactReading(models.Model):
    """A measured value of a service at a time: what thresholds are held against. Readings are facts and are not edited."""

    service = models.ForeignKey("policies.Service", on_delete=models.PROTECT, related_name="readings")
    incident = models.ForeignKey("incidents.Incident", null=True, blank=True, on_delete=models.PROTECT, related_name="readings")
    measure = models.CharField(max_length=40)
    value = models.DecimalField(max_digits=14, decimal_places=3, help_text="In the measure's own unit.")
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(editable=False)
    recorded_by = models.ForeignKey("portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    history = tracked()

    class Meta:
        ordering = ["-observed_at", "-id"]
        indexes = [models.Index(fields=["service", "measure", "-observed_at"], name="reading_latest")]

    def __str__(self) -> str:
        return f"{self.measure} {self.value.normalize():f}"


class TimelineEntry(models.Model):
    """One thing that happened to an incident, told so that it can be read: who, what, when, why. Added to, never edited."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Opened"
        STATE = "state", "State"
        GRADED = "graded", "Graded"
        ASSIGNED = "assigned", "Assigned"
        ESCALATION = "escalation", "Escalation"
        DELIVERY = "delivery", "Message"
        READING = "reading", "Reading"
        NOTE = "note", "Note"
        LINK = "link", "Link"
        MANDATE = "mandate", "Mandate"
        HAND_OFF = "handoff", "Hand-off"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField(help_text="When it happened; for imported entries, by the source's clock.")
    recorded_at = models.DateTimeField(help_text="When the portal wrote it down.")
    actor = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, help_text="The name as it was.")
    text = models.TextField()
    why = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True, help_text="The same for machines.")
    imported = models.BooleanField(default=False, help_text="Told by another system's log.")

    class Meta:
        ordering = ["at", "id"]
        verbose_name_plural = "timeline entries"
        default_permissions = ("view",)
        indexes = [models.Index(fields=["incident", "at", "id"], name="timeline_story")]

    def __str__(self) -> str:
        return self.text
