"""The table of rights that must not meet, what was found, and what was let pass until a day."""

from datetime import UTC, date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked


class DutyPair(models.Model):
    """Two rights that must not meet in one person: so near, for this reason."""

    class Reach(models.TextChoices):
        EVERYWHERE = "everywhere", "nobody holds both at all"
        POLICY = "policy", "nobody holds both for the same policy or service"
        OBJECT = "object", "nobody uses both on the same object"

    class Severity(models.TextChoices):
        HIGH = "high", "high"
        MEDIUM = "medium", "medium"
        LOW = "low", "low"

    right_a = models.CharField("one right", max_length=120, help_text="Such as policies.approve_policyversion.")
    words_a = models.CharField("in words", max_length=120, help_text="What it lets a person do: 'approve a policy version'.")
    right_b = models.CharField("the other right", max_length=120)
    words_b = models.CharField("the other in words", max_length=120)
    reach = models.CharField(max_length=10, choices=Reach.choices, default=Reach.EVERYWHERE)
    why = models.TextField("why they must not meet")
    source = models.CharField(max_length=200, blank=True, help_text="The law, standard or decision that asks for it.")
    severity = models.CharField(max_length=6, choices=Severity.choices, default=Severity.HIGH)
    # Types of events, with commas between them, that tell of one and of the other: how the trail shows that both were used on one object.
    done_a = models.CharField("its events", max_length=200, blank=True)
    done_b = models.CharField("the other's events", max_length=200, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is not looked for any more.")
    history = tracked()

    class Meta:
        default_permissions = ("view", "change")
        ordering = ["pk"]
        verbose_name = "pair of duties"
        verbose_name_plural = "pairs of duties"
        constraints = [models.UniqueConstraint(fields=["right_a", "right_b", "reach"], name="duty_pair_once")]

    def __str__(self) -> str:
        return f"{self.words_a} / {self.words_b}" if self.right_a != self.right_b else self.words_a


class DutyException(models.Model):
    """Somebody may hold a pair until a day, because somebody else said so."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="duty_exceptions")
    pair = models.ForeignKey("audit.DutyPair", on_delete=models.PROTECT, related_name="exceptions")
    reason = models.TextField()
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    until = models.DateField(help_text="Its last day.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = "exception from separation of duties"
        verbose_name_plural = "exceptions from separation of duties"
        constraints = [
            models.CheckConstraint(condition=~Q(given_by=F("person")), name="duty_exception_by_another"),
            models.UniqueConstraint(fields=["person", "pair"], condition=Q(ended_at__isnull=True), name="one_duty_exception_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.person}, until {self.until.day} {self.until:%b %Y}"

    def counts(self, day: date) -> bool:
        """Whether it lets the pair pass on `day`."""
        return self.ended_at is None and day <= self.until


class DutyFinding(models.Model):
    """A pair that meets in a person, or that a person used on one object: one row for good, however often it comes again."""

    class Kind(models.TextChoices):
        HOLDS = "holds", "holds both"
        USED = "used", "used both on one object"

    class State(models.TextChoices):
        OPEN = "open", "open"
        COVERED = "covered", "covered"
        REMOVED = "removed", "right taken away"
        ENDED = "ended", "ended"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="duty_findings")
    pair = models.ForeignKey("audit.DutyPair", on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.HOLDS)
    place = models.CharField(max_length=255, blank=True, help_text="The object; empty: everywhere.")
    how = models.JSONField(default=dict, help_text="How the person came to hold one and the other, or the events.")
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    open_since = models.DateTimeField(null=True, blank=True, help_text="Since when it is open this time.")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        default_permissions = ("view",)
        permissions = (
            ("cover_dutyfinding", "Can let a pair of duties pass until a day"),
            ("remove_dutyright", "Can take away a right that must not meet another in one person"),
        )
        ordering = ["-open_since", "-pk"]
        verbose_name = "finding of separation of duties"
        verbose_name_plural = "findings of separation of duties"
        constraints = [models.UniqueConstraint(fields=["person", "pair", "kind", "place"], name="duty_finding_once")]
        indexes = [models.Index(fields=["state"], name="duty_finding_state")]

    def __str__(self) -> str:
        return f"{self.person}: {self.pair}"


class DutyCheck(models.Model):
    """That it was looked for, and how far in the ledger."""

    at = models.DateTimeField()
    people = models.PositiveIntegerField(default=0)
    open = models.PositiveIntegerField(default=0)
    covered = models.PositiveIntegerField(default=0)
    last_event = models.BigIntegerField(default=0, help_text="Up to which event the trail was read.")

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"


def day_of(now: datetime) -> date:
    """The day that exceptions count by."""
    return now.astimezone(UTC).date()
