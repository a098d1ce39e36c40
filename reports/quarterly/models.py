"""Reviews of a quarter, what was found in them, decided and planned, and who signed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from audit.evidence.models import LedgerRun
from portal.foundation.access.roles import ROLES
from portal.foundation.base_models import tracked
from reports.packs.quarters import Quarter

from .states import WORDS, ActionState, DecisionState, FindingState, ReviewState

STEPS: list[dict[str, str]] = [
    {"title": "Compliance", "role": "compliance"},
    {"title": "Manager or owner", "role": "manager"},
    {"title": "Risk committee", "role": "approver"},
]
ROLE_TITLES = {role.key: role.title for role in ROLES}
BEFORE_SIGNING = [ReviewState.PROVISIONAL.value, ReviewState.PREPARING.value]


def first_steps() -> list[dict[str, str]]:
    """Whose signatures a review needs as long as nobody said otherwise."""
    return [dict(step) for step in STEPS]


def person(**more: Any) -> Any:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, **{"related_name": "+", **more})


class QuarterlyRules(models.Model):
    """From which quarter on reviews open by themselves, how long they may take, and who signs them in which order. One row."""

    first_quarter = models.CharField(max_length=6, blank=True, help_text="Such as 2026Q3; empty until the portal has opened its first one.")
    days_to_sign = models.PositiveSmallIntegerField(default=45, help_text="Days after the end of the quarter until it must be signed.")
    steps = models.JSONField(default=first_steps, help_text="Title and role of each signature, in order.")
    history = tracked()

    class Meta:
        default_permissions = ("view", "change")
        verbose_name = "rules of the quarterly review"
        verbose_name_plural = "rules of the quarterly review"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="quarterly_rules_one_row"),
            models.CheckConstraint(condition=Q(days_to_sign__gte=1, days_to_sign__lte=365), name="quarterly_signed_in_days"),
        ]

    def __str__(self) -> str:
        return "Rules of the quarterly review"


class QuarterlyReview(models.Model):
    """One quarter of one business unit with its parts, or of the whole organisation. `number` 1 is the first; each restatement has the next."""

    State = ReviewState

    quarter = models.CharField(max_length=6, help_text="Such as 2026Q3.")
    unit = models.ForeignKey("policies.BusinessUnit", null=True, blank=True, on_delete=models.PROTECT, related_name="quarterly_reviews")
    unit_name = models.CharField(max_length=120, blank=True, help_text="The name as it was; empty: the whole organisation.")
    units = models.JSONField(default=list, help_text="Keys of the unit and its parts as they were; empty: all.")
    parts = models.JSONField(default=list, help_text="Names of its parts as they were.")
    number = models.PositiveSmallIntegerField(default=1)
    restates = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="restated_by")
    reason = models.TextField(blank=True, help_text="Why it restates the one before.")
    state = models.CharField(max_length=12, choices=[(each.value, WORDS[each]) for each in ReviewState])
    opened_at = models.DateTimeField()
    opened_by = person(null=True, blank=True)
    due_at = models.DateTimeField()
    known_until = models.DateTimeField(help_text="The data cut-off: what was told later is in no figure.")
    figures = models.JSONField(default=dict, help_text="Those that its page shows.")
    figures_sha256 = models.CharField(max_length=64)
    frozen = models.OneToOneField(
        "reports.FrozenFigures", null=True, blank=True, on_delete=models.PROTECT, related_name="review", help_text="All of them."
    )
    beside = models.JSONField(default=dict, help_text="Other reviews of the quarter, exceptions, and glass that was broken.")
    agenda = models.TextField(blank=True, help_text="A point a line.")
    summary = models.TextField(blank=True, help_text="What the quarter showed, in a few sentences.")
    round = models.PositiveSmallIntegerField(default=0, help_text="How often it was put up for signature.")
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = person(null=True, blank=True)
    manifest = models.TextField(blank=True, help_text="What is signed, as canonical JSON.")
    sha256 = models.CharField(max_length=64, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    history = tracked(without=("figures", "beside", "manifest"))

    class Meta:
        ordering = ["-quarter", "unit_name", "-number"]
        default_permissions = ("view",)
        permissions = (
            ("prepare_quarterlyreview", "Can open and prepare a quarterly review"),
            ("decide_quarterlyreview", "Can decide in a quarterly review"),
            ("sign_quarterlyreview", "Can sign a quarterly review"),
        )
        verbose_name = "quarterly review"
        constraints = [
            models.UniqueConstraint(fields=["quarter", "unit", "number"], name="quarterly_review_once"),
            models.UniqueConstraint(fields=["quarter", "number"], condition=Q(unit__isnull=True), name="quarterly_review_of_all_once"),
            models.CheckConstraint(
                condition=Q(number=1, restates__isnull=True, reason="") | Q(number__gte=2, restates__isnull=False) & ~Q(reason=""),
                name="quarterly_restatement_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=BEFORE_SIGNING, manifest="", sha256="", submitted_at__isnull=True, submitted_by__isnull=True)
                | ~Q(state__in=BEFORE_SIGNING) & Q(submitted_at__isnull=False, submitted_by__isnull=False, round__gte=1) & ~Q(sha256=""),
                name="quarterly_review_submitted_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="signed", signed_at__isnull=False) | ~Q(state="signed") & Q(signed_at__isnull=True),
                name="quarterly_review_signed_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quarter}, {self.where}{self._numbered}"

    @property
    def where(self) -> str:
        return self.unit_name or "the whole organisation"

    @property
    def of(self) -> Quarter:
        return Quarter.parse(self.quarter)

    @property
    def reach(self) -> tuple[int, ...] | None:
        """Keys of the units it looks at, as a population takes them."""
        return tuple(self.units) if self.unit_id is not None else None

    @property
    def is_signed(self) -> bool:
        return self.state == ReviewState.SIGNED

    @property
    def is_open_to_change(self) -> bool:
        return self.state in BEFORE_SIGNING

    @property
    def name(self) -> str:
        """'Third quarter of 2026, Payments'."""
        return f"{self.of.words.capitalize()}, {self.where}{self._numbered}"

    @property
    def _numbered(self) -> str:
        return f", restatement {self.number - 1}" if self.number > 1 else ""


class QuarterlyFinding(models.Model):
    """What was found in the figures or by a person, with the incidents behind it."""

    State = FindingState

    review = models.ForeignKey("reports.QuarterlyReview", on_delete=models.PROTECT, related_name="findings")
    key = models.CharField(max_length=200, blank=True, help_text="Of the pattern; empty for what a person found.")
    kind = models.CharField(max_length=60, blank=True)
    rank = models.PositiveIntegerField(default=0)
    headline = models.CharField(max_length=200)
    sentence = models.TextField(blank=True)
    proposed_headline = models.CharField(max_length=200, blank=True, help_text="As the portal proposed it.")
    proposed_sentence = models.TextField(blank=True)
    effect = models.CharField(max_length=120, blank=True)
    confidence = models.CharField(max_length=120, blank=True)
    incidents = models.JSONField(default=list, help_text="Numbers of the incidents behind it.")
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in FindingState])
    reason = models.TextField(blank=True, help_text="Why it was accepted or dismissed.")
    made_by = person(null=True, blank=True)
    made_at = models.DateTimeField()
    judged_by = person(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    history = tracked()

    class Meta:
        ordering = ["rank", "pk"]
        default_permissions = ()
        verbose_name = "finding of a quarterly review"
        verbose_name_plural = "findings of quarterly reviews"
        constraints = [
            models.UniqueConstraint(fields=["review", "key"], condition=~Q(key=""), name="quarterly_finding_once"),
            models.CheckConstraint(
                condition=Q(state="proposed", judged_by__isnull=True, judged_at__isnull=True)
                | ~Q(state="proposed") & Q(judged_by__isnull=False, judged_at__isnull=False),
                name="quarterly_finding_judged_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="dismissed", reason=""), name="quarterly_finding_dismissed_with_a_reason"),
        ]

    def __str__(self) -> str:
        return self.headline

    @property
    def reworded(self) -> bool:
        return bool(self.proposed_headline) and (self.headline, self.sentence) != (self.proposed_headline, self.proposed_sentence)


class QuarterlyDecision(models.Model):
    """A question of the review, and what was decided."""

    State = DecisionState

    review = models.ForeignKey("reports.QuarterlyReview", on_delete=models.PROTECT, related_name="decisions")
    finding = models.ForeignKey("reports.QuarterlyFinding", null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    question = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=[(each.value, each.value.replace("_", " ")) for each in DecisionState])
    outcome = models.TextField(blank=True, help_text="What was decided and why, or why it needed no decision.")
    made_by = person()
    made_at = models.DateTimeField()
    decided_by = person(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    history = tracked()

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = "decision of a quarterly review"
        verbose_name_plural = "decisions of quarterly reviews"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="to_take", decided_by__isnull=True, decided_at__isnull=True, outcome="")
                | ~Q(state="to_take") & Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(outcome=""),
                name="quarterly_decision_taken_whole",
            )
        ]

    def __str__(self) -> str:
        return self.question


class QuarterlyAction(models.Model):
    """What somebody does until a day because of a review. Its course goes on after the signatures; what was agreed does not change."""

    State = ActionState

    review = models.ForeignKey("reports.QuarterlyReview", on_delete=models.PROTECT, related_name="actions")
    finding = models.ForeignKey("reports.QuarterlyFinding", null=True, blank=True, on_delete=models.PROTECT, related_name="actions")
    decision = models.ForeignKey("reports.QuarterlyDecision", null=True, blank=True, on_delete=models.PROTECT, related_name="actions")
    feedback = models.ForeignKey("incidents.Feedback", null=True, blank=True, on_delete=models.PROTECT, related_name="actions")
    title = models.CharField(max_length=200)
    owner = person(related_name="quarterly_actions")
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in ActionState])
    outcome = models.TextField(blank=True, help_text="What was done, or why it will not be.")
    made_by = person()
    made_at = models.DateTimeField()
    settled_by = person(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    history = tracked()

    class Meta:
        ordering = ["state", "due_on", "pk"]
        default_permissions = ("view",)
        verbose_name = "action of a quarterly review"
        verbose_name_plural = "actions of quarterly reviews"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True, settled_by__isnull=True, outcome="")
                | ~Q(state="open") & Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(outcome=""),
                name="quarterly_action_settled_whole",
            )
        ]
        indexes = [models.Index(fields=["state", "due_on"], name="quarterly_action_due")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state == ActionState.OPEN


class QuarterlySignature(models.Model):
    """One signature that a review needs: whose, in which place, and who gave it. Of a round that was sent back it stays as it was."""

    review = models.ForeignKey("reports.QuarterlyReview", on_delete=models.PROTECT, related_name="signatures")
    round = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=80, help_text="Such as 'Risk committee'.")
    role = models.CharField(max_length=40, help_text="Key of the role that signs.")
    by = person(null=True, blank=True)
    by_name = models.CharField(max_length=150, blank=True, help_text="The name as it was.")
    at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the manifest that was signed.")

    class Meta:
        ordering = ["round", "position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["review", "round", "position"], name="quarterly_signature_once"),
            models.UniqueConstraint(fields=["review", "round", "by"], name="quarterly_signatures_by_different_people"),
            models.CheckConstraint(
                condition=Q(by__isnull=True, at__isnull=True, sha256="", words="")
                | Q(by__isnull=False, at__isnull=False) & ~Q(sha256="") & ~Q(words=""),
                name="quarterly_signature_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.review}"

    @property
    def role_title(self) -> str:
        return ROLE_TITLES.get(self.role, self.role)


OPEN_ACTION = Q(state=ActionState.OPEN.value)
OF_THIS_ROUND = Q(round=F("review__round"))


class ReviewRun(LedgerRun):
    """A review of many incidents that somebody asked for, to be opened or stated anew by a worker; and the review that came of it."""

    quarter = models.CharField(max_length=6)
    unit = models.ForeignKey("policies.BusinessUnit", null=True, on_delete=models.PROTECT, related_name="+")
    restates = models.ForeignKey(QuarterlyReview, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    step = models.CharField(max_length=100, blank=True, help_text="What the worker is at.")
    review = models.ForeignKey(QuarterlyReview, null=True, on_delete=models.PROTECT, related_name="+", help_text="What came of it.")

    def __str__(self) -> str:
        return f"{self.quarter}, {self.unit or 'the whole organisation'}"
