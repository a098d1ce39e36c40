"""People and their contact points."""

import zoneinfo
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models

from portal.foundation.base_models import tracked
from portal.foundation.sealed_fields import SealedField

from .addresses import problem_with
from .wanted import validate_languages, validate_words


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"'{name}' is not a time zone. Use a name such as Europe/Madrid.")


class User(AbstractUser):
    """A person. People who came from another system's log can be named in records but cannot sign in."""

    class Origin(models.TextChoices):
        PORTAL = "portal", "made here"
        IMPORTED = "imported", "named in an imported log"

    display_name = models.CharField("name", max_length=150, blank=True, help_text="As colleagues know this person.")
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="Times are shown in this zone, e.g. Europe/Madrid."
    )
    manager = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reports", help_text="Is told what this person left undone."
    )
    skills = models.CharField(max_length=250, blank=True, validators=[validate_words], help_text="e.g. databases, card schemes.")
    languages = models.CharField(max_length=120, blank=True, validators=[validate_languages], help_text="Codes such as en, de, pt-BR.")
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.PORTAL, editable=False)
    source_ref = models.CharField(max_length=150, blank=True, editable=False, help_text="The person's name in the source system.")

    history = tracked(without=("password", "last_login"))

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(fields=["source_ref"], condition=models.Q(origin="imported"), name="one_user_per_imported_name"),
            models.CheckConstraint(
                name="nobody_is_their_own_manager",
                condition=models.Q(manager__isnull=True) | ~models.Q(manager=models.F("id")),
                violation_error_message="Nobody is their own manager.",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.get_full_name() or self.username


class ContactPoint(models.Model):
    """One way to reach a person. The address may hold a secret token: it is never logged nor kept in history."""

    class Channel(models.TextChoices):
        SMS = "sms", "Text message (SMS)"
        VOICE = "voice", "Telephone call"
        APPRISE = "apprise", "Push or chat through apprise"
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        WEBHOOK = "webhook", "Webhook (JSON over HTTP)"
        EMAIL = "email", "E-mail (information only, no alerts)"

    person = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="contact_points")
    label = models.CharField(max_length=80, help_text="What the person calls it, e.g. 'phone' or 'team chat'.")
    channel = models.CharField(max_length=20, choices=Channel.choices)
    address = SealedField(
        max_length=500, help_text="A number, member ID, mail address or URL. It may hold a secret token and is masked after saving."
    )
    order = models.PositiveSmallIntegerField(default=1, help_text="1 is tried first; the next one when it fails.")
    active = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When a message sent here was answered.")
    verified_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="Until when that counts.")

    history = tracked(without=("address",))

    class Meta:
        ordering = ["person", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["person", "order"], name="one_contact_per_order")]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_channel_display()})"

    def clean(self) -> None:
        """Refuses what is no address of its channel."""
        problem = problem_with(self.channel, self.address) if self.address else ""
        if problem:
            raise ValidationError({"address": problem})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """What was answered at another address, or by somebody else, says nothing about this one."""
        if self.pk and self.verified_at is not None:
            before = type(self).objects.filter(pk=self.pk).values_list("person", "channel", "address").first()
            if before not in (None, (self.person_id, self.channel, self.address)):
                self.verified_at = self.verified_until = None
                if kwargs.get("update_fields") is not None:
                    kwargs["update_fields"] = {*kwargs["update_fields"], "verified_at", "verified_until"}
        super().save(*args, **kwargs)

    def verified(self, at: datetime) -> bool:
        """Whether somebody answered from here, not too long before `at`."""
        return self.verified_until is not None and at < self.verified_until


class ContactRule(models.Model):
    """A step of how a person wants to be reached: of these, in order, each after a wait. Without any, contact points in their order."""

    class Urgency(models.TextChoices):
        URGENT = "urgent", "urgent (SEV1 and SEV2)"
        NORMAL = "normal", "everything else"

    person = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="contact_rules")
    urgency = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.URGENT)
    position = models.PositiveSmallIntegerField("step", default=1)
    contact = models.ForeignKey("portal.ContactPoint", on_delete=models.CASCADE, related_name="rules")
    history = tracked()

    class Meta:
        ordering = ["person", "urgency", "position"]
        constraints = [
            models.UniqueConstraint(fields=["person", "urgency", "position"], name="one_contact_per_step"),
            models.UniqueConstraint(fields=["person", "urgency", "contact"], name="contact_once_per_urgency"),
        ]

    def __str__(self) -> str:
        return f"{self.get_urgency_display()}, step {self.position}"


class Availability(models.Model):
    """What somebody, a calendar or the engine says about whether a person can take an incident, from an instant on.

    Rows are never rewritten: a newer statement of the same source ends the one before. portal.foundation.people.availability says what
    follows of several.
    """

    class State(models.TextChoices):
        AVAILABLE = "available", "available"
        BUSY = "busy", "busy"
        AWAY = "away", "away"

    class Source(models.TextChoices):
        PERSON = "person", "the person"
        CALENDAR = "calendar", "a calendar"
        ENGINE = "engine", "the escalation engine"

    person = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="availability")
    state = models.CharField(max_length=10, choices=State.choices)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PERSON, editable=False)
    since = models.DateTimeField(editable=False)
    until = models.DateTimeField(null=True, blank=True, help_text="Until when; empty: until said otherwise.")
    ended_at = models.DateTimeField(null=True, editable=False)
    subject_ref = models.CharField(max_length=80, blank=True, editable=False, help_text="What it hangs on, such as an incident.")
    made_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    history = tracked()

    class Meta:
        ordering = ["-since", "-id"]
        verbose_name_plural = "availability"
        constraints = [
            models.CheckConstraint(
                name="availability_ends_after_it_starts",
                condition=models.Q(until__isnull=True) | models.Q(until__gt=models.F("since")),
                violation_error_message="The end must be after the start.",
            )
        ]
        indexes = [models.Index(fields=["person", "ended_at"], name="availability_in_force")]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_state_display()}"


class ContactCode(models.Model):
    """A code that was sent to a contact point and waits for an answer. The code itself stands nowhere."""

    contact = models.OneToOneField("portal.ContactPoint", on_delete=models.CASCADE, related_name="code")
    code_hash = models.CharField(max_length=200, help_text="Of the code and the address it was sent to, salted.")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, help_text="How many codes were entered.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"a code for {self.contact}"
