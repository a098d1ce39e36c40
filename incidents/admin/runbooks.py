"""Runbooks put before the responder: of the level that is alerted, of the thresholds that graded, and of the service."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

from incidents.lifecycle.grading import RulesFor
from incidents.models import EscalationRun, Incident, TimelineEntry
from policies.models import Runbook
from portal.foundation.words import listed


@dataclass(frozen=True, slots=True)
class RunbookLine:
    """A runbook as shown, and why it is at hand."""

    runbook: Runbook
    why: str


def runbook_lines(incident: Incident, found: RulesFor, run: EscalationRun | None) -> list[RunbookLine]:
    """The level's first, then the thresholds', then the service's; each once. Three queries at most."""
    reasons: dict[int, list[str]] = defaultdict(list)
    content = found.content if found.versions else None
    level = (run.level if run is not None else 0) or incident.start_level
    for rule in content.levels if content is not None else ():
        if rule.number == level and rule.runbook_id is not None:
            reasons[rule.runbook_id].append(f"level {rule.number}")
    thresholds = [rule for rule in content.thresholds if rule.runbook_id is not None] if content is not None else []
    graded = _graded(incident) if thresholds else []
    for threshold in thresholds:
        if threshold.runbook_id is not None and any(why.startswith(f"Threshold '{threshold.name}' of ") for why in graded):
            reasons[threshold.runbook_id].append(f"the threshold '{threshold.name}'")
    of_service = list(incident.service.runbooks.all())
    for runbook in of_service:
        reasons[runbook.pk].append(str(incident.service))
    named = reasons.keys() - {runbook.pk for runbook in of_service}
    known = {one.pk: one for one in chain(of_service, Runbook.objects.filter(pk__in=named) if named else ())}
    return [RunbookLine(known[key], f"For {listed(why)}") for key, why in reasons.items() if key in known]


def _graded(incident: Incident) -> list[str]:
    return list(incident.timeline.filter(kind=TimelineEntry.Kind.GRADED).values_list("why", flat=True))
