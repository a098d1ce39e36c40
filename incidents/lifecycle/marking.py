"""Markers and business facts become known: what follows from them follows at once, and a marker never goes again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from policies.decisions.judgement import Judgement
from policies.decisions.vocabulary import Priority
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.outbox.services import restrict_waiting
from portal.foundation.words import listed

from . import checks, grading
from .facts import CONFIDENTIAL, MARKERS, GivenFacts, clean_facts, discreet_title, facts_in_words
from .frame import verb
from .models import Incident, TimelineEntry
from .telling import decision_on, tell_judgement
from .timeline import add_timeline, name_of


def set_facts(incident: Incident, *, actor: Any, now: datetime, reason: str, **facts: Unpack[GivenFacts]) -> Incident:
    """Sets the markers and business facts that are given and leaves the others; judged at once by the rules pinned at the opening.

    A marker can be set in any state, also after the end, and is never taken away; that it is confidential can be, with the right to. Raises InvalidInput, also when nothing would change,
    NotAllowed, and WrongState for business facts of an incident that has ended.
    """
    require(actor, "incidents.change_incident", incident, to="mark this incident")
    reason = checks.clean_reason(reason, what="how you know")
    with verb("incident.facts_set", incident, actor, now, reason) as running:
        wanted = clean_facts(facts, incident)
        differing = [name for name, value in wanted.items() if getattr(incident, name) != value]
        if not differing:
            raise InvalidInput("Nothing differs from what is there.")
        if incident.has_ended and not {*MARKERS, CONFIDENTIAL} >= set(differing):
            raise WrongState(f"{incident.number} is {incident.get_state_display()}; only markers can still be set. Reopen it first.")
        if CONFIDENTIAL in differing:
            _keep_close(incident, wanted[CONFIDENTIAL], actor)
        rules = grading.rules_pinned_by(incident)
        known = grading.judged(incident, rules, (), now)
        for name in differing:
            setattr(incident, name, wanted[name])
        judgement = grading.judged(incident, rules, (), now)
        grading.take_over(incident, judgement)
        running.decision = decision_on(incident, judgement, rules)
        save_tracked(incident, actor=actor, now=now, reason=reason)
        _tell(incident, differing, known, judgement, actor=actor, now=now, why=running.why)
        tell_judgement(incident, judgement, rules, known=known, actor=None, now=now)
    return incident


def _keep_close(incident: Incident, confidential: bool, actor: Any) -> None:
    """What has not left yet leaves as the incident is now. Making it an ordinary one needs a right of its own."""
    if not confidential:
        require(actor, "incidents.declassify_incident", incident, to="say that this incident is no longer confidential")
    restrict_waiting(f"incidents.incident:{incident.pk}", confidential=confidential, discreet_title=discreet_title(incident))


def _tell(incident: Incident, names: Sequence[str], known: Judgement, judgement: Judgement, *, actor: Any, now: datetime, why: str) -> None:
    marked = [MARKERS[name] for name in names if name in MARKERS]
    said = [f"marked it as {listed(marked)}"] if marked else []
    facts = facts_in_words(incident, names)
    said += [f"told {listed(facts)}"] if facts else []
    starts = len(judgement.tracks) > len(known.tracks)
    priority = f"; {Priority(judgement.priority).label} now" if judgement.priority != known.priority else ""
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.GRADED,
        at=now,
        actor=actor,
        text=f"{name_of(actor)} {listed(said)}{priority}{'. The legal and compliance track has to run' if starts else ''}",
        why=why,
        data={"set": sorted(names), "priority": judgement.priority},
    )
