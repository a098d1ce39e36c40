"""A quarterly review as its page shows it: numbers with what is behind them, findings with what hangs on them, signatures in order."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents.models import Incident
from portal.foundation import words
from portal.foundation.access.checks import may, visible_to
from portal.foundation.adminkit.moments import moment
from reports.models import QuarterlyAction, QuarterlyFinding, QuarterlyReview
from reports.quarterly import escalated
from reports.quarterly.behind import KEYS
from reports.quarterly.changes import compared
from reports.quarterly.chapter import restated_in_words
from reports.quarterly.opening import units_changed
from reports.quarterly.people_only import DECIDE, PREPARE, SIGN
from reports.quarterly.queries import agreed_in, from_last_time, sent_back
from reports.quarterly.signing import of_round, why_not_signed, why_not_submitted
from reports.quarterly.states import DecisionState, FindingState, ReviewState

from .pack_making import making_of_review

LOOKS = {ReviewState.SIGNED: "done", ReviewState.SIGNING: "open", ReviewState.PREPARING: "open", ReviewState.PROVISIONAL: "open"}
FINDING_WORDS = {FindingState.PROPOSED: "to be judged", FindingState.ACCEPTED: "accepted", FindingState.DISMISSED: "dismissed"}
DECISION_WORDS = {DecisionState.TO_TAKE: "to be taken", DecisionState.TAKEN: "taken", DecisionState.DROPPED: "dropped"}
SHOWN_INCIDENTS = 12
SEE_PACKS = "reports.view_quarterlypack"


def feedback_page(review: QuarterlyReview) -> str:
    """Where the feedback of the quarter that counts is listed; of a unit with parts, that of the whole organisation."""
    quarter = review.of
    asked = {"given_on__gte": quarter.start.date().isoformat(), "given_on__lt": quarter.end.date().isoformat(), "is": "counting"}
    of_unit = {"service__business_unit__id__exact": review.unit_id} if review.unit_id and len(review.units) == 1 else {}
    return f"{reverse('admin:incidents_feedback_changelist')}?{urlencode({**asked, **of_unit})}"


def badge(look: str, text: str) -> SafeString:
    return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, text)


def state_badge(review: QuarterlyReview, now: datetime) -> SafeString:
    """'provisional', 'being prepared', 'waits for signatures', 'overdue', 'signed'."""
    if not review.is_signed and review.state != ReviewState.PROVISIONAL and review.due_at <= now:
        return badge("late", f"overdue, {review.get_state_display()}")
    return badge(LOOKS[ReviewState(review.state)], str(review.get_state_display()))


def page_of(thing: Any) -> str:
    return reverse(f"admin:reports_{thing._meta.model_name}_change", args=[thing.pk])


def shown(review: QuarterlyReview, reader: Any, now: datetime) -> dict[str, Any]:
    """Everything the page says. As many queries however many findings, decisions and actions."""
    figures, steps = review.figures, list(of_round(review)) if review.state in (ReviewState.SIGNING, ReviewState.SIGNED) else []
    findings = list(review.findings.select_related("judged_by", "made_by"))
    actions = agreed_in(review)
    prepares, decides = may(reader, PREPARE, review), may(reader, DECIDE, review)
    at_work = review.is_open_to_change
    numbers = _numbers_seen(findings, reader)
    return {
        **making_of_review(review, reader, now),
        "state_badge": state_badge(review, now),
        "provisional": review.state == ReviewState.PROVISIONAL,
        "unit_note": units_changed(review),
        "now": now,
        "sent_back": sent_back(review),
        "blocked": why_not_submitted(review) if prepares and review.state == ReviewState.PREPARING else "",
        "refusal": why_not_signed(review, reader) if review.state == ReviewState.SIGNING and may(reader, SIGN, review) else "",
        "restated": restated_in_words(review),
        "former": review.restates,
        "newer": QuarterlyReview.objects.filter(restates=review).first(),
        "highlights": figures.get("highlights", []),
        "portal_summary": figures.get("summary", []),
        "changes": [(change, change.key in KEYS) for change in compared(figures.get("metrics", {}), figures.get("before", {}))],
        "escalated": [
            (change, _escalated_page(review, at) if figures["escalated"][change.key] else "")
            for change, at in escalated.compared(figures["escalated"], figures["escalated_before"])
        ]
        if "escalated" in figures
        else None,
        "may_see_conformance": may(reader, SEE_PACKS),
        "before_is": figures.get("before_is", ""),
        "quarter_before": review.of.previous.words,
        "findings": [_finding(each, actions, numbers, at_work and prepares) for each in findings],
        "decisions": [
            (each, DECISION_WORDS[DecisionState(each.state)], "done" if each.decided_at else "open")
            for each in review.decisions.select_related("finding", "decided_by")
        ],
        "may_prepare": at_work and prepares,
        "may_decide": at_work and decides,
        "last_time": [action_shown(each, now) for each in from_last_time(review)],
        "actions": [action_shown(each, now) for each in actions],
        "blocks": review.beside.get("blocks", []),
        "agenda": review.agenda.splitlines(),
        "signatures": [(each, moment(each.at, now)) for each in steps],
        "earlier_signatures": review.signatures.exclude(by=None).exclude(round=review.round if steps else 0).count(),
        "cut_off": moment(review.known_until, now),
    }


def _escalated_page(review: QuarterlyReview, behind: str) -> str:
    """Where the incidents behind a figure of escalations are listed, as they are known now; '' for nowhere."""
    if not behind:
        return ""
    if behind == escalated.CONFORMANCE:
        return f"{reverse('admin:reports_conformance_changelist')}?{urlencode({'quarter': review.quarter})}"
    of = {"of": f"unit:{review.unit_id}"} if review.unit_id else {}
    return f"{reverse('admin:reports_figures_behind')}?{urlencode({'quarter': review.quarter, **of, 'figure': behind})}"


def action_shown(action: QuarterlyAction, now: datetime) -> dict[str, Any]:
    late = late_words(action, now)
    gone = action.is_open and not action.owner.is_active
    look = "late" if late or gone else "open" if action.is_open else "done"
    return {"row": action, "page": page_of(action), "badge": badge(look, "its owner left" if gone else late or action.state)}


def late_words(action: QuarterlyAction, now: datetime) -> str:
    """'overdue by 3 days'; empty for a settled one and one that has time."""
    days = (now.date() - action.due_on).days
    return f"overdue by {words.counted(days, 'day')}" if action.is_open and days > 0 else ""


def _finding(finding: QuarterlyFinding, actions: list[QuarterlyAction], numbers: dict[str, int], may_judge: bool) -> dict[str, Any]:
    state = FindingState(finding.state)
    shown_numbers = finding.incidents[:SHOWN_INCIDENTS]
    return {
        "row": finding,
        "badge": badge(
            "open" if state is FindingState.PROPOSED else "done", FINDING_WORDS[state] + (", reworded" if finding.reworded else "")
        ),
        "incidents": [
            (number, reverse("admin:incidents_incident_change", args=[numbers[number]]) if number in numbers else "")
            for number in shown_numbers
        ],
        "more": len(finding.incidents) - len(shown_numbers),
        "actions": [action for action in actions if action.finding_id == finding.pk],
        "to_judge": may_judge,
        "to_accept": may_judge and state is not FindingState.ACCEPTED,
    }


def _numbers_seen(findings: list[QuarterlyFinding], reader: Any) -> dict[str, int]:
    """Keys of the incidents that are shown and that this reader may open, by number. One query."""
    wanted = {number for finding in findings for number in finding.incidents[:SHOWN_INCIDENTS]}
    if not wanted:
        return {}
    seen = visible_to(reader, Incident.objects.filter(number__in=wanted), "incidents.view_incident")
    return dict(seen.values_list("number", "pk"))
