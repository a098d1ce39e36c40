"""On-call schedules: plans with layers of people who take turns, and everything that stands in for them.

The past stays as it was: a published plan and its layers never change, a new plan begins at its publication or later, and overrides
and absences begin when they are made or later and can only be ended.
"""

from datetime import date, time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from policies.decisions.rota import Holidays, Unit
from portal.foundation.base_models import tracked
from portal.foundation.people.models import validate_time_zone

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
# Units of a shift: more than these nobody plans, and the sweep of a view stays short.
MOST_UNITS = 90


class HolidayCalendar(models.Model):
    """Public holidays of a place, and the organisation's own. Its days are rows, so that a new release of a library changes no past."""

    name = models.CharField(max_length=120, unique=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code such as ES; the country's holidays are filled in.")
    subdivision = models.CharField(max_length=6, blank=True, help_text="Part of the country, such as MD for Madrid.")
    history = tracked()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """One day of a calendar."""

    class Origin(models.TextChoices):
        PUBLIC = "public", "public holiday"
        OWN = "own", "added here"

    calendar = models.ForeignKey("policies.HolidayCalendar", on_delete=models.CASCADE, related_name="days")
    day = models.DateField(validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)])
    name = models.CharField(max_length=150)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.OWN, editable=False)
    history = tracked()

    class Meta:
        ordering = ["calendar", "day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="holiday_once_per_calendar")]

    def __str__(self) -> str:
        return f"{self.day:%d %b %Y}: {self.name}"


class OnCallSchedule(models.Model):
    """A duty that somebody always holds. Who that is, its plans say."""

    name = models.CharField(max_length=120, unique=True)
    team = models.ForeignKey("policies.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="schedules")
    order = models.PositiveSmallIntegerField(
        "place in the team",
        default=1,
        help_text="The team's on-call is the first of its schedules, in this order, that has somebody on duty: so duty follows the sun.",
    )
    description = models.TextField(blank=True, help_text="What this duty is for.")
    history = tracked()

    class Meta:
        ordering = ["name"]
        verbose_name = "on-call schedule"

    def __str__(self) -> str:
        return self.name


class SchedulePlan(models.Model):
    """What a schedule is from an instant on: its time zone and layers. A draft is edited; a published plan never changes."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PUBLISHED = "published", "published"
        WITHDRAWN = "withdrawn", "withdrawn before it began"

    schedule = models.ForeignKey("policies.OnCallSchedule", on_delete=models.CASCADE, related_name="plans")
    number = models.PositiveIntegerField(editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="All local times of the plan are of this zone."
    )
    holiday_calendar = models.ForeignKey(
        "policies.HolidayCalendar",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="For layers that mind holidays.",
    )
    effective_from = models.DateTimeField(null=True, blank=True, editable=False)
    reason = models.CharField(max_length=250, blank=True, editable=False, help_text="Why the schedule changed.")
    author = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    published_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    # What the layers say, in one value: see contents.py. Written at publication; of a draft, the rows speak.
    content = models.JSONField(null=True, editable=False)
    history = tracked(without=("content",))

    class Meta:
        ordering = ["schedule", "-number"]
        permissions = [("publish_scheduleplan", "Can publish a plan of an on-call schedule")]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "number"], name="plan_number_once"),
            models.UniqueConstraint(
                fields=["schedule"],
                condition=Q(state="draft"),
                name="one_draft_plan_per_schedule",
                violation_error_message="There is a draft already.",
            ),
            models.UniqueConstraint(
                fields=["schedule", "effective_from"],
                condition=Q(state="published"),
                name="one_plan_per_start",
                violation_error_message="Another plan of this schedule begins at the same instant.",
            ),
            models.CheckConstraint(
                name="published_plan_begins_at_its_publication_or_later",
                condition=Q(state="draft", published_at__isnull=True, effective_from__isnull=True)
                | Q(published_at__isnull=False, effective_from__gte=F("published_at")),
            ),
            models.CheckConstraint(
                name="plan_withdrawn_before_it_began",
                condition=(Q(withdrawn_at__isnull=True) & ~Q(state="withdrawn"))
                | Q(state="withdrawn", withdrawn_at__lt=F("effective_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, plan {self.number}"


class RotaLayer(models.Model):
    """People who take turns in a plan. A higher layer goes over a lower one where it has somebody on duty."""

    plan = models.ForeignKey("policies.SchedulePlan", on_delete=models.CASCADE, related_name="layers")
    position = models.PositiveSmallIntegerField("layer", validators=[MinValueValidator(1), MaxValueValidator(20)])
    name = models.CharField(max_length=80, default="First line")
    shadow = models.BooleanField(default=False, help_text="People who learn: shown and told, never alerted.")
    starts_on = models.DateField(
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
        help_text="The first hand-over: the first person takes over on this day.",
    )
    handover_at = models.TimeField("hand-over at", default=time(9), help_text="Local time of the hand-over.")
    every = models.PositiveSmallIntegerField(
        "length of a shift", default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_UNITS)]
    )
    unit = models.CharField(max_length=5, choices=[(unit.value, unit.value) for unit in Unit], default=Unit.WEEKS.value)
    holidays = models.CharField(
        "on holidays",
        max_length=5,
        choices=[
            (Holidays.ANY.value, "like any day"),
            (Holidays.NOT.value, "no duty on holidays"),
            (Holidays.ONLY.value, "duty on holidays only"),
        ],
        default=Holidays.ANY.value,
    )
    history = tracked()

    class Meta:
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="layer_once_per_plan"),
            models.CheckConstraint(name="shift_has_a_length", condition=Q(every__gte=1, every__lte=MOST_UNITS)),
            models.CheckConstraint(
                name="hours_divide_a_day",
                condition=~Q(unit="hours") | Q(every__in=(1, 2, 3, 4, 6, 8, 12)),
                violation_error_message="Shifts of hours are 1, 2, 3, 4, 6, 8 or 12 hours long, so that every day is handed over alike.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"


class LayerMember(models.Model):
    """A person's place in the turns of a layer."""

    layer = models.ForeignKey("policies.RotaLayer", on_delete=models.CASCADE, related_name="members")
    position = models.PositiveSmallIntegerField()
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    history = tracked()

    class Meta:
        ordering = ["layer", "position"]
        constraints = [models.UniqueConstraint(fields=["layer", "position"], name="one_person_per_turn")]

    def __str__(self) -> str:
        return f"{self.position}. {self.person}"


class LayerWindow(models.Model):
    """Hours and weekdays to which a layer's duty is restricted."""

    layer = models.ForeignKey("policies.RotaLayer", on_delete=models.CASCADE, related_name="windows")
    weekdays = models.PositiveSmallIntegerField(help_text="Monday 1, Tuesday 2, Wednesday 4 … Sunday 64, added up.")
    starts = models.TimeField("from", help_text="Local time.")
    ends = models.TimeField("until", help_text="Local time; not later than the start means on the next day.")
    history = tracked()

    class Meta:
        ordering = ["layer", "starts", "id"]
        constraints = [models.CheckConstraint(name="window_has_a_weekday", condition=Q(weekdays__gte=1, weekdays__lte=127))]

    def __str__(self) -> str:
        return f"{self.starts:%H:%M} to {self.ends:%H:%M}"
