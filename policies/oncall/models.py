"""On-call schedules: plans with layers of people who take turns, and everything that stands in for them.

The past stays as it was: a published plan and its layers never change, a new plan begins at its publication or later, and overrides
and absences begin when they are made or later and can only be ended.
"""

from datetime import date, time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from policies.decisions.rota import Holidays, OverrideKind, Unit
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


class CalendarFeed(models.Model):
    """A secret address at which a calendar program reads the duty of a schedule or of a person. The secret itself stands nowhere."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="The first letters of the address, to tell several apart.")
    label = models.CharField(max_length=80, help_text="Where it is read, e.g. 'my telephone'.")
    owner = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="calendar_feeds", editable=False)
    schedule = models.ForeignKey("policies.OnCallSchedule", null=True, blank=True, on_delete=models.CASCADE, related_name="feeds")
    person = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    history = tracked(without=("token_hash",))

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                name="feed_of_a_schedule_or_a_person",
                condition=Q(schedule__isnull=False, person__isnull=True) | Q(schedule__isnull=True, person__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.hint}…)"


class FeedAccess(models.Model):
    """A day on which a feed was read from an address: when first, when last, how often."""

    feed = models.ForeignKey("policies.CalendarFeed", on_delete=models.CASCADE, related_name="accesses")
    day = models.DateField()
    address = models.GenericIPAddressField(null=True)
    program = models.CharField(max_length=150, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-last_at"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["feed", "day", "address", "program"], name="feed_access_once_a_day", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.feed} on {self.day}"


class CalendarSource(models.Model):
    """A calendar kept elsewhere that says who is on duty in a schedule, or that a person is busy or away. The address is a secret."""

    class Use(models.TextChoices):
        DUTY = "duty", "says who is on duty in a schedule"
        ABSENCE = "absence", "says when a person is away"

    name = models.CharField(max_length=120, unique=True)
    use = models.CharField(max_length=10, choices=Use.choices, default=Use.DUTY)
    schedule = models.ForeignKey("policies.OnCallSchedule", null=True, blank=True, on_delete=models.CASCADE, related_name="sources")
    person = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.CASCADE, related_name="calendar_sources")
    address = models.CharField(
        max_length=500, blank=True, help_text="An https:// address. It may hold a secret and is masked after saving."
    )
    refresh_every = models.DurationField(null=True, blank=True, help_text="e.g. 30 min; empty: read only when asked, or uploaded.")
    next_refresh_at = models.DateTimeField(null=True, editable=False)
    active = models.BooleanField(default=True)
    # The last good copy stays in use while the source fails.
    content = models.TextField(blank=True, editable=False)
    content_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    good_at = models.DateTimeField(null=True, editable=False, help_text="When the copy in use was read.")
    failed_at = models.DateTimeField(null=True, editable=False)
    failure = models.CharField(max_length=250, blank=True, editable=False)
    remarks = models.TextField(blank=True, editable=False, help_text="What was left out of the copy in use, and why.")
    made_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    # A copy that was looked at and not brought in yet, and the address it came from.
    pending = models.TextField(blank=True, editable=False)
    pending_address = models.CharField(max_length=500, blank=True, editable=False)
    pending_at = models.DateTimeField(null=True, editable=False)
    history = tracked(without=("address", "content", "pending", "pending_address"))

    class Meta:
        ordering = ["name"]
        permissions = [("import_calendar", "Can bring in a calendar")]
        constraints = [
            models.CheckConstraint(
                name="source_of_a_schedule_or_a_person",
                condition=Q(use="duty", schedule__isnull=False, person__isnull=True)
                | Q(use="absence", schedule__isnull=True, person__isnull=False),
                violation_error_message="A duty calendar belongs to a schedule, an absence calendar to a person.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ImportedDuty(models.Model):
    """A stretch of duty that a calendar gives somebody. What the calendar says of the past is kept; rows only ever end."""

    source = models.ForeignKey("policies.CalendarSource", on_delete=models.PROTECT, related_name="duties")
    schedule = models.ForeignKey("policies.OnCallSchedule", on_delete=models.CASCADE, related_name="imported_duties")
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    priority = models.PositiveSmallIntegerField(default=0, help_text="[L0] to [L9] of the event's title; the higher wins.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    uid = models.CharField(max_length=250, blank=True, editable=False)

    class Meta:
        ordering = ["schedule", "starts_at"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(name="imported_duty_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="imported_duty_changes_no_past",
                condition=Q(starts_at__gte=F("made_at")) & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("made_at"))),
            ),
        ]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="imported_duty_by_schedule")]

    def __str__(self) -> str:
        return f"{self.person} on {self.schedule}"
