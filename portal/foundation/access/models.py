"""Rights that were given on single objects, and auditors who were called in: by whom, why, and until when."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked

from .places import level_of


def _in_force(now: datetime) -> Q:
    return Q(ended_at=None, starts_at__lte=now) & (Q(until=None) | Q(until__gt=now))


class Dated(models.Model):
    """What counts from one instant until another, and can be ended before."""

    reason = models.TextField(help_text="Why. It stays on record.")
    starts_at = models.DateTimeField("from")
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_by = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False)
    end_reason = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True

    def counts(self, now: datetime) -> bool:
        """Whether it is in force at `now`."""
        until: datetime | None = getattr(self, "until", None)
        return self.ended_at is None and self.starts_at <= now and (until is None or now < until)


class AuditAppointment(Dated):
    """An auditor who was called in: for everything or some units and services, for a time. Meanwhile the account does nothing but this."""

    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="audit_appointments")
    everything = models.BooleanField(default=False, help_text="Else only what belongs to the units and services named.")
    until = models.DateTimeField()
    appointed_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    appointed_at = models.DateTimeField(editable=False)
    history = tracked()

    class Meta:
        ordering = ["-starts_at", "-id"]
        permissions = [("only_look", "Looks and changes nothing, whatever else is allowed")]
        constraints = [
            models.CheckConstraint(
                name="appointment_ends_after_it_starts",
                condition=Q(until__gt=F("starts_at")),
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                name="nobody_appoints_themselves",
                condition=Q(appointed_by=None) | ~Q(appointed_by=F("person")),
                violation_error_message="Nobody appoints themselves.",
            ),
            models.UniqueConstraint(fields=["person"], condition=Q(ended_at=None), name="one_open_appointment"),
        ]

    def __str__(self) -> str:
        return f"{self.person} as auditor"

    @staticmethod
    def in_force(now: datetime) -> Q:
        """Those that count at `now`."""
        return _in_force(now)


class ObjectGrant(Dated):
    """A right on one object, given to a person or a group. Guardian's row beside it is written with it and goes with it."""

    user = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="object_grants")
    group = models.ForeignKey("auth.Group", null=True, blank=True, on_delete=models.PROTECT, related_name="object_grants")
    permission = models.ForeignKey("auth.Permission", on_delete=models.PROTECT, related_name="+")
    object_pk = models.CharField(max_length=255)
    subject_name = models.CharField("on", max_length=200, help_text="What the object was called then.")
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: until somebody takes it back.")
    given_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    given_at = models.DateTimeField(editable=False)
    appointment = models.ForeignKey("portal.AuditAppointment", null=True, editable=False, on_delete=models.PROTECT, related_name="scope")
    history = tracked()

    class Meta:
        ordering = ["-given_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="grant_to_a_person_or_a_group",
                condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None),
                violation_error_message="Name a person or a group, not both.",
            ),
            models.CheckConstraint(
                name="grant_ends_after_it_starts",
                condition=Q(until=None) | Q(until__gt=F("starts_at")),
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                name="nobody_grants_to_themselves",
                condition=Q(given_by=None) | Q(user=None) | ~Q(given_by=F("user")),
                violation_error_message="Nobody gives rights to themselves.",
            ),
            models.UniqueConstraint(
                fields=["user", "permission", "object_pk"],
                condition=Q(ended_at=None, user__isnull=False),
                name="one_open_grant_of_a_person",
            ),
            models.UniqueConstraint(
                fields=["group", "permission", "object_pk"],
                condition=Q(ended_at=None, group__isnull=False),
                name="one_open_grant_of_a_group",
            ),
        ]
        indexes = [models.Index(fields=["permission", "object_pk"], name="grants_on_an_object")]

    def __str__(self) -> str:
        level = level_of(self.right)
        return f"{level.label if level else self.permission.name}: {self.subject_name}"

    @property
    def holder(self) -> Any:
        """The person or the group."""
        return self.user or self.group

    @property
    def right(self) -> str:
        """'policies.see_service_incidents'."""
        return f"{self.permission.content_type.app_label}.{self.permission.codename}"

    @staticmethod
    def in_force(now: datetime) -> Q:
        """Those that count at `now`."""
        return _in_force(now)
