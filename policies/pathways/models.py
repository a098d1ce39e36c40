"""An escalation policy and, per version, its tracks: levels with their targets, and what severities change."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from policies.catalogue.models import Service
from policies.decisions.vocabulary import Mandate, Scope, Severity, Track
from portal.foundation.base_models import tracked
from portal.foundation.people.models import validate_time_zone

from .wanted import validate_durations, validate_languages, validate_mandates, validate_words

TRACKS = [(track.value, track.label) for track in Track]
SEVERITIES = [(severity.value, severity.label) for severity in Severity]
SCOPES = [(scope.value, scope.label) for scope in Scope]
MANDATES = ", ".join(mandate.value for mandate in Mandate)


class EscalationPolicy(models.Model):
    """How incidents escalate in one scope: a service, a tier, a business unit or everywhere. What it says stands in its versions."""

    name = models.CharField(max_length=120, unique=True)
    scope = models.CharField(
        "speaks for",
        max_length=20,
        choices=SCOPES,
        default=Scope.SERVICE.value,
        help_text="Of two policies that say something about one thing, the narrower wins.",
    )
    service = models.OneToOneField("policies.Service", null=True, blank=True, on_delete=models.PROTECT, related_name="escalation_policy")
    tier = models.PositiveSmallIntegerField(choices=Service.Tier.choices, null=True, blank=True, unique=True)
    business_unit = models.OneToOneField(
        "policies.BusinessUnit", null=True, blank=True, on_delete=models.PROTECT, related_name="escalation_policy"
    )
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="Starts of its versions are told in it, e.g. Europe/Madrid.",
    )
    owner = models.ForeignKey(
        "portal.User",
        on_delete=models.PROTECT,
        related_name="owned_policies",
        help_text="Answers for this policy, and is told when an escalation ends with nobody reached.",
    )
    description = models.TextField(blank=True)
    history = tracked()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "escalation policies"
        constraints = [
            models.CheckConstraint(
                name="policy_scope_names_its_subject",
                condition=models.Q(scope="service", service__isnull=False, tier__isnull=True, business_unit__isnull=True)
                | models.Q(scope="tier", service__isnull=True, tier__isnull=False, business_unit__isnull=True)
                | models.Q(scope="business_unit", service__isnull=True, tier__isnull=True, business_unit__isnull=False)
                | models.Q(scope="global", service__isnull=True, tier__isnull=True, business_unit__isnull=True),
                violation_error_message="Name the service, the tier or the business unit that it speaks for, and only that.",
            ),
            models.UniqueConstraint(
                fields=["scope"],
                condition=models.Q(scope="global"),
                name="one_global_policy",
                violation_error_message="There is a policy for the whole organisation already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def speaks_for(self) -> str:
        """'Card payments', 'Tier 1: critical', 'Payments (business unit)', 'the whole organisation'."""
        if self.scope == Scope.SERVICE:
            return str(self.service)
        if self.scope == Scope.TIER:
            return str(Service.Tier(self.tier).label) if self.tier else ""
        return f"{self.business_unit} (business unit)" if self.scope == Scope.BUSINESS_UNIT else Scope.GLOBAL.label


class Level(models.Model):
    """One level of a version's pathway."""

    class Kind(models.TextChoices):
        FUNCTIONAL = "functional", "Functional (deeper skills)"
        HIERARCHICAL = "hierarchical", "Hierarchical (management)"

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="levels")
    track = models.CharField(max_length=20, choices=TRACKS, default=Track.TECHNICAL.value)
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(20)], help_text="1 is alerted first.")
    name = models.CharField(max_length=120, help_text="Who this is, e.g. 'First line, on call'.")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.FUNCTIONAL)
    window = models.DurationField(
        default=timedelta(minutes=15),
        help_text="From this level's first alert to the next level, e.g. 15 min.",
    )
    backup_after = models.DurationField(
        default=timedelta(minutes=5), help_text="Silence before the next person of this level is alerted, e.g. 5 min."
    )
    reminders = models.CharField(
        max_length=120,
        blank=True,
        validators=[validate_durations],
        help_text="How long before the window closes whoever was alerted is reminded, e.g. 5 min, 2 min. Empty: never.",
    )
    owner = models.ForeignKey(
        "portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Answers for this level."
    )
    mandates = models.CharField(
        "mandate",
        max_length=120,
        blank=True,
        validators=[validate_mandates],
        help_text=f"What the owner may do on their own authority, any of: {MANDATES}.",
    )
    mandate_limits = models.TextField("limits of the mandate", blank=True, help_text="e.g. up to 20,000 EUR; not the ledger.")
    mandate_until = models.DateField("mandate until", null=True, blank=True, help_text="The last day of the mandate.")
    region = models.ForeignKey(
        "policies.Region", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Where the mandate holds."
    )
    skills = models.CharField(
        "skills wanted", max_length=250, blank=True, validators=[validate_words], help_text="e.g. databases, card schemes."
    )
    languages = models.CharField(
        "languages wanted", max_length=120, blank=True, validators=[validate_languages], help_text="Codes such as en, de, pt-BR."
    )
    runbook = models.ForeignKey("policies.Runbook", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    needs_rca = models.BooleanField(
        "needs RCA", default=False, help_text="An incident that reaches this level needs a root-cause analysis."
    )
    history = tracked()

    class Meta:
        ordering = ["version", "track", "number"]
        constraints = [
            models.UniqueConstraint(fields=["version", "track", "number"], name="level_once_per_track"),
            models.CheckConstraint(
                name="level_mandate_has_an_owner_and_a_term",
                condition=models.Q(mandates="") | models.Q(owner__isnull=False, mandate_until__isnull=False),
                violation_error_message="A mandate needs an owner and a last day.",
            ),
            models.CheckConstraint(name="level_window_is_positive", condition=models.Q(window__gt=timedelta(0))),
            models.CheckConstraint(name="level_backup_after_is_positive", condition=models.Q(backup_after__gt=timedelta(0))),
        ]

    def __str__(self) -> str:
        return f"Level {self.number}: {self.name}"


class Target(models.Model):
    """Whom a level alerts: a person, whoever is on call, a role's holder. The first is the primary, the others are backups."""

    level = models.ForeignKey("policies.Level", on_delete=models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=1, help_text="1 is the primary, 2 and up are backups.")
    person = models.ForeignKey("portal.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    schedule = models.ForeignKey("policies.OnCallSchedule", null=True, blank=True, on_delete=models.PROTECT, related_name="targets")
    role_held = models.ForeignKey("policies.Role", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="role")
    team = models.ForeignKey(
        "policies.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="team's on-call"
    )
    history = tracked()

    class Meta:
        ordering = ["level", "position"]
        constraints = [
            models.UniqueConstraint(fields=["level", "position"], name="target_once_per_position"),
            models.CheckConstraint(
                name="target_is_one_of_four",
                condition=models.Q(person__isnull=False, schedule__isnull=True, role_held__isnull=True, team__isnull=True)
                | models.Q(person__isnull=True, schedule__isnull=False, role_held__isnull=True, team__isnull=True)
                | models.Q(person__isnull=True, schedule__isnull=True, role_held__isnull=False, team__isnull=True)
                | models.Q(person__isnull=True, schedule__isnull=True, role_held__isnull=True, team__isnull=False),
                violation_error_message="Choose one of: a person, a schedule, a role, a team's on-call.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.called}"

    @property
    def called(self) -> str:
        """Who that is, in words."""
        if self.team is not None:
            return f"on call in {self.team}"
        return str(self.person or self.schedule or self.role_held)

    @property
    def role(self) -> str:
        return "Primary" if self.position == 1 else f"Backup {self.position - 1}"


class SeverityOverride(models.Model):
    """What one severity changes of the technical track: it starts higher, or everything goes faster."""

    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.CASCADE, related_name="severity_overrides")
    severity = models.CharField(max_length=4, choices=SEVERITIES)
    start_level = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: as the threshold says.")
    pace_percent = models.PositiveSmallIntegerField(
        "length of windows",
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="In per cent: 50 makes windows, waits and reminders half as long.",
    )
    history = tracked()

    class Meta:
        ordering = ["version", "severity"]
        constraints = [
            models.UniqueConstraint(fields=["version", "severity"], name="severity_override_once_per_version"),
            models.CheckConstraint(name="severity_pace_is_per_cent", condition=models.Q(pace_percent__range=(1, 100))),
        ]

    def __str__(self) -> str:
        return f"{self.severity}: {self.pace_percent} %"
