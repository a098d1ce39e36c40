"""Schedules of packs, and each pack that one of them asked for."""

from typing import Any

from django.db import models
from django.db.models import Q

from audit.keeping.models import Kept, once
from audit.reviews.periods import Rhythm
from portal.foundation.access.roles import ROLES
from portal.foundation.base_models import tracked

from .rhythm import MOST_DAYS, Plan, Which

# Others could not open what they are told of.
ROLE_TITLES = {role.key: role.title for role in ROLES if "reports.view_frozenfigures" in role.may}


def _days_fit() -> Q:
    found = Q()
    for rhythm, most in MOST_DAYS.items():
        found |= Q(rhythm=rhythm.value, days__lte=most)
    return found


class PackSchedule(Kept):
    """A pack that is made by itself again and again, in the name of its owner. It changes its row, whose history stays."""

    class Figures(models.TextChoices):
        NOW = "now", "the data as they are when it is made"
        FROZEN = "frozen", "the figures that were frozen for the quarter's review"

    class About(models.TextChoices):
        OVER = Which.OVER.value, "the quarter just over"
        RUNNING = Which.RUNNING.value, "the quarter that runs (provisional)"

    is_shared = models.BooleanField(default=True, editable=False)
    unit = models.ForeignKey(
        "policies.BusinessUnit",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="business unit",
        help_text="With all units that are part of it. Empty: the whole organisation.",
    )
    which = models.CharField("quarter", max_length=10, choices=About, default=About.OVER)
    figures = models.CharField(
        "data cut-off",
        max_length=10,
        choices=Figures,
        default=Figures.NOW,
        help_text="What was told after the cut-off is in no figure. Figures are frozen when the quarter's review opens.",
    )
    rhythm = models.CharField(max_length=10, choices=[(each.value, each.value) for each in MOST_DAYS], default=Rhythm.QUARTERLY.value)
    days = models.PositiveSmallIntegerField(
        "days later", default=5, help_text="After the end of the quarter, the first of the month, or Monday: 0 is that day itself."
    )
    hour = models.PositiveSmallIntegerField("hour (UTC)", default=6, help_text="0 to 23. Quarters begin and end by UTC, too.")
    formats = models.JSONField(default=list, help_text="Empty: all of them.")
    roles = models.JSONField("tell these roles", default=list, blank=True, help_text="Keys of roles.")
    tell_unit = models.BooleanField(
        "tell people of the unit", default=False, help_text="Whoever was given a right for the unit or one above it."
    )
    counts_from = models.DateTimeField(editable=False, help_text="What was due before is not made up for.")
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_because = models.TextField(blank=True, editable=False)
    history = tracked()

    class Meta:
        default_permissions = ()
        ordering = ["name", "id"]
        verbose_name = "schedule of packs"
        verbose_name_plural = "schedules of packs"
        constraints = [
            once("pack_schedule_once", "schedule"),
            models.CheckConstraint(
                condition=_days_fit(),
                name="pack_schedule_days_fit",
                violation_error_message="At most 60 days after the end of a quarter, 27 after the first of a month, 6 after Monday.",
            ),
            models.CheckConstraint(
                condition=Q(hour__lte=23), name="pack_schedule_hour", violation_error_message="Give an hour from 0 to 23."
            ),
            models.CheckConstraint(
                condition=~Q(figures="frozen", which="running"),
                name="pack_schedule_frozen_of_the_past",
                violation_error_message="Figures are frozen when a quarter is over: choose the quarter just over, or the data as they are.",
            ),
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, paused_because="") | Q(paused_at__isnull=False) & ~Q(paused_because=""),
                name="pack_schedule_paused_for_a_reason",
            ),
        ]

    @property
    def plan(self) -> Plan:
        return Plan(Rhythm(self.rhythm), self.days, self.hour, Which(self.which))

    @property
    def where(self) -> str:
        return str(self.unit) if self.unit else "the whole organisation"

    @property
    def is_live(self) -> bool:
        return self.paused_at is None and self.retired_at is None

    @property
    def role_titles(self) -> list[str]:
        return [ROLE_TITLES[key] for key in self.roles if key in ROLE_TITLES]


class ScheduledPack(models.Model):
    """One pack of one schedule: of each stretch there is one, however often it was tried. `run` is the newest try."""

    schedule = models.ForeignKey(PackSchedule, on_delete=models.PROTECT, related_name="packs")
    period = models.CharField(max_length=24, help_text="Such as weekly:2026-11-23.")
    quarter = models.CharField(max_length=6)
    due_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    run: Any = models.OneToOneField("reports.PackRun", null=True, on_delete=models.PROTECT, related_name="scheduled")
    tries = models.PositiveSmallIntegerField(default=0)
    failure = models.TextField(blank=True, help_text="Why the last try failed.")
    again_at = models.DateTimeField(null=True, help_text="When it is tried again.")
    done_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["schedule", "-due_at"]
        constraints = [models.UniqueConstraint(fields=["schedule", "period"], name="pack_of_a_schedule_once")]

    def __str__(self) -> str:
        return f"{self.schedule}, {self.quarter}"
