"""Feedback, and its words, which are kept apart: they are personal data."""

from django.db import models
from django.db.models import Q

from portal.foundation.base_models import tracked

LOWEST, HIGHEST = 1, 5
SCALE = [(1, "1, very dissatisfied"), (2, "2, dissatisfied"), (3, "3, neither"), (4, "4, satisfied"), (5, "5, very satisfied")]


class Feedback(models.Model):
    """What one customer, team or stakeholder let us know at a time. From whom is a kind, never a name. Corrections are versions of its history.

    `service` is the incident's where there is one. The words are FeedbackWords, so that no history holds them.
    """

    class Giver(models.TextChoices):
        CUSTOMER = "customer", "customer"
        TEAM = "team", "team"
        STAKEHOLDER = "stakeholder", "stakeholder"

    class Way(models.TextChoices):
        SURVEY = "survey", "survey"
        CALL = "call", "call"
        MAIL = "mail", "mail"
        MEETING = "meeting", "meeting"

    class Outcome(models.TextChoices):
        WAITING = "waiting", "to be looked at"
        ACTION = "action", "became an action"
        NOTHING = "nothing", "nothing to do"

    incident = models.ForeignKey("incidents.Incident", null=True, blank=True, on_delete=models.PROTECT, related_name="feedback")
    service = models.ForeignKey("policies.Service", on_delete=models.PROTECT, related_name="feedback")
    giver = models.CharField("from", max_length=20, choices=Giver.choices)
    given_on = models.DateField("given on")
    satisfaction = models.PositiveSmallIntegerField(null=True, blank=True, choices=SCALE, help_text="From 1 to 5, or none was told.")
    way = models.CharField("how it came", max_length=20, choices=Way.choices)
    outcome = models.CharField("what followed", max_length=20, choices=Outcome.choices, default=Outcome.WAITING, editable=False)
    settlement = models.TextField(blank=True, editable=False, help_text="Why there is nothing to do, or what became of it.")
    recorded_at = models.DateTimeField(editable=False)
    recorded_by = models.ForeignKey("portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey("portal.User", null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    withdrawal = models.TextField(blank=True, editable=False, help_text="Why it does not count.")
    history = tracked()

    class Meta:
        ordering = ["-given_on", "-id"]
        verbose_name = "feedback"
        verbose_name_plural = "feedback"
        default_permissions = ("view", "add", "change")
        permissions = [("erase_feedback", "Can erase the words of feedback")]
        constraints = [
            models.CheckConstraint(
                name="feedback_satisfaction_on_its_scale",
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__gte=LOWEST, satisfaction__lte=HIGHEST),
            ),
            models.CheckConstraint(name="feedback_settled_says_why", condition=Q(outcome="waiting") ^ ~Q(settlement="")),
            models.CheckConstraint(
                name="feedback_withdrawn_whole",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawal="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal=""),
            ),
        ]
        indexes = [models.Index(fields=["given_on", "service"], name="feedback_by_day")]

    def __str__(self) -> str:
        return f"Feedback {self.pk}"

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    @property
    def waits(self) -> bool:
        return self.outcome == self.Outcome.WAITING and not self.is_withdrawn


class FeedbackWords(models.Model):
    """What was said, as it was written down at a time; the latest counts. Added to, never changed, but erased: then `text` is empty."""

    feedback = models.ForeignKey("incidents.Feedback", on_delete=models.PROTECT, related_name="words")
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    erased = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ()
        constraints = [models.CheckConstraint(name="erased_words_are_empty", condition=Q(erased=False) | Q(text=""))]

    def __str__(self) -> str:
        return f"words of feedback {self.feedback_id}"
