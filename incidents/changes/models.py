"""Change requests, their links to incidents, and the times during which changes are frozen."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked


class ChangeRequest(models.Model):
    """A request for change (RFC), in ITIL's sense: what it touches, when it was to happen and when it did."""

    class Kind(models.TextChoices):
        STANDARD = "standard", "standard"
        NORMAL = "normal", "normal"
        EMERGENCY = "emergency", "emergency"

    number = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    source_system = models.CharField(max_length=40, blank=True, editable=False)
    kind = models.CharField(
        max_length=20,
        choices=Kind.choices,
        blank=True,
        help_text="Standard: authorised beforehand, of little risk. Normal: assessed and authorised one by one. Emergency: as soon as possible.",
    )
    services = models.ManyToManyField(
        "policies.Service", blank=True, related_name="changes", help_text="What it touches. Freezes are looked for by these."
    )
    planned_start = models.DateTimeField(null=True, blank=True)
    planned_end = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(
        "portal.User",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who planned it here, and so may not approve it as an emergency.",
    )
    started_at = models.DateTimeField("began", null=True, editable=False)
    start_told_at = models.DateTimeField(null=True, editable=False, help_text="When the portal was told that it began.")
    start_reason = models.TextField(blank=True, editable=False, help_text="What was said with it, such as why it could not wait.")
    ended_at = models.DateTimeField("ended", null=True, editable=False)
    approved_by = models.ForeignKey(
        "portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+", verbose_name="emergency approved by"
    )
    approved_at = models.DateTimeField("emergency approved", null=True, editable=False)
    approval_reason = models.TextField("why it cannot wait", blank=True, editable=False)
    history = tracked(m2m=(services,))

    class Meta:
        ordering = ["-id"]
        permissions = [("approve_changerequest", "Can approve a change as an emergency")]
        constraints = [
            models.CheckConstraint(
                name="change_plan_in_order",
                condition=Q(planned_end__isnull=True) | Q(planned_start__isnull=False, planned_end__gt=F("planned_start")),
                violation_error_message="The planned end lies after the planned start.",
            ),
            models.CheckConstraint(
                name="change_start_told_whole",
                condition=Q(started_at__isnull=True, start_told_at__isnull=True, start_reason="")
                | Q(started_at__isnull=False, start_told_at__isnull=False, start_told_at__gte=F("started_at")),
            ),
            models.CheckConstraint(
                name="change_ends_after_it_began",
                condition=Q(ended_at__isnull=True) | Q(started_at__isnull=False, ended_at__gte=F("started_at")),
            ),
            models.CheckConstraint(
                name="change_approved_whole",
                condition=Q(approved_at__isnull=True, approved_by__isnull=True, approval_reason="")
                | Q(approved_at__isnull=False, approved_by__isnull=False, requested_by__isnull=False, kind="emergency")
                & ~Q(approval_reason=""),
            ),
            models.CheckConstraint(
                name="nobody_approves_their_own_emergency", condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by"))
            ),
        ]
        indexes = [models.Index(fields=["started_at"], name="change_began", condition=Q(started_at__isnull=False))]

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


class ChangeFreeze(models.Model):
    """A time during which changes to some services, a business unit or everything may not begin without an emergency approval.

    It stays as it was declared; what can follow is that it is lifted, once.
    """

    class Covers(models.TextChoices):
        SERVICES = "services", "services"
        UNIT = "unit", "a business unit with its parts"
        EVERYTHING = "everything", "everything"

    covers = models.CharField(max_length=20, choices=Covers.choices)
    services = models.ManyToManyField("policies.Service", blank=True, related_name="change_freezes", help_text="Each with its components.")
    services_told = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How many services it was declared for, so that none is added later."
    )
    unit = models.ForeignKey(
        "policies.BusinessUnit",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="change_freezes",
        verbose_name="business unit",
        help_text="The units that are part of it are frozen, too.",
    )
    begins_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("until", null=True, blank=True, help_text="Empty: while the escalation of its incident lasts.")
    reason = models.TextField(help_text="Why nothing may change. Everybody who asks whether a change may begin is told.")
    incident = models.ForeignKey("incidents.Incident", null=True, blank=True, on_delete=models.PROTECT, related_name="change_freezes")
    declared_by = models.ForeignKey(
        "portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+", help_text="Nobody: the portal itself."
    )
    declared_at = models.DateTimeField(editable=False)
    lifted_by = models.ForeignKey("portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, editable=False)
    lift_reason = models.TextField(blank=True, editable=False)
    history = tracked(m2m=(services,))

    class Meta:
        ordering = ["-begins_at", "-id"]
        verbose_name = "change freeze"
        default_permissions = ("view", "add")
        permissions = [("lift_changefreeze", "Can lift a change freeze")]
        constraints = [
            models.CheckConstraint(
                name="freeze_covers_one_kind_of_thing",
                condition=Q(covers="services", services_told__gt=0, unit__isnull=True)
                | Q(covers="unit", services_told=0, unit__isnull=False)
                | Q(covers="everything", services_told=0, unit__isnull=True),
            ),
            models.CheckConstraint(name="freeze_begins_when_told_or_later", condition=Q(begins_at__gte=F("declared_at"))),
            models.CheckConstraint(name="freeze_ends_after_it_begins", condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("begins_at"))),
            models.CheckConstraint(name="open_freeze_follows_an_incident", condition=Q(ends_at__isnull=False) | Q(incident__isnull=False)),
            models.CheckConstraint(
                name="freeze_by_the_portal_follows_an_incident", condition=Q(declared_by__isnull=False) | Q(incident__isnull=False)
            ),
            models.CheckConstraint(
                name="freeze_lifted_whole",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lift_reason="")
                | Q(lifted_at__isnull=False, lifted_at__gte=F("declared_at")) & ~Q(lift_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"Freeze of {self.begins_at:%d %b %Y, %H:%M} UTC"

    @property
    def over_at(self) -> datetime | None:
        """From when it holds no more; None while nobody knows. One that was lifted before it began never held."""
        return min((at for at in (self.lifted_at, self.ends_at) if at is not None), default=None)
