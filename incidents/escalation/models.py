"""A run of one escalation, its steps, and the engine's sign of life."""

from django.db import models
from django.db.models import Q

from portal.foundation.quickly_read import QuicklyRead


class EscalationRun(QuicklyRead):
    """One incident's way through the levels of its pinned policy version."""

    class Track(models.TextChoices):
        TECHNICAL = "technical", "Technical"
        STAKEHOLDER = "stakeholder", "Stakeholder"
        COMPLIANCE = "compliance", "Legal and compliance"

    class State(models.TextChoices):
        PAGING = "paging", "alerting"
        HELD = "held", "on hold"
        ACKNOWLEDGED = "acknowledged", "acknowledged"
        ENDED = "ended", "ended"
        EXHAUSTED = "exhausted", "nobody reached"

    LIVE = (State.PAGING.value, State.HELD.value, State.ACKNOWLEDGED.value)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="runs")
    track = models.CharField(max_length=20, choices=Track.choices, default=Track.TECHNICAL)
    opening = models.PositiveIntegerField(
        default=0, help_text="How often the incident had been reopened when this run began: each opening has its own run."
    )
    policy_version = models.ForeignKey("policies.PolicyVersion", on_delete=models.PROTECT, related_name="runs")
    content_sha256 = models.CharField(max_length=64, help_text="Hash of the policy content that this run follows.")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PAGING)
    level = models.PositiveSmallIntegerField(help_text="Number of the current level; 0 before the first.", default=0)
    position = models.PositiveSmallIntegerField(help_text="Place in the level alerted last; 0 before the first.", default=0)
    level_entered_at = models.DateTimeField(null=True)
    last_page_at = models.DateTimeField(null=True)
    milestone_done = models.BooleanField(default=False, help_text="The missed resolution milestone has already moved it up.")
    next_run_at = models.DateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0, help_text="Raised with every write; the fence against a second engine.")
    alerting_since = models.DateTimeField(help_text="An acknowledgement of the incident counts for this run from here on.")
    acknowledged_at = models.DateTimeField(
        null=True, help_text="For the stakeholder and the compliance track, which the incident's own does not stop."
    )
    acknowledged_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(
        "portal.User",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who is responsible on this track now: whoever acknowledged, took over or accepted a hand-off last.",
    )
    last_sign_at = models.DateTimeField(
        null=True, help_text="The holder's last sign of life; from here the policy's time of silence after an acknowledgement counts."
    )
    held_at = models.DateTimeField(null=True, help_text="Since when the alerting is on hold.")
    held_until = models.DateTimeField(null=True, help_text="When it goes on by itself: nothing rests for ever.")
    start_level_answered = models.PositiveSmallIntegerField(
        default=0, help_text="The incident's start level when somebody de-escalated below it: only a higher one raises the run again."
    )
    round = models.PositiveSmallIntegerField(default=1, help_text="1 until the way through the levels begins again.")
    reminded = models.PositiveSmallIntegerField(default=0, help_text="Reminders sent in the current window.")
    severity = models.CharField(
        max_length=4, blank=True, help_text="The incident's severity at the last look: it sets the pace of windows, waits and reminders."
    )
    failures = models.PositiveSmallIntegerField(default=0, help_text="Passes in a row that failed.")
    last_failure = models.CharField(max_length=250, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "track"], condition=Q(state__in=["paging", "held", "acknowledged"]), name="one_live_run_per_track"
            ),
            models.UniqueConstraint(fields=["incident", "track", "opening"], name="one_run_per_opening"),
            models.CheckConstraint(
                name="live_run_has_a_next_look",
                condition=~Q(state__in=["paging", "held", "acknowledged"]) | Q(next_run_at__isnull=False),
            ),
            models.CheckConstraint(
                name="held_run_goes_on_by_itself",
                condition=~Q(state="held") | Q(held_at__isnull=False, held_until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["next_run_at"], name="run_due", condition=Q(state__in=["paging", "held", "acknowledged"])),
            models.Index(fields=["failures"], name="run_failing", condition=Q(failures__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_track_display()} escalation, {self.get_state_display()}"

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE


class EscalationStep(models.Model):
    """What the engine did at one point of a run, for whom and why, with the inputs of the decision."""

    class Action(models.TextChoices):
        STARTED = "started", "started"
        LEVEL = "level", "entered level"
        PAGED = "paged", "alerted"
        REMINDED = "reminded", "reminded"
        REPEATED = "repeated", "began again"
        PASSED_OVER = "passed_over", "passed over"
        ACKNOWLEDGED = "acknowledged", "acknowledged"
        MILESTONE = "milestone", "milestone missed"
        SILENT = "silent", "silent after acknowledging"
        HELD = "held", "put on hold"
        RESUMED = "resumed", "resumed"
        RAISED = "raised", "moved up by hand"
        LOWERED = "lowered", "de-escalated"
        BYPASSED = "bypassed", "levels bypassed"
        TAKEN_OVER = "taken_over", "taken over"
        HANDED_OVER = "handed_over", "handed over"
        ENDED = "ended", "ended"
        EXHAUSTED = "exhausted", "nobody left"

    run = models.ForeignKey("incidents.EscalationRun", on_delete=models.PROTECT, related_name="steps")
    sequence = models.PositiveIntegerField()
    part = models.PositiveSmallIntegerField(default=0, help_text="Order within one pass.")
    action = models.CharField(max_length=20, choices=Action.choices)
    at = models.DateTimeField()
    late_by = models.DurationField(null=True, help_text="How long after its due time, when that was noticeable.")
    level = models.PositiveSmallIntegerField(null=True)
    position = models.PositiveSmallIntegerField(null=True)
    person = models.ForeignKey("portal.User", null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=150, blank=True)
    actor = models.ForeignKey(
        "portal.User", null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who caused it; nobody: the engine."
    )
    actor_name = models.CharField(max_length=150, blank=True)
    deviation = models.BooleanField(default=False, help_text="It departs from the route of the policy; the reason is the rationale.")
    reason = models.TextField()
    inputs = models.JSONField(default=dict, help_text="What the decision was made from.")

    class Meta:
        ordering = ["run", "sequence", "part"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["run", "sequence", "part"], name="step_once")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.person_name}".strip()


class EscalationLook(models.Model):
    """A wish that the engine look at an incident now: written with every change of it, gone when the engine has looked.

    Only a wake-up: the watchdog's sweep finds whatever a lost one would have told.
    """

    incident = models.OneToOneField("incidents.Incident", primary_key=True, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["asked_at"], name="look_asked")]

    def __str__(self) -> str:
        return f"look at incident {self.pk}"


class EngineHeartbeat(models.Model):
    """One row: when the engine last finished looking for work."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    cycles = models.PositiveBigIntegerField(default=0)
    last_started_at = models.DateTimeField(null=True)
    last_finished_at = models.DateTimeField(null=True)
    started = models.PositiveBigIntegerField(default=0, help_text="Runs started since the installation.")
    advanced = models.PositiveBigIntegerField(default=0, help_text="Runs looked at when they were due, since the installation.")
    failed = models.PositiveBigIntegerField(default=0, help_text="Looks that failed and were tried again, since the installation.")
    late = models.PositiveBigIntegerField(default=0, help_text="Steps that came half a minute late or more, since the installation.")
    lag = models.DurationField(null=True, help_text="How long after its due time the latest due run of the last busy pass was done.")
    swept_at = models.DateTimeField(null=True, help_text="When the watchdog last looked through everything.")

    class Meta:
        default_permissions = ("view",)
        constraints = [models.CheckConstraint(name="one_heartbeat", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"{self.cycles} passes"
