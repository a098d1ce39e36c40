"""What is kept how long, what must not go, and what went."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .classes import BY_KEY, DEFAULT_MONTHS, FEWEST_MONTHS, MOST_MONTHS, OTHER, EventClass
from .ranges import WIDEST


class RetentionPeriod(models.Model):
    """How many months the events of one class are kept before they may be pruned. Nothing goes by itself: see Removal."""

    key = models.CharField(max_length=20, primary_key=True, editable=False)
    months = models.PositiveSmallIntegerField(default=DEFAULT_MONTHS, help_text="Months; 84 is seven years. At least 12.")

    class Meta:
        default_permissions = ("view", "change")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(months__gte=FEWEST_MONTHS, months__lte=MOST_MONTHS),
                name="kept_a_year_at_least",
                violation_error_message="Events are kept for 12 to 600 months.",
            )
        ]

    def __str__(self) -> str:
        return self.of.title

    @property
    def of(self) -> EventClass:
        """The class as the code knows it."""
        return BY_KEY.get(self.key, OTHER)


class LegalHold(models.Model):
    """Nothing that it covers is pruned or erased until it is lifted."""

    reason = models.TextField()
    object_model = models.CharField(max_length=255, blank=True, help_text="Empty: everything.")
    object_pk = models.CharField(max_length=255, blank=True)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lift_reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ("view",)
        permissions = (("place_legalhold", "Can place a legal hold"), ("lift_legalhold", "Can lift a legal hold of somebody else"))
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(lifted_by__isnull=True) | ~Q(lifted_by=F("placed_by")), name="hold_lifted_by_another"),
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True, lifted_at__isnull=True) | Q(lifted_by__isnull=False, lifted_at__isnull=False),
                name="hold_lifted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(object_model="", object_pk="") | ~Q(object_model="") & ~Q(object_pk=""), name="hold_on_all_or_one"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def covers_all(self) -> bool:
        """Whether it is on everything, not on one object."""
        return not self.object_model


class Removal(models.Model):
    """Payloads that may go from the ledger: old enough, or erased on a person's demand. Asked for by one, approved by another."""

    class Kind(models.TextChoices):
        PRUNING = "pruning", "pruning by age"
        ERASURE = "erasure", "erasure of personal data"

    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(max_length=100, blank=True, help_text="Whose personal data, such as 'person:7'.")
    first = models.BigIntegerField(null=True, blank=True, help_text="Index of the first entry that goes.")
    last = models.BigIntegerField(null=True, blank=True)
    reason = models.TextField()
    entries = models.PositiveIntegerField(default=0, help_text="How many entries go.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 over the hashes of the leaves of what goes, by index.")
    oldest_at = models.DateTimeField(null=True, blank=True)
    newest_at = models.DateTimeField(null=True, blank=True)
    policy = models.JSONField(
        default=dict, help_text="By class: months kept, entries that go, when the oldest and the newest were recorded."
    )
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approval_reason = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When it was declined or withdrawn.")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closed_reason = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        permissions = (
            ("ask_removal", "Can ask that entries are pruned or personal data erased"),
            ("approve_removal", "Can approve what somebody else asked to be removed"),
        )
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")), name="removal_by_two_people"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True) | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="removal_approved_by_somebody",
            ),
            models.CheckConstraint(condition=Q(done_at__isnull=True) | Q(approved_at__isnull=False), name="removal_done_if_approved"),
            models.CheckConstraint(condition=Q(done_at__isnull=True) | Q(closed_at__isnull=True), name="removal_done_or_closed"),
            # Two that look for the old ones at the same time would find the same.
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind="pruning", done_at__isnull=True, closed_at__isnull=True), name="one_pruning_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether something may still go by it."""
        return self.done_at is None and self.closed_at is None

    @property
    def waits_for_approval(self) -> bool:
        return self.is_open and self.approved_at is None

    @property
    def is_under_way(self) -> bool:
        return self.is_open and self.approved_at is not None

    def state(self) -> str:
        """In a word or two."""
        if self.done_at:
            return "done"
        if self.closed_at:
            return "declined" if self.approved_at is None and self.closed_by_id != self.asked_by_id else "withdrawn"
        return "under way" if self.approved_at else "waits for approval"


class RemovalRange(models.Model):
    """Entries that go by one removal, or went: the indexes `first` to `last`, in one transaction."""

    removal = models.ForeignKey("audit.Removal", on_delete=models.PROTECT, related_name="ranges")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["removal", "first"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first__gte=0, last__gte=F("first"), last__lt=F("first") + WIDEST), name="removal_range_runs_forward"
            )
        ]
        indexes = [models.Index(fields=["first", "last"], name="removal_by_index")]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"
