"""What the last check of the duty ahead found, kept until the next one."""

from django.db import models

from .findings import Kind


class CoverageRun(models.Model):
    """One check of every schedule for the days ahead: asked for by somebody, or by the clock."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting for a worker"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    requested_by = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, help_text="The last sign of life of the worker.")
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(default=0, help_text="Schedules to look at.")
    processed = models.PositiveIntegerField(default=0, help_text="Schedules looked at.")
    failure = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        default_permissions = ("view",)
        permissions = [("check_coverage", "Can have the duty ahead checked")]

    def __str__(self) -> str:
        return f"check of {self.requested_at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_live(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class ScheduleCoverage(models.Model):
    """How a schedule stands for the days ahead, as the last check saw it."""

    schedule = models.OneToOneField("policies.OnCallSchedule", on_delete=models.CASCADE, related_name="coverage")
    computed_at = models.DateTimeField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    problems = models.PositiveIntegerField(default=0, help_text="Findings that are more than a note.")
    notes = models.PositiveIntegerField(default=0)
    uncovered = models.DurationField(help_text="Time with nobody on duty, in which no other schedule of the team has anybody either.")

    class Meta:
        default_permissions = ("view",)
        permissions = [("view_duty_hours", "Can see everybody's hours on duty")]

    def __str__(self) -> str:
        return f"coverage of {self.schedule}"


class CoverageFinding(models.Model):
    """Something that the last check found, of a schedule, a team or a service, with the first of its times."""

    kind = models.CharField(
        max_length=12,
        choices=[
            (Kind.NO_DUTY.value, "no schedule at all"),
            (Kind.TEAM_GAP.value, "nobody of the team on duty"),
            (Kind.GAP.value, "nobody on duty"),
            (Kind.LEFT.value, "left, and on duty"),
            (Kind.UNREACHABLE.value, "cannot be reached"),
            (Kind.ONLY_EMAIL.value, "reached by e-mail only"),
            (Kind.UNVERIFIED.value, "contact never verified"),
            (Kind.EXPIRED.value, "contact to be verified again"),
            (Kind.DOUBLE.value, "on duty twice at once"),
            (Kind.ABSENT.value, "away, somebody else is there"),
            (Kind.COVERED_GAP.value, "another schedule of the team is on duty"),
        ],
    )
    weight = models.PositiveSmallIntegerField(help_text="1 is the worst.")
    schedule = models.ForeignKey("policies.OnCallSchedule", null=True, on_delete=models.CASCADE, related_name="findings")
    other = models.ForeignKey("policies.OnCallSchedule", null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("policies.Team", null=True, on_delete=models.CASCADE, related_name="coverage_findings")
    service = models.ForeignKey("policies.Service", null=True, on_delete=models.CASCADE, related_name="coverage_findings")
    person = models.ForeignKey("portal.User", null=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(null=True, help_text="When it is the case first.")
    until = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=0, help_text="How often within the days looked at.")
    lasts = models.DurationField(null=True, help_text="All times together.")
    stretches = models.JSONField(default=list, help_text="The first of its times, each from and until.")
    services = models.PositiveIntegerField(default=0, help_text="How many services rely on the team.")

    class Meta:
        ordering = ["weight", "since", "pk"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["weight", "since"], name="coverage_worst_first")]

    def __str__(self) -> str:
        return str(self.get_kind_display())
