"""Duties to know a policy, acceptances of exact versions, training records."""

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked


class KnowledgeDuty(models.Model):
    """A person, a team or everybody with a role of access must know a policy: accept each version, and be trained where asked."""

    policy = models.ForeignKey("policies.EscalationPolicy", on_delete=models.PROTECT, related_name="knowledge_duties")
    person = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("policies.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(
        "auth.Group", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="everybody among"
    )
    within_days = models.PositiveSmallIntegerField(default=14, help_text="Days from the start of a version until it must be accepted.")
    needs_training = models.BooleanField(default=False, help_text="A training record that has not expired is wanted too.")
    history = tracked()

    class Meta:
        ordering = ["policy", "pk"]
        verbose_name_plural = "duties to know"
        verbose_name = "duty to know"
        constraints = [
            models.CheckConstraint(
                name="duty_is_of_a_person_a_team_or_a_group",
                condition=Q(person__isnull=False, team__isnull=True, group__isnull=True)
                | Q(person__isnull=True, team__isnull=False, group__isnull=True)
                | Q(person__isnull=True, team__isnull=True, group__isnull=False),
                violation_error_message="Choose one of: a person, a team, a role.",
            ),
            models.UniqueConstraint(fields=["policy", "person"], condition=Q(person__isnull=False), name="duty_of_a_person_once"),
            models.UniqueConstraint(fields=["policy", "team"], condition=Q(team__isnull=False), name="duty_of_a_team_once"),
            models.UniqueConstraint(fields=["policy", "group"], condition=Q(group__isnull=False), name="duty_of_a_group_once"),
        ]

    def __str__(self) -> str:
        return f"{self.who} must know {self.policy}"

    @property
    def who(self) -> str:
        return str(self.person or self.team or self.group)


class Acceptance(models.Model):
    """A person accepted one exact version: its hash, their name as it was, and when. It is never changed."""

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.PROTECT, related_name="acceptances")
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="acceptances")
    person_name = models.CharField(max_length=150, help_text="The name as it was.")
    content_sha256 = models.CharField(max_length=64, help_text="What was accepted.")
    accepted_at = models.DateTimeField()

    class Meta:
        ordering = ["-accepted_at"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["version", "person"], name="accepted_once")]

    def __str__(self) -> str:
        return f"{self.person_name} accepted {self.version}"


class TrainingRecord(models.Model):
    """A person was trained on a policy, by whom or by which course, and until when that counts."""

    policy = models.ForeignKey("policies.EscalationPolicy", on_delete=models.PROTECT, related_name="training_records")
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="training_records")
    course = models.CharField(max_length=150, help_text="The course or the trainer.")
    trained_on = models.DateField()
    expires_on = models.DateField(help_text="The last day on which it counts.")
    recorded_by = models.ForeignKey("portal.User", editable=False, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(editable=False)
    history = tracked()

    class Meta:
        ordering = ["-trained_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="training_expires_after_it_took_place",
                condition=Q(expires_on__gt=F("trained_on")),
                violation_error_message="It must count for at least a day.",
            ),
            models.UniqueConstraint(fields=["policy", "person", "course", "trained_on"], name="training_recorded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.course}"
