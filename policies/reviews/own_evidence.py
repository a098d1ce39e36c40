"""What the policies themselves know for a review: their own changes, exceptions, mandates, services, teams, checks and replays."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from policies.catalogue.models import Service, Team
from policies.decisions.ruleset import LevelRule, PolicySnapshot
from policies.decisions.vocabulary import Scope
from policies.governance.models import PolicyVersion, UrgentPublication
from policies.governance.queries import findings_on, snapshot_of
from policies.governance.states import VersionState
from policies.oncall.models import OnCallSchedule
from policies.oncall.standing_in.models import OnCallOverride
from policies.pathways.models import EscalationPolicy
from portal.foundation.errors import PortalError
from portal.foundation.words import counted

from .evidence import Figure, Listing, Question, Section, listing
from .periods import Period

WHAT_HAPPENED = {"+": "added", "~": "changed", "-": "removed"}


def sections(question: Question) -> Sequence[Section]:
    """The policy's own evidence. A constant number of queries."""
    content, problem = _content(question.current)
    return (_changes(question), _surroundings(question, content), _now(question, content, problem))


def services_in_scope(policy: EscalationPolicy) -> Q:
    """The services that `policy` speaks for today, as a condition on services."""
    if policy.scope == Scope.GLOBAL:
        return Q()
    if policy.scope == Scope.TIER:
        return Q(tier=policy.tier)
    if policy.scope == Scope.BUSINESS_UNIT:
        return Q(business_unit=policy.business_unit_id)
    return Q(pk=policy.service_id)


def _changes(question: Question) -> Section:
    versions = PolicyVersion.objects.filter(
        policy=question.policy, state=VersionState.APPROVED.value, effective_from__gte=question.first
    ).order_by("effective_from", "number")
    started = [version for version in versions.select_related("author") if version.effective_from]
    urgent = list(
        UrgentPublication.objects.filter(version__policy=question.policy, published_at__gte=question.first)
        .select_related("version__policy", "published_by", "reviewed_by")
        .order_by("published_at")
    )
    told = [
        f"Version {version.number} from {_day(version.effective_from, question)}, by {version.author}: {version.change_reason}"
        for version in _within(started, "effective_from", question.reviewed)
    ]
    return Section(
        "changes",
        "Changes of the policy",
        (
            Figure("Versions that took effect", _counts(started, "effective_from", question)),
            Figure("Published at once, before anybody approved", _counts(urgent, "published_at", question)),
        ),
        (
            listing("Versions that took effect", told, "None: what was in force before stayed in force."),
            listing(
                "Published at once",
                [_urgent(each, question) for each in _within(urgent, "published_at", question.reviewed)],
                "Nothing was published at once.",
            ),
        ),
    )


def _urgent(published: UrgentPublication, question: Question) -> str:
    verdict = f"{published.get_verdict_display()}, says {published.reviewed_by}" if published.verdict else "not reviewed yet"
    day = _day(published.published_at, question)
    return f"Version {published.version.number} on {day} by {published.published_by}: {published.reason} ({verdict})"


def _surroundings(question: Question, content: PolicySnapshot | None) -> Section:
    """Reorganisations and technology: what changed at the services it speaks for, their teams and the schedules it names."""
    services = Service.objects.filter(services_in_scope(question.policy))
    service_ids = set(services.values_list("pk", flat=True))
    team_ids = set(services.exclude(team=None).values_list("team_id", flat=True))
    targets = [target for level in _levels(content) for target in level.targets]
    team_ids |= {target.team_id for target in targets if target.team_id}
    schedule_ids = {target.schedule_id for target in targets if target.schedule_id}
    changed = {
        "Services": _history(Service, service_ids, question),
        "Teams": _history(Team, team_ids, question),
        "On-call schedules": _history(OnCallSchedule, schedule_ids, question),
    }
    figures: tuple[Figure, ...] = tuple(
        Figure(f"{what}: changes", _counts(rows, "history_date", question)) for what, rows in changed.items()
    )
    listings = tuple(
        listing(
            f"Changes of {what[:1].lower()}{what[1:]}",
            [_change(row, question) for row in _within(rows, "history_date", question.reviewed)],
            "Nothing changed.",
        )
        for what, rows in changed.items()
    )
    overrides = Figure("On-call overrides", _overrides(schedule_ids, question), "Of the schedules that the version in force alerts.")
    return Section("surroundings", "Services, teams and schedules", (*figures, overrides), listings)


