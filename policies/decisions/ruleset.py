"""The content of a policy version as plain values: what every decision eats."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from .measures import MeasureWords, words_of
from .vocabulary import Audience, BusinessMeasure, Comparison, Indicator, Mandate, Scale, Severity, Track


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """A measure of the organisation's own, as it was named when the version was frozen. `highest` None: values have no upper end."""

    key: str
    name: str
    unit: str
    highest: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CriterionRule:
    """One condition on one measure; value in the measure's unit. `own` is set for a measure of the organisation's own."""

    measure: str
    comparison: Comparison
    value: Decimal
    window: timedelta
    for_at_least: timedelta
    own: MeasureRule | None = field(default=None, compare=False)

    @property
    def words(self) -> MeasureWords:
        """The measure's name and unit."""
        return MeasureWords(self.own.name, self.own.unit) if self.own else words_of(self.measure)


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Conditions, combined by 'all' or 'any', and what follows when they hold."""

    name: str
    combine: str
    severity: Severity
    start_level: int
    criteria: tuple[CriterionRule, ...]
    runbook_id: int | None = None
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class BusinessRule:
    """At least `value` of a business measure means at least this impact. `currency` (ISO 4217) counts for revenue loss only."""

    name: str
    measure: BusinessMeasure
    value: Decimal
    currency: str
    impact: Scale


@dataclass(frozen=True, slots=True)
class ExceptionRule:
    """An indicator that starts an incident at a level whatever the thresholds say.

    `service_id` belongs to the indicator 'service', `label` to the indicator 'label'. Past `review_on` it goes on working.
    """

    name: str
    indicator: Indicator
    service_id: int | None
    service: str
    label: str
    start_level: int
    rationale: str
    owner_id: int
    owner: str
    review_on: date


@dataclass(frozen=True, slots=True)
class TargetRule:
    """A place in a level: a person, a schedule, a role or a team's on-call, by primary key, with the name it had."""

    position: int
    person_id: int | None
    schedule_id: int | None
    name: str
    role_id: int | None = None
    team_id: int | None = None

    @property
    def role(self) -> str:
        return "primary" if self.position == 1 else f"backup {self.position - 1}"


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A level: its window runs from its first alert to the next level; `backup_after` from one person to the next.

    `targets` stand in the order of their positions. `reminders` come this long before the window closes, the earliest first. `mandates`
    are the owner's, within `mandate_limits`, in `region`, until and including `mandate_until`.
    """

    number: int
    name: str
    kind: str
    window: timedelta
    backup_after: timedelta
    targets: tuple[TargetRule, ...]
    reminders: tuple[timedelta, ...] = ()
    owner_id: int | None = None
    owner: str = ""
    mandates: tuple[Mandate, ...] = ()
    mandate_limits: str = ""
    mandate_until: date | None = None
    region_id: int | None = None
    region: str = ""
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    runbook_id: int | None = None
    runbook: str = ""
    needs_rca: bool = False

    def at_pace(self, percent: int) -> "LevelRule":
        """The same level with its window, its wait and its reminders at `percent` of their length."""
        window, wait, *reminders = (whole * percent / 100 for whole in (self.window, self.backup_after, *self.reminders))
        return replace(self, window=window, backup_after=wait, reminders=tuple(reminders))


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """What one severity changes of the technical pathway: where it starts, and windows and waits at `pace_percent` of their length."""

    severity: Severity
    start_level: int | None
    pace_percent: int


@dataclass(frozen=True, slots=True)
class MessageRule:
    """A message's template for one audience at one level of a track; level 0 is every level that has none of its own."""

    track: Track
    level: int
    audience: Audience
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class AnnouncementRule:
    """Who speaks to an audience about incidents at least this severe: within which time, how often, on which channels."""

    severity: Severity
    audience: Audience
    person_id: int | None
    role_id: int | None
    speaker: str
    channels: tuple[str, ...]
    first_within: timedelta
    repeat_every: timedelta | None


@dataclass(frozen=True, slots=True)
class PolicySnapshot:
    """The content of one policy version, or of several composed (policies.decisions.scopes).

    `levels` is the technical track; on every track the lowest level stands first.
    The stakeholder track starts for incidents at least as severe as `stakeholder_from`. `matrix` holds (impact, urgency, priority).
    `repeats` is how often the technical track begins again before it counts as exhausted; `silent_after` how long whoever acknowledged
    it may give no sign of work.
    """

    thresholds: tuple[ThresholdRule, ...]
    levels: tuple[LevelRule, ...]
    resolve_within: timedelta | None
    stakeholder_levels: tuple[LevelRule, ...] = ()
    stakeholder_from: Severity = Severity.SEV2
    compliance_levels: tuple[LevelRule, ...] = ()
    repeats: int = 0
    business: tuple[BusinessRule, ...] = ()
    matrix: tuple[tuple[int, int, int], ...] = ()
    exceptions: tuple[ExceptionRule, ...] = ()
    severity_rules: tuple[SeverityRule, ...] = ()
    messages: tuple[MessageRule, ...] = ()
    announcements: tuple[AnnouncementRule, ...] = ()
    measures: tuple[MeasureRule, ...] = ()
    silent_after: timedelta | None = None
    _paced: dict[str, "PolicySnapshot"] = field(default_factory=dict, init=False, repr=False, compare=False)

    def levels_of(self, track: Track) -> tuple[LevelRule, ...]:
        """The levels of one track, as the version has them."""
        return {Track.TECHNICAL: self.levels, Track.STAKEHOLDER: self.stakeholder_levels, Track.COMPLIANCE: self.compliance_levels}[track]

    def on_track(self, track: Track) -> "PolicySnapshot":
        """The same content with this track's levels in the place of the technical ones. Milestone, repeats, silence and pace are the technical track's."""
        if track is Track.TECHNICAL:
            return self
        return replace(self, levels=self.levels_of(track), resolve_within=None, repeats=0, severity_rules=(), silent_after=None)

    def at_pace_of(self, severity: str) -> "PolicySnapshot":
        """The same content with the technical levels at the pace of this severity: worked out once, as every decision asks for it."""
        if not self.severity_rules:
            return self
        if severity not in self._paced:
            pace = next((rule.pace_percent for rule in self.severity_rules if rule.severity == severity), 100)
            self._paced[severity] = replace(self, levels=tuple(level.at_pace(pace) for level in self.levels), severity_rules=())
        return self._paced[severity]


NOTHING = PolicySnapshot((), (), None)
