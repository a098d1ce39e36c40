"""What a judgement says, told twice: to people in the timeline, to machines and auditors in the event's decision."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from policies.decisions.judgement import Judgement, business_in_words, exception_in_words, tracks_for
from policies.decisions.scopes import RulesInForce, Source, Won
from policies.decisions.severity import Verdict
from policies.decisions.vocabulary import Scale, Severity
from portal.foundation.words import listed

from .grading import RulesFor, facts_of
from .models import Incident, TimelineEntry
from .timeline import add_timeline

CRITERIA = "severity criteria"


def tell_judgement(
    incident: Incident, judgement: Judgement, found: RulesFor, *, known: Judgement | None = None, actor: Any, now: datetime
) -> None:
    """What the rules make of `incident` beyond its severity: exceptions, business impact. What `known` had already is not told again."""
    for rule in judgement.exceptions:
        if known is None or rule not in known.exceptions:
            words = exception_in_words(rule)
            text = f"Exception '{rule.name}' ({words}): starts at level {rule.start_level}, whatever the thresholds say"
            why = f"{rule.rationale} {_says(found.rules, 'exceptions', rule)}, owned by {rule.owner}"
            data = {"exception": rule.name, "start_level": rule.start_level}
            _graded(incident, text, why, data, actor, now)
    told = incident.impact or Scale.MEDIUM
    if judgement.impact >= told or (known is not None and known.impact == judgement.impact and known.business == judgement.business):
        return
    for business in judgement.business:
        if business.impact == judgement.impact:
            text = f"Impact counts as {_scale(judgement.impact)}, not {_scale(told)} as told: {business_in_words(business)}"
            why = f"Rule '{business.name}'. {_says(found.rules, 'business', business)}"
            _graded(incident, text, why, {"impact": int(judgement.impact), "rule": business.name}, actor, now)


def tell_grade(incident: Incident, verdict: Verdict, found: RulesFor, *, actor: Any, now: datetime) -> None:
    """'Severity set to SEV2 major: Failed transactions 7.2 % is at least 5 %', with the threshold as the why."""
    reasons = "; ".join(verdict.reasons)
    why = f"Threshold '{verdict.threshold}' of {_supplier(found.rules, CRITERIA)}"
    data = {"severity": verdict.severity.value, "start_level": incident.start_level, "reasons": list(verdict.reasons)}
    raised = f"; starts at level {incident.start_level}" if incident.start_level > verdict.start_level else ""
    _graded(incident, f"Severity set to {verdict.severity.label}: {reasons}{raised}", why, data, actor, now)


def followed_in_words(incident: Incident, found: RulesFor) -> str:
    """Which versions the incident follows: 'Follows Cards v3, the version in force', or who supplies which part."""
    suppliers: dict[Source, list[str]] = {}
    for won in found.rules.won:
        suppliers.setdefault(won.source, []).append(won.part)
    if not found.versions:
        return f"No policy is in force for {incident.service.name}: nobody will be alerted automatically"
    if len(found.versions) == 1:
        return f"Follows {found.versions[0]}, the version in force"
    said = listed([f"{source.name} ({listed(parts)})" for source, parts in suppliers.items()])
    return f"Follows {said}: of the versions in force the narrowest that says something"


def parts_of(rules: RulesInForce) -> list[dict[str, Any]]:
    """Part by part which version supplies the rules, and why it does."""
    return [{"part": won.part, "version_id": won.source.version_id, "version": won.source.name, "why": won.why} for won in rules.won]


def decision_on(incident: Incident, judgement: Judgement, found: RulesFor) -> dict[str, Any]:
    """What was judged and by which rules, as the audit event keeps it."""
    severity = Severity(incident.severity) if incident.severity else None
    decision: dict[str, Any] = {
        "priority": f"impact {int(judgement.impact)}, urgency {incident.urgency} give P{judgement.priority}",
        "start_level": incident.start_level,
        "tracks": [track.value for track in tracks_for(found.content, facts_of(incident), severity)],
    }
    if found.followed is not None:
        version = found.followed
        decision["policy_version"] = {"id": version.pk, "number": version.number, "content_sha256": version.content_sha256}
        decision["rules"] = parts_of(found.rules)
        decision["contents"] = {str(version): version.content_sha256 for version in found.versions}
    if judgement.verdict:
        verdict = judgement.verdict
        decision["severity"] = {"value": verdict.severity.value, "threshold": verdict.threshold, "reasons": list(verdict.reasons)}
    if judgement.exceptions:
        decision["exceptions"] = list(_exceptions(judgement, found.rules))
    if judgement.business:
        decision["business_impact"] = [
            {"rule": rule.name, "says": business_in_words(rule), "version": _speaker(found.rules, "business", rule)}
            for rule in judgement.business
        ]
    return decision


def regraded(was: str, verdict: Verdict, found: RulesFor) -> dict[str, Any]:
    """The decision on a reading that worsened an incident of severity `was`."""
    supplier = _won(found.rules, CRITERIA)
    by = {"version": supplier.source.name, "version_id": supplier.source.version_id, "why": supplier.why} if supplier else {}
    return {"from": was, "to": verdict.severity.value, "threshold": verdict.threshold, "reasons": list(verdict.reasons), "by": by}


def _exceptions(judgement: Judgement, rules: RulesInForce) -> Iterator[dict[str, Any]]:
    for rule in judgement.exceptions:
        yield {
            "rule": rule.name,
            "start_level": rule.start_level,
            "rationale": rule.rationale,
            "version": _speaker(rules, "exceptions", rule),
        }


def _graded(incident: Incident, text: str, why: str, data: dict[str, Any], actor: Any, now: datetime) -> None:
    add_timeline(incident, kind=TimelineEntry.Kind.GRADED, at=now, actor=actor, text=text, why=why, data=data)


def _says(rules: RulesInForce, field: str, rule: Any) -> str:
    return f"Says {_speaker(rules, field, rule)}"


def _speaker(rules: RulesInForce, field: str, rule: Any) -> str:
    source = rules.speaker(field, rule)
    return source.name if source else ""


def _won(rules: RulesInForce, part: str) -> Won | None:
    return next((won for won in rules.won if won.part == part), None)


def _supplier(rules: RulesInForce, part: str) -> str:
    """'Cards v3', and why it is that one where several say something."""
    won = _won(rules, part)
    if won is None:
        return ""
    return f"{won.source.name}, {won.why}" if won.beaten else won.source.name


def _scale(value: int) -> str:
    return Scale(value).label.lower()
