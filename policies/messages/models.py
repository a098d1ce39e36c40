"""Templates of messages and announcement protocols: content of a policy version."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models

from policies.decisions.vocabulary import Audience, Severity, Track
from portal.foundation.base_models import tracked

from .rendering import problems_in

AUDIENCES = [(audience.value, audience.label) for audience in Audience]
TRACKS = [(track.value, track.label) for track in Track]
SEVERITIES = [(severity.value, severity.label) for severity in Severity]


class MessageTemplate(models.Model):
    """The words of a message for one audience at one level of a track."""

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="message_templates")
    track = models.CharField(max_length=20, choices=TRACKS, default=Track.TECHNICAL.value)
    level = models.PositiveSmallIntegerField(default=0, help_text="0: every level that has no template of its own.")
    audience = models.CharField(max_length=20, choices=AUDIENCES, default=Audience.TECHNICAL.value)
    subject = models.CharField(max_length=150)
    body = models.TextField(max_length=4_000)
    history = tracked()

    class Meta:
        ordering = ["version", "track", "level", "audience"]
        constraints = [
            models.UniqueConstraint(fields=["version", "track", "level", "audience"], name="one_template_per_level_and_audience")
        ]

    def __str__(self) -> str:
        where = f"level {self.level}" if self.level else "every level"
        return f"{self.get_track_display()}, {where}, {self.get_audience_display().lower()}"

    def clean(self) -> None:
        """Refuses texts that name unknown values, or anything that is not a name."""
        super().clean()
        problems = {field: list(problems_in(getattr(self, field) or "")) for field in ("subject", "body")}
        if "\n" in self.subject or "\r" in self.subject:
            problems["subject"].append("A subject is one line.")
        if any(problems.values()):
            raise ValidationError({field: told for field, told in problems.items() if told})


class AnnouncementProtocol(models.Model):
    """Who speaks to an audience about incidents at least this severe: when first, how often, through which channels."""

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="announcement_protocols")
    severity = models.CharField("from severity", max_length=4, choices=SEVERITIES, default=Severity.SEV2.value)
    audience = models.CharField(max_length=20, choices=AUDIENCES, default=Audience.EXECUTIVE.value)
    person = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    role_held = models.ForeignKey("policies.Role", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="role")
    channels = models.CharField(max_length=150, help_text="e.g. status page, telephone conference, e-mail; separated by commas.")
    first_within = models.DurationField(default=timedelta(minutes=30), help_text="From the opening to the first announcement, e.g. 30 min.")
    repeat_every = models.DurationField(null=True, blank=True, help_text="From one update to the next, e.g. 1 h. Empty: once.")
    history = tracked()

    class Meta:
        ordering = ["version", "severity", "audience"]
        constraints = [
            models.UniqueConstraint(fields=["version", "severity", "audience"], name="one_announcement_per_severity_and_audience"),
            models.CheckConstraint(
                name="announcement_has_one_speaker",
                condition=models.Q(person__isnull=True, role_held__isnull=False) | models.Q(person__isnull=False, role_held__isnull=True),
                violation_error_message="Choose a person or a role that speaks, not both and not neither.",
            ),
            models.CheckConstraint(
                name="announcement_times_are_positive",
                condition=models.Q(first_within__gt=timedelta(0))
                & (models.Q(repeat_every__isnull=True) | models.Q(repeat_every__gt=timedelta(0))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_audience_display()} from {self.severity}"
