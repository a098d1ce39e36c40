"""Calendars out and in: feeds and who reads them, calendars kept elsewhere and the duty that they give."""

from django.db import models
from django.db.models import F, Q

from portal.foundation.base_models import tracked
from portal.foundation.sealed_fields import SealedField


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
            models.UniqueConstraint(fields=["feed", "day", "address", "program"], name="feed_access_once_a_day"),
            models.UniqueConstraint(
                fields=["feed", "day", "program"], condition=Q(address__isnull=True), name="feed_access_from_nowhere_once_a_day"
            ),
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
    address = SealedField(max_length=500, blank=True, help_text="An https:// address. It may hold a secret and is masked after saving.")
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
    pending_address = SealedField(max_length=500, blank=True, editable=False)
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
