"""Plans of reviews, the periods that they open, the entries that were drawn, what was found, and signatures."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast

from portal.foundation.base_models import tracked
from portal.foundation.people.models import validate_time_zone

from .periods import Rhythm, Span, in_words
from .sampling import Rule, Selection
from .states import MARK_WORDS, FindingState, Mark, PeriodState

LONGEST_NOTE = 1_000
MOST_AT_RANDOM = 10_000


def validate_types(types: Any) -> None:
    """Names of types of events, or beginnings of none."""
    if not isinstance(types, list) or not all(isinstance(one, str) and one.strip() == one != "" and len(one) <= 255 for one in types):
        raise ValidationError("Give types of events as the trail calls them, such as access.denied.")


class ReviewPlan(models.Model):
    """What is reviewed how often, by whom and how much of it. Each period pins the plan as it was when the period opened."""

    class State(models.TextChoices):
        IN_FORCE = "in_force", "in force"
        RETIRED = "retired", "retired"

    name = models.CharField(max_length=100, unique=True)
    view = models.ForeignKey(
        "audit.SavedView",
        on_delete=models.PROTECT,
        related_name="review_plans",
        help_text="What is looked at. Each period keeps the version of the view that it was opened with.",
    )
    rhythm = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Rhythm], default=Rhythm.DAILY.value)
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="Days begin at midnight here, such as Europe/Madrid."
    )
    first_day = models.DateField(help_text="The first day that is looked at.")
    due_within = models.PositiveSmallIntegerField(
        "due within (days)",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text="Days from the end of what is looked at to the signature.",
    )
    selection = models.CharField(
        max_length=10,
        choices=[
            (Selection.ALL.value, "every entry"),
            (Selection.EVERY.value, "every n-th entry"),
            (Selection.RANDOM.value, "so many at random"),
        ],
        default=Selection.ALL.value,
    )
    number = models.PositiveIntegerField(
        default=0,
        blank=True,
        validators=[MaxValueValidator(MOST_AT_RANDOM)],
        help_text="The n of 'every n-th', or how many at random. Nothing for 'every entry'.",
    )
    always = models.JSONField(
        "always look at", default=list, blank=True, validators=[validate_types], help_text="Types that a sample always includes, in full."
    )
    rationale = models.TextField(
        "why a sample is enough", blank=True, help_text="Asked of every plan that samples; it stands in the signed manifest."
    )
    reviewers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        help_text="Nobody here and no group: whoever has the right to review.",
    )
    group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Its members review, beside those named."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", help_text="Answers for it, and is told when it is overdue."
    )
    tell = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name="also tell when overdue", help_text="Told beside the owner."
    )
    second_signature = models.BooleanField(
        "signed by somebody else", default=True, help_text="Whoever signs must have judged none of the entries."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.IN_FORCE, editable=False)
    history = tracked(m2m=(reviewers, tell))

    class Meta:
        ordering = ["state", "name"]
        default_permissions = ("view", "add", "change")
        constraints = [
            models.CheckConstraint(
                condition=Q(selection="all", number=0) | ~Q(selection="all") & Q(number__gte=1) & ~Q(rationale=""),
                name="review_sample_has_number_and_reason",
                violation_error_message="A sample needs a number, and the reason why it is enough. 'Every entry' takes neither.",
            ),
            models.CheckConstraint(condition=Q(due_within__gte=1, due_within__lte=90), name="review_due_within_days"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def rule(self) -> Rule:
        return Rule(Selection(self.selection), self.number, tuple(sorted(self.always)))

    @property
    def begins_at(self) -> datetime:
        """The first instant of its first day."""
        return datetime.combine(self.first_day, time(0), tzinfo=self.zone).astimezone(UTC)

    @property
    def is_in_force(self) -> bool:
        return self.state == self.State.IN_FORCE


class ReviewPeriod(models.Model):
    """One stretch of one plan. Its population: sealed entries that the view shows, recorded before `until`, placed before `size`, and either
    recorded from `since` on or placed from `first` on, where the period before ended. So every sealed entry is in one period, late ones too."""

    State = PeriodState

    plan = models.ForeignKey("audit.ReviewPlan", on_delete=models.PROTECT, related_name="periods")
    view_version = models.ForeignKey("audit.SavedViewVersion", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(help_text="The first instant after it.")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in PeriodState], default=PeriodState.DRAWING.value)
    epoch = models.PositiveIntegerField(default=1, help_text="The ledger's epoch when it was opened.")
    first = models.BigIntegerField(help_text="Where the period before ended in the ledger.")
    size = models.BigIntegerField(help_text="Size of the ledger that was signed when it was opened.")
    root = models.CharField(max_length=64, help_text="Its root, hexadecimal.")
    rule = models.JSONField(help_text="The plan's rule as it was.")
    seed = models.CharField(max_length=64)
    rationale = models.TextField(blank=True)
    second_signature = models.BooleanField(default=True)
    entries = models.PositiveIntegerField(default=0, help_text="How many the population has.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 over the population's leaf hashes by place.")
    drawn = models.PositiveIntegerField(default=0, help_text="How many of them are looked at.")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    conclusion = models.TextField(blank=True, help_text="What the review showed.")

    class Meta:
        ordering = ["-since", "plan"]
        default_permissions = ("view",)
        permissions = (
            ("review_reviewperiod", "Can judge entries of the trail in a review"),
            ("sign_reviewperiod", "Can sign a review of the trail"),
        )
        verbose_name = "log review"
        constraints = [
            models.UniqueConstraint(fields=["plan", "since"], name="review_period_opens_once"),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="log_review_has_a_length"),
            models.CheckConstraint(condition=Q(drawn__lte=F("entries")), name="review_draws_from_its_population"),
            models.CheckConstraint(
                condition=Q(state__in=["drawing", "open"], closed_at__isnull=True, closed_by__isnull=True)
                | Q(state__in=["closed", "signed"], closed_at__isnull=False, closed_by__isnull=False),
                name="review_period_is_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan}, {self.days}"

    @property
    def span(self) -> Span:
        return Span(self.since, self.until)

    @property
    def days(self) -> str:
        """'16 to 22 November 2026'."""
        return in_words(self.span, self.plan.zone)

    @property
    def drawing_rule(self) -> Rule:
        """The rule that it was drawn by."""
        return rule_from(self.rule)

    @property
    def is_open(self) -> bool:
        return self.state == PeriodState.OPEN

    @property
    def is_signed(self) -> bool:
        return self.state == PeriodState.SIGNED


def rule_from(data: dict[str, Any]) -> Rule:
    """A rule as a period or a manifest keeps it."""
    always: Iterable[str] = data.get("always", ())
    return Rule(Selection(data["selection"]), int(data.get("number", 0)), tuple(always))


class ReviewFinding(models.Model):
    """What a review found and somebody has to see to by a day."""

    State = FindingState

    period = models.ForeignKey("audit.ReviewPeriod", on_delete=models.PROTECT, related_name="findings")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_findings")
    due_on = models.DateField()
    evidence = models.TextField(blank=True, help_text="An address, a ticket's number, or words.")
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in FindingState], default=FindingState.OPEN.value)
    resolution = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    history = tracked()

    class Meta:
        ordering = ["state", "due_on", "pk"]
        default_permissions = ("view", "add", "change")
        verbose_name = "finding"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True, settled_by__isnull=True)
                | ~Q(state="open") & Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(resolution=""),
                name="review_finding_is_settled_whole",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state == FindingState.OPEN


class ReviewItem(models.Model):
    """One entry that was drawn, and what was said of it. Who did it stands here too, so that the database itself keeps them from judging it."""

    period = models.ForeignKey("audit.ReviewPeriod", on_delete=models.PROTECT, related_name="items")
    place = models.BigIntegerField(help_text="Index of the entry in the ledger.")
    event = models.BigIntegerField(help_text="The event's `id`.")
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=255, blank=True, help_text="Key of who did it; empty for the portal itself.")
    behalf = models.CharField(max_length=255, blank=True, help_text="Key of the person for whom the portal did it.")
    about = models.CharField(max_length=255, blank=True, help_text="Key of the account that it is about.")
    drawn_as = models.CharField(max_length=10, choices=[("sample", "drawn"), ("always", "always looked at")])
    mark = models.CharField(max_length=12, blank=True, choices=[(each.value, MARK_WORDS[each]) for each in Mark if each])
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(null=True, blank=True)
    finding = models.ForeignKey("audit.ReviewFinding", null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["place"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["period", "place"], name="review_item_once"),
            models.CheckConstraint(
                condition=Q(mark="", judged_by__isnull=True, judged_at__isnull=True)
                | ~Q(mark="") & Q(judged_by__isnull=False, judged_at__isnull=False),
                name="review_item_is_judged_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(judged_by__isnull=True)
                | ~Q(actor=Cast("judged_by", models.TextField()))
                & ~Q(behalf=Cast("judged_by", models.TextField()))
                & ~Q(about=Cast("judged_by", models.TextField())),
                name="review_item_not_judged_by_its_own",
            ),
            models.CheckConstraint(condition=~Q(mark="follow_up", note=""), name="review_follow_up_says_what"),
            models.CheckConstraint(condition=Q(finding__isnull=True) | ~Q(mark=""), name="review_finding_of_what_was_judged"),
        ]
        indexes = [
            models.Index(fields=["period", "mark", "place"], name="review_item_by_mark"),
        ]

    def __str__(self) -> str:
        return f"entry {self.place}"


class ReviewSignOff(models.Model):
    """Who signed a period, when, and what that froze. Never changed."""

    period = models.OneToOneField("audit.ReviewPeriod", on_delete=models.PROTECT, related_name="sign_off")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150, help_text="The name as it was.")
    at = models.DateTimeField()
    words = models.TextField()
    manifest = models.TextField(help_text="Canonical JSON, as it is hashed.")
    sha256 = models.CharField(max_length=64)
    checkpoint_size = models.BigIntegerField(help_text="Size of the ledger that was signed last.")
    checkpoint_root = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        verbose_name = "signature"

    def __str__(self) -> str:
        return f"signature of {self.period}"
