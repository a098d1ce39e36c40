"""How often access is looked at, each time that it is, and every item of it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked


class Kind(models.TextChoices):
    FULL = "full", "everything that is held"
    CHANGES = "changes", "what changed since the last one that was signed"
    LEAVERS = "leavers", "people who left or moved"


class AccessRhythm(models.Model):
    """How often a kind of campaign opens by itself, how long reviewers have, and what happens to what nobody answers."""

    kind = models.CharField(max_length=8, choices=Kind.choices, primary_key=True, editable=False)
    months = models.PositiveSmallIntegerField(help_text="1, 3, 6 or 12; 0: not by itself, and for leavers every day that there is one.")
    days_to_answer = models.PositiveSmallIntegerField(default=30)
    revoke_unanswered = models.BooleanField(default=False, help_text="What nobody answered by the due date is taken away.")
    history = tracked()

    class Meta:
        default_permissions = ("view", "change")
        ordering = ["kind"]
        verbose_name = "rhythm of access reviews"
        verbose_name_plural = "rhythms of access reviews"
        constraints = [
            models.CheckConstraint(condition=Q(months__in=[0, 1, 3, 6, 12]), name="access_rhythm_in_months"),
            models.CheckConstraint(condition=Q(days_to_answer__gte=1, days_to_answer__lte=90), name="access_answered_in_days"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class AccessCampaign(models.Model):
    """Who held what on a day, asked item by item, signed once everything is answered."""

    kind = models.CharField(max_length=8, choices=Kind.choices)
    period = models.CharField(max_length=20, help_text="Such as 2026-Q4.")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    revoke_unanswered = models.BooleanField(default=False)
    snapshot = models.JSONField(
        default=dict, help_text="Everything that was held, and where people belonged: what the next one is compared with."
    )
    gone = models.JSONField(default=list, help_text="What was held at the last one that was signed and is not now.")
    alarmed_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sign_reason = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of everything that was asked and answered, in canonical JSON.")

    class Meta:
        default_permissions = ("view",)
        permissions = (
            ("run_accesscampaign", "Can open access reviews and answer for people without a manager"),
            ("sign_accesscampaign", "Can sign an access review"),
        )
        ordering = ["-opened_at", "-pk"]
        verbose_name = "access review"
        constraints = [
            models.UniqueConstraint(fields=["kind", "period"], name="access_campaign_once_a_period"),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by__isnull=True, sha256="")
                | Q(signed_at__isnull=False, signed_by__isnull=False) & ~Q(sha256=""),
                name="access_campaign_signed_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period}: {self.get_kind_display()}"

    def late(self, now: datetime) -> bool:
        """Whether it should be signed by now."""
        return self.signed_at is None and self.due_at <= now


class AccessItem(models.Model):
    """One thing that one person held, and what somebody else said to it."""

    class Answer(models.TextChoices):
        KEEP = "keep", "keep"
        REMOVE = "remove", "remove"
        UNSURE = "unsure", "not sure"

    class Way(models.TextChoices):
        ROLE = "role", "a role"
        DIRECT = "direct", "a right given directly"
        GRANT = "grant", "a right on one object"
        SUPERUSER = "superuser", "a superuser"

    campaign = models.ForeignKey("audit.AccessCampaign", on_delete=models.PROTECT, related_name="items")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="access_items")
    way = models.CharField(max_length=9, choices=Way.choices)
    name = models.CharField(max_length=150, help_text="The role, or the right.")
    place = models.CharField(max_length=255, blank=True, help_text="The object; empty: everywhere.")
    words = models.TextField(help_text="What it lets the person do, and by what; the person's name is not in it.")
    since = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    leaves_trace = models.BooleanField(default=True, help_text="Whether a use of it is seen in the trail.")
    why_asked = models.CharField(max_length=12, blank=True, help_text="new, left or moved.")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="access_to_review")
    answer = models.CharField(max_length=6, choices=Answer.choices, blank=True)
    note = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    lapsed = models.BooleanField(default=False, help_text="Nobody answered in time, so it was taken away.")

    class Meta:
        default_permissions = ()
        ordering = ["person__display_name", "person", "way", "name", "place"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "person", "way", "name", "place"], name="access_item_once"),
            models.CheckConstraint(condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("person")), name="access_answered_by_another"),
            models.CheckConstraint(condition=Q(reviewer__isnull=True) | ~Q(reviewer=F("person")), name="access_reviewed_by_another"),
            models.CheckConstraint(condition=~Q(answer="") | Q(answered_by__isnull=True), name="access_answer_has_words"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.name}"

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to say: kept, removed, or taken away because nobody answered."""
        return self.answer in (self.Answer.KEEP, self.Answer.REMOVE) or self.lapsed
