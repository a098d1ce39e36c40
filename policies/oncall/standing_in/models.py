"""What stands in for a plan: overrides, swaps and absences. Each begins when it is made or later, never changes, and can only be ended."""

from django.db import models
from django.db.models import F, Q

from policies.decisions.rota import OverrideKind
from portal.foundation.base_models import tracked


class Ended(models.Model):
    """What begins when it is made or later, never changes, and can be ended once."""

    starts_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("until")
    made_at = models.DateTimeField(editable=False)
    made_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    ended_at = models.DateTimeField(null=True, editable=False, help_text="Since when it counts no more; before its start, it never did.")
    ended_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)

    class Meta:
        abstract = True


class DutySwap(models.Model):
    """One shift given away, for another one or for nothing. It counts once both people said yes."""

    class State(models.TextChoices):
        ASKED = "asked", "waits for an answer"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"
        WITHDRAWN = "withdrawn", "withdrawn"
        LAPSED = "lapsed", "not answered in time"

    schedule = models.ForeignKey("policies.OnCallSchedule", on_delete=models.CASCADE, related_name="swaps")
    giver = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="swaps_given")
    taker = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="swaps_taken")
    gives_from = models.DateTimeField(help_text="The giver's duty from here…")
    gives_until = models.DateTimeField(help_text="… until here goes to the taker.")
    returns_from = models.DateTimeField(null=True, blank=True, help_text="The taker's duty that the giver takes in return; empty: cover.")
    returns_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED, editable=False)
    reason = models.CharField(max_length=250)
    asked_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+", editable=False)
    asked_at = models.DateTimeField(editable=False)
    giver_accepted_at = models.DateTimeField(null=True, editable=False)
    taker_accepted_at = models.DateTimeField(null=True, editable=False)
    settled_at = models.DateTimeField(null=True, editable=False)
    settled_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    answer = models.CharField(max_length=250, blank=True, editable=False, help_text="What was said with the answer.")
    history = tracked()

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = "swap"
        constraints = [
            models.CheckConstraint(
                name="swap_with_somebody_else",
                condition=~Q(giver=F("taker")),
                violation_error_message="A shift is swapped with somebody else.",
            ),
            models.CheckConstraint(
                name="swap_ends_after_it_starts",
                condition=Q(gives_until__gt=F("gives_from"))
                & (Q(returns_from__isnull=True, returns_until__isnull=True) | Q(returns_until__gt=F("returns_from"))),
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                name="swap_accepted_by_both",
                condition=~Q(state="accepted") | Q(giver_accepted_at__isnull=False, taker_accepted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taker} for {self.giver} on {self.schedule}"


class OnCallOverride(Ended):
    """Somebody takes over for a while; the latest made wins where two overlap."""

    schedule = models.ForeignKey("policies.OnCallSchedule", on_delete=models.CASCADE, related_name="overrides")
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    instead_of = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False)
    kind = models.CharField(
        max_length=10,
        choices=[
            (OverrideKind.OVERRIDE.value, "override"),
            (OverrideKind.SWAP.value, "swap"),
            (OverrideKind.COVER.value, "cover"),
        ],
        default=OverrideKind.OVERRIDE.value,
        editable=False,
    )
    swap = models.ForeignKey("policies.DutySwap", null=True, blank=True, on_delete=models.PROTECT, related_name="overrides", editable=False)
    reason = models.CharField(max_length=250)
    history = tracked()

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = "on-call override"
        constraints = [
            models.CheckConstraint(
                name="override_ends_after_it_starts",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                name="override_changes_no_past",
                condition=Q(starts_at__gte=F("made_at")) & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("made_at"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.schedule}"


class DutyAbsence(Ended):
    """A person is away and on duty nowhere meanwhile. Why they are away, as far as colleagues need to know."""

    class Kind(models.TextChoices):
        LEAVE = "leave", "on leave"
        TRAVEL = "travel", "travelling"
        TRAINING = "training", "in training"
        OTHER = "absent", "absent"

    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="duty_absences")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.LEAVE)
    source = models.ForeignKey(
        "policies.CalendarSource", null=True, blank=True, on_delete=models.PROTECT, related_name="absences", editable=False
    )
    history = tracked()

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = "absence"
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_starts",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                name="absence_changes_no_past",
                condition=Q(starts_at__gte=F("made_at")) & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("made_at"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_kind_display()}"
