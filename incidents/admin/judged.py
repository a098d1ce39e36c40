"""What the page of an incident says about its judgement: by which rules, part by part, and what they made of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from incidents.lifecycle import grading
from incidents.lifecycle.facts import facts_in_words, marked
from incidents.lifecycle.grading import RulesFor
from incidents.models import Incident
from policies.decisions.judgement import Judgement, business_in_words, exception_in_words
from policies.decisions.vocabulary import Scale


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the rules: who supplies it and why."""

    part: str
    version_id: int
    version: str
    why: str


def judged_context(incident: Incident, found: RulesFor, now: datetime) -> dict[str, Any]:
    """Markers, business facts, the parts of the rules and what they led to. No query beyond those that found the rules."""
    parts = [Part(won.part.capitalize(), won.source.version_id, won.source.name, won.why) for won in found.rules.won]
    told = incident.is_live or bool(parts)
    return {
        "markers": [*marked(incident), *(["confidential"] if incident.confidential else [])],
        "facts": _facts(incident),
        "judged_by": parts,
        "led_to": list(_led_to(incident, grading.judged(incident, found, (), now), now)) if told else [],
    }


def _facts(incident: Incident) -> list[str]:
    """Those that are told; what nobody knows is left out."""
    given = [name for name in ("labels", "revenue_loss_per_hour", "regulatory_exposure", "segment") if getattr(incident, name)]
    return [fact[:1].upper() + fact[1:] for fact in facts_in_words(incident, given)]


def _led_to(incident: Incident, judgement: Judgement, now: datetime) -> Iterator[str]:
    """Exceptions and business rules that apply, in sentences."""
    told = incident.impact or Scale.MEDIUM
    for rule in judgement.exceptions:
        overdue = ", its review is overdue" if rule.review_on < timezone.localdate(now) else ""
        yield f"Exception '{rule.name}' ({exception_in_words(rule)}) starts at level {rule.start_level}{overdue}"
    for business in judgement.business:
        if judgement.impact < told and business.impact == judgement.impact:
            yield f"Impact counts as {Scale(judgement.impact).label.lower()}: {business_in_words(business)}"
    if incident.start_level > 1:
        yield f"Its escalation starts at level {incident.start_level}"