def _overrides(schedule_ids: set[int], question: Question) -> tuple[int, ...]:
    rows = OnCallOverride.objects.filter(schedule__in=schedule_ids, ends_at__gt=question.first, starts_at__lt=question.reviewed.end)
    spans = list(rows.order_by().values_list("starts_at", "ends_at"))
    return tuple(sum(start < period.end and end > period.start for start, end in spans) for period in question.periods)


def _history(model: Any, keys: set[int], question: Question) -> list[Any]:
    rows = model.history.filter(id__in=keys, history_date__gte=question.first, history_date__lt=question.reviewed.end)
    return list(rows.select_related("history_user").order_by("history_date", "history_id"))


def _change(row: Any, question: Question) -> str:
    by = f" by {row.history_user}" if row.history_user else ""
    why = f": {row.history_change_reason}" if row.history_change_reason else ""
    return f"{row.name} {WHAT_HAPPENED[row.history_type]} on {_day(row.history_date, question)}{by}{why}"


def _now(question: Question, content: PolicySnapshot | None, problem: str) -> Section:
    """What stands at this moment: findings of the checks, exceptions and mandates past their day, the last replay."""
    today = question.now.astimezone(ZoneInfo(question.policy.time_zone)).date()
    findings = [
        f"{finding.weight.label}: {finding.place}. {finding.text}"
        for finding in (findings_on(question.current, content, now=question.now) if content else ())
        if finding.weight.value != "note"
    ]
    exceptions = [
        f"{rule.name}: to be looked at by {rule.owner} until {rule.review_on:%d %b %Y}"
        for rule in (content.exceptions if content else ())
        if rule.review_on < today
    ]
    mandates = [
        f"Level {level.number} {level.name}: the mandate of {level.owner or 'nobody'} ended on {level.mandate_until:%d %b %Y}"
        for level in _levels(content)
        if level.mandate_until is not None and level.mandate_until < today
    ]
    nothing = problem or "None."
    return Section(
        "now",
        "At this moment",
        listings=(
            listing("Open findings of the checks", findings, nothing),
            listing("Exceptions whose review is overdue; they keep working", exceptions, nothing),
            listing("Mandates past their term", mandates, nothing),
            _replay(question),
        ),
    )


def _replay(question: Question) -> Listing:
    done = question.policy.versions.filter(replays__state="done").order_by("-replays__finished_at")
    told = [
        f"Version {number}, replayed on {_day(finished, question)}: {_changed(result or {})}"
        for number, finished, result in done.values_list("number", "replays__finished_at", "replays__result")[:1]
    ]
    return listing("Latest replay of one of its versions", told, "None of its versions was replayed.")


def _changed(result: dict[str, Any]) -> str:
    incidents, changed, severities = (result.get(name, 0) for name in ("incidents", "changed", "severities_changed"))
    return f"of {counted(incidents, 'incident')} {changed:,} would have gone differently, {severities:,} with another severity"


def _content(version: Any) -> tuple[PolicySnapshot | None, str]:
    if version is None:
        return None, "No version is in force."
    try:
        return snapshot_of(version), ""
    except PortalError as error:
        return None, error.message


def _levels(content: PolicySnapshot | None) -> Iterator[LevelRule]:
    if content is not None:
        yield from (*content.levels, *content.stakeholder_levels, *content.compliance_levels)


def _counts(rows: Iterable[Any], moment: str, question: Question) -> tuple[int, ...]:
    return tuple(len(_within(rows, moment, period)) for period in question.periods)


def _within(rows: Iterable[Any], moment: str, period: Period) -> list[Any]:
    return [row for row in rows if period.start <= getattr(row, moment) < period.end]


def _day(at: datetime | None, question: Question) -> str:
    return "" if at is None else f"{at.astimezone(ZoneInfo(question.policy.time_zone)):%d %b %Y}"
