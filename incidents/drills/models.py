"""A drill, who takes part, and what was found."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked
from portal.foundation.people.models import ContactPoint


class Drill(models.Model):
    """A rehearsal of one service's escalation with the live engine; the messages go to participants and drill channels only."""

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        RUNNING = "running", "running"
        FINISHED = "finished", "finished"
        CANCELLED = "cancelled", "cancelled"

    title = models.CharField(max_length=200)
    service = models.ForeignKey("policies.Service", on_delete=models.PROTECT, related_name="drills")
    severity = models.CharField(max_length=4, blank=True, help_text="As which the made-up incident is graded.")
    announced = models.BooleanField(default=True, help_text="Participants are told beforehand when it will be.")
    planned_for = models.DateTimeField(help_text="When it begins.")
    ends_by = models.DateTimeField(help_text="When it is over at the latest: what runs then is ended.")
    goal = models.TextField(help_text="What the drill is to show.")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PLANNED, editable=False)
    incident = models.OneToOneField("incidents.Incident", null=True, editable=False, on_delete=models.PROTECT, related_name="drill")
    policy_version = models.ForeignKey("policies.PolicyVersion", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    expected = models.JSONField(default=list, editable=False, help_text="The course that was foretold when it began.")
    planned_by = models.ForeignKey("portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    verdict = models.TextField(blank=True, editable=False, help_text="What expected against actual shows, in words.")
    next_due = models.DateField(null=True, blank=True, help_text="When this has to be drilled again.")
    history = tracked()

    class Meta:
        ordering = ["-planned_for", "-id"]
        default_permissions = ("view", "add", "change")
        permissions = [("run_drill", "Can start and stop drills")]
        constraints = [
            models.CheckConstraint(
                name="drill_ends_after_it_starts",
                condition=Q(ends_by__gt=F("planned_for")),
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                name="drill_that_ran_has_its_times",
                condition=Q(state__in=["planned", "cancelled"])
                | Q(state="running", started_at__isnull=False)
                | Q(state="finished", started_at__isnull=False, finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DrillFailure(models.Model):
    """Something that is made to fail on purpose, for the drill alone."""

    class Kind(models.TextChoices):
        AWAY = "away", "somebody is away"
        SILENT = "silent", "a level stays silent"
        CHANNEL = "channel", "a channel is down"

    drill = models.ForeignKey("incidents.Drill", on_delete=models.CASCADE, related_name="failures")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    person = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Who is away; for this kind only."
    )
    level = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Which level stays silent: its people are not told. For this kind only."
    )
    channel = models.CharField(
        max_length=20, choices=ContactPoint.Channel.choices, blank=True, help_text="Which channel fails; for this kind only."
    )
    history = tracked()

    class Meta:
        ordering = ["drill", "id"]
        verbose_name = "planned failure"
        constraints = [
            models.CheckConstraint(
                name="planned_failure_says_what_fails",
                condition=Q(kind="away", person__isnull=False, level__isnull=True, channel="")
                | Q(kind="silent", person__isnull=True, level__isnull=False, channel="")
                | Q(kind="channel", person__isnull=True, level__isnull=True) & ~Q(channel=""),
                violation_error_message="Give what fails and nothing else: a person who is away, a level that is silent, or a channel.",
            )
        ]

    def __str__(self) -> str:
        if self.kind == self.Kind.AWAY:
            return f"{self.person} is away"
        return f"Level {self.level} stays silent" if self.kind == self.Kind.SILENT else f"{self.get_channel_display()} is down"


class DrillPart(models.Model):
    """Somebody who takes part, and over which contact point. Without consent nothing reaches them."""

    drill = models.ForeignKey("incidents.Drill", on_delete=models.CASCADE, related_name="parts")
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey(
        "portal.ContactPoint", null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="Empty: all of theirs."
    )
    consented_at = models.DateTimeField(null=True, editable=False)
    declined_at = models.DateTimeField(null=True, editable=False)
    history = tracked()

    class Meta:
        ordering = ["drill", "id"]
        verbose_name = "participant"
        constraints = [
            models.UniqueConstraint(fields=["drill", "person"], name="participant_once"),
            models.CheckConstraint(name="participant_says_yes_or_no", condition=Q(consented_at__isnull=True) | Q(declined_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return str(self.person)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """What somebody agreed to says nothing about another person or another way: they are asked anew."""
        before = type(self).objects.filter(pk=self.pk).values_list("person_id", "contact_id").first() if self.pk else None
        if before is not None and before != (self.person_id, self.contact_id):
            self.consented_at = self.declined_at = None
        super().save(*args, **kwargs)


class DrillFinding(models.Model):
    """Something a drill showed, who puts it right and until when."""

    drill = models.ForeignKey("incidents.Drill", on_delete=models.PROTECT, related_name="findings")
    text = models.TextField()
    by_comparison = models.BooleanField(default=False, editable=False, help_text="Found by comparing expected with actual.")
    owner = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, editable=False)
    done_by = models.ForeignKey("portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    outcome = models.TextField(blank=True, editable=False)
    history = tracked()

    class Meta:
        ordering = ["drill", "id"]
        default_permissions = ("view", "add", "change")
        constraints = [
            models.CheckConstraint(
                name="finding_done_says_how", condition=Q(done_at__isnull=True) | ~Q(outcome="") & Q(done_by__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]
