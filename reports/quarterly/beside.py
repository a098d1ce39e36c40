"""What else was looked at in the quarter, and what departed from the rules: policy and access reviews, log reviews, exceptions, broken glass.

Read once when a review opens and kept with it. Nobody is named: numbers, policies and periods are enough, and names can be erased.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from audit.models import AccessCampaign, DutyException, Elevation, ReviewItem, ReviewPeriod
from audit.reviews.states import PeriodState
from incidents.models import MandateUse
from policies.governance.queries import in_force_everywhere
from policies.models import ExceptionRule, PolicyReview, PolicyVersion, UrgentPublication
from portal.foundation.words import counted, listed
from reports.packs.quarters import Quarter

# More lines than these are read by nobody; the sentence has the numbers of all.
MOST_LINES = 40
YEAR = timedelta(days=365)
Units = Sequence[int] | None


def gathered(quarter: Quarter, units: Units, now: datetime) -> dict[str, Any]:
    """Blocks in the order of the page: title, a sentence, lines. A constant number of queries."""
    end = min(quarter.end, now)
    blocks = (
        _policy_reviews(quarter, units, end),
        _annual_revision(quarter, units, end),
        _access_reviews(quarter, end),
        _log_reviews(quarter, end),
        _exceptions(quarter, units, end),
        _broken_glass(quarter, units, end),
    )
    return {"blocks": [block for block in blocks if block]}


def _policy_reviews(quarter: Quarter, units: Units, end: datetime) -> dict[str, Any]:
    touched = (
        Q(opened_at__lt=end, opened_at__gte=quarter.start) | Q(signed_at__gte=quarter.start, signed_at__lt=end) | Q(period=str(quarter))
    )
    late = Q(due_at__lte=end) & (Q(signed_at=None) | Q(signed_at__gt=end))
    quarterly = PolicyReview.objects.filter(touched | late).exclude(kind=PolicyReview.Kind.POLICY)
    rows = list(_of_policies(quarterly, "policy__", units).defer("evidence").select_related("policy"))
    rows.sort(key=lambda row: (str(row.policy), row.kind, row.period))
    signed = [row for row in rows if row.signed_at is not None and row.signed_at < end]
    overdue = [row for row in rows if row.due_at <= end and (row.signed_at is None or row.signed_at > end)]
    words = (
        f"{counted(len(rows), 'review of thresholds belongs', 'reviews of thresholds belong')} to the quarter: "
        f"{len(signed):,} signed{_decided(signed)}, {len(overdue):,} overdue."
        if rows
        else "No review of thresholds belongs to the quarter."
    )
    lines = [f"{row.policy}, {row.get_kind_display()} of {row.period}: {_state_of(row, end)}" for row in rows]
    return _block("policy_reviews", "Reviews of thresholds", words, lines)


def _annual_revision(quarter: Quarter, units: Units, end: datetime) -> dict[str, Any]:
    """What of the annual revision was due in the quarter, done in it, or overdue at its end; and which policies in force had none for a year."""
    open_at_end = Q(signed_at=None) | Q(signed_at__gte=end)
    wanted = Q(due_at__gte=quarter.start, due_at__lt=quarter.end) | Q(signed_at__gte=quarter.start, signed_at__lt=end)
    wanted |= Q(due_at__lt=end) & open_at_end
    annual = PolicyReview.objects.filter(kind=PolicyReview.Kind.POLICY, opened_at__lt=end)
    rows = list(_of_policies(annual.filter(wanted), "policy__", units).defer("evidence").select_related("policy"))
    rows.sort(key=lambda row: (row.due_at, str(row.policy), row.period))
    due = sum(quarter.start <= row.due_at < quarter.end for row in rows)
    done = [row for row in rows if row.signed_at is not None and quarter.start <= row.signed_at < end]
    late = sum(row.due_at < end and not _signed_by(row.signed_at, end) for row in rows)
    revised = set(annual.filter(signed_at__gte=end - YEAR, signed_at__lt=end).values_list("policy", flat=True))
    opened = set(annual.filter(open_at_end).values_list("policy", flat=True))
    a_year_ago = PolicyVersion.objects.filter(pk__in=in_force_everywhere(end - YEAR)).values("policy")
    in_force = PolicyVersion.objects.filter(pk__in=in_force_everywhere(end), policy__in=a_year_ago).select_related("policy")
    without = sorted({str(each.policy) for each in _of_policies(in_force, "policy__", units) if each.policy_id not in revised | opened})
    looked_at = (
        f"{counted(due, 'revision was', 'revisions were')} due in the quarter, {len(done):,} signed in it{_decided(done)}, {late:,} overdue at its end."
        if rows
        else "No revision was due or signed in the quarter, and none was overdue at its end."
    )
    never = (
        f"Of the policies in force for more than a year {len(without):,} had no revision within the last year and none that is open."
        if without
        else "No policy in force for more than a year is without a revision within the last year or an open one."
    )
    lines = [
        *(f"{row.policy}, revision of {row.period}, due {row.due_at:%Y-%m-%d}: {_state_of(row, end)}" for row in rows),
        *(f"{name}: no revision within the last year" for name in without),
    ]
    return _block("annual_revision", "Annual revision of policies", f"{looked_at} {never}", lines)


def _decided(rows: Sequence[PolicyReview]) -> str:
    """' (2 to change and 1 to keep as it is)', '' for none."""
    decisions = [f"{number:,} to {name}" for name, number in sorted(Counter(row.get_decision_display() for row in rows).items())]
    return f" ({listed(decisions)})" if decisions else ""


def _state_of(row: PolicyReview, end: datetime) -> str:
    if row.signed_at is not None and row.signed_at < end:
        return f"signed, {row.get_decision_display()}"
    return "overdue" if row.due_at <= end else "open"


def _access_reviews(quarter: Quarter, end: datetime) -> dict[str, Any]:
    touched = Q(opened_at__gte=quarter.start, opened_at__lt=end) | Q(signed_at__gte=quarter.start, signed_at__lt=end)
    touched |= Q(signed_at=None, opened_at__lt=end)
    rows = AccessCampaign.objects.filter(touched).defer("snapshot").annotate(
        asked=Count("items"), removed=Count("items", filter=Q(items__removed_at__isnull=False))
    )  # fmt: skip
    found = list(rows.order_by("opened_at", "pk"))
    signed = sum(_signed_by(row.signed_at, end) for row in found)
    words = (
        f"{counted(len(found), 'access review')}, {signed:,} signed; of {sum(row.asked for row in found):,} items "
        f"{sum(row.removed for row in found):,} were taken away."
        if found
        else "No access review was open or signed in the quarter."
    )
    lines = [
        f"{row}: {'signed' if _signed_by(row.signed_at, end) else 'overdue' if row.due_at <= end else 'open'}, {row.asked:,} items, {row.removed:,} taken away"
        for row in found
    ]
    return _block("access_reviews", "Access reviews, of the whole organisation", words, lines)


def _log_reviews(quarter: Quarter, end: datetime) -> dict[str, Any]:
    periods = list(
        ReviewPeriod.objects.filter(until__gt=quarter.start, since__lt=end).select_related("plan").order_by("plan__name", "since")
    )
    judged = dict(
        ReviewItem.objects.filter(period__in=periods).exclude(mark="").order_by().values_list("period").annotate(number=Count("pk"))
    )  # fmt: skip
    signed = sum(period.state == PeriodState.SIGNED for period in periods)
    entries, drawn = (sum(getattr(period, name) for period in periods) for name in ("entries", "drawn"))
    words = (
        f"{counted(len(periods), 'review of the audit trail covers', 'reviews of the audit trail cover')} days of the quarter, {signed:,} signed. "
        f"Of {entries:,} entries {drawn:,} were drawn and {sum(judged.values()):,} judged."
        if periods
        else "No review of the audit trail covers days of the quarter."
    )
    lines = [f"{period}: {period.state}, {judged.get(period.pk, 0):,} of {period.drawn:,} drawn entries judged" for period in periods]
    return _block("log_reviews", "Coverage of the log reviews, of the whole organisation", words, lines)


def _exceptions(quarter: Quarter, units: Units, end: datetime) -> dict[str, Any]:
    given = DutyException.objects.filter(given_at__gte=quarter.start, given_at__lt=end).count()
    counting = DutyException.objects.filter(given_at__lt=end, until__gte=end.date()).filter(Q(ended_at=None) | Q(ended_at__gt=end)).count()
    rules = ExceptionRule.objects.filter(version__in=in_force_everywhere(end)).select_related("version__policy").order_by("name", "pk")
    found = list(_of_policies(rules, "version__policy__", units))
    late = [rule for rule in found if rule.review_on < end.date()]
    duties = (
        f"{counted(given, 'exception')} from separation of duties given, {counting:,} counting when the figures were read."
        if given or counting
        else "No exception from separation of duties was given or counted."
    )
    thresholds = (
        f"{counted(len(found), 'rule starts', 'rules start')} an escalation whatever the thresholds say, {len(late):,} of them past the day of their review."
        if found
        else "No rule starts an escalation whatever the thresholds say."
    )
    lines = [
        f"{rule.name} ({rule.version.policy}): review by {rule.review_on.isoformat()}{', overdue' if rule in late else ''}"
        for rule in found
    ]
    return _block("exceptions", "Exceptions", f"{duties} {thresholds}", lines)


def _broken_glass(quarter: Quarter, units: Units, end: datetime) -> dict[str, Any]:
    taken = list(Elevation.objects.filter(started_at__gte=quarter.start, started_at__lt=end).order_by("started_at", "pk"))
    mandates = (
        MandateUse.objects.filter(used_at__gte=quarter.start, used_at__lt=end).exclude(incident__origin="drill").select_related("incident")
    )
    if units is not None:
        mandates = mandates.filter(incident__service__business_unit__in=units)
    used = list(mandates.order_by("used_at", "pk"))
    urgent = UrgentPublication.objects.filter(published_at__gte=quarter.start, published_at__lt=end).select_related("version__policy")
    published = list(_of_policies(urgent, "version__policy__", units).order_by("published_at", "pk"))
    everything = [*taken, *used, *published]
    waiting = sum(row.reviewed_at is None for row in everything)
    refused = sum(row.verdict in {"unjustified", "not_justified"} for row in everything)
    words = (
        f"{counted(len(taken), 'role was', 'roles were')} taken for minutes, {counted(len(used), 'mandate was', 'mandates were')} used in incidents, "
        f"{counted(len(published), 'version was', 'versions were')} published at once. {waiting:,} not reviewed yet, {refused:,} judged not justified."
        if everything
        else "No role was taken for minutes, no mandate was used, and no version was published at once."
    )
    lines = [
        *(f"{row.started_at:%Y-%m-%d}: the role {row.role_title} was taken; {_judged(row)}" for row in taken),
        *(f"{row.used_at:%Y-%m-%d}: {row.get_mandate_display()}, {row.incident.number}; {_judged(row)}" for row in used),
        *(f"{row.published_at:%Y-%m-%d}: {row.version} published at once; {_judged(row)}" for row in published),
    ]
    return _block("broken_glass", "Break-glass uses", words, lines)


def _judged(row: Any) -> str:
    return str(row.get_verdict_display()) if row.verdict else "not reviewed yet"


def _signed_by(at: datetime | None, end: datetime) -> bool:
    return at is not None and at < end


def _of_policies(rows: QuerySet[Any], way: str, units: Units) -> QuerySet[Any]:
    if units is None:
        return rows
    return rows.filter(Q(**{f"{way}business_unit__in": units}) | Q(**{f"{way}service__business_unit__in": units}))


def _block(key: str, title: str, words: str, lines: list[str]) -> dict[str, Any]:
    more = len(lines) - MOST_LINES
    return {"key": key, "title": title, "words": words, "lines": [*lines[:MOST_LINES], *((f"… and {more:,} more",) if more > 0 else ())]}
