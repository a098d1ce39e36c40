"""What a person can do with an incident, as buttons: the table of states says when, the rights say who."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from incidents.changes.services import link_change
from incidents.escalation import services as escalation
from incidents.handoffs.services import hand_over
from incidents.lifecycle import services
from incidents.lifecycle.states import OPEN_STATES, after
from incidents.models import HandOff, Incident
from incidents.problems.services import link_problem
from portal.foundation.adminkit.verbs import Verb

from .forms import ChangeForm, DetailsForm, FactsForm, HandOverForm, ProblemForm, ReadingForm
from .freezes import FREEZE
from .mandates import USE_MANDATE
from .orders import ORDERS
from .postmortems import OPEN_POST_MORTEM
from .tracks import TRACK_VERBS


def _from_state(verb: str) -> Callable[[Incident], bool]:
    return lambda incident: incident.origin != Incident.Origin.IMPORTED and after(incident.state, verb) is not None


def _open(incident: Incident) -> bool:
    return incident.origin != Incident.Origin.IMPORTED and incident.state in OPEN_STATES


def _our_own(incident: Incident) -> bool:
    return incident.origin != Incident.Origin.IMPORTED


def _acknowledgeable(incident: Incident) -> bool:
    return _from_state("acknowledge")(incident)


def _note(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Any:
    return services.add_note(incident, actor=actor, now=now, text=reason)


def _reading(incident: Incident, *, actor: Any, now: datetime, reason: str, **data: Any) -> Any:
    return services.record_reading(incident.service, actor=actor, now=now, observed_at=now, incident=incident, **data)


def _handed_over(outcome: Any) -> str:
    if isinstance(outcome, HandOff):
        return f"Offered to {outcome.receiver or outcome.team}. {outcome.giver} has it until it is accepted."
    return "Handed over."


ACKNOWLEDGE = Verb(
    key="acknowledge",
    label="Acknowledge",
    run=escalation.acknowledge,
    permission="incidents.acknowledge_incident",
    need="nothing",
    possible=_acknowledgeable,
    look="primary",
    done="You have it. Paging has stopped.",
)
RESOLVE = Verb(
    key="resolve",
    label="Resolve",
    run=escalation.resolve,
    permission="incidents.resolve_incident",
    possible=_from_state("resolve"),
    consequence="The escalation ends and nobody is alerted any more; only an open legal and compliance track goes on.",
    ask="What restored the service? It is the first thing the review will read.",
    done="Resolved.",
)
NOTE = Verb(
    key="note",
    label="Add note",
    run=_note,
    permission="incidents.note_incident",
    ask="What you found or did. Everybody on the incident reads it.",
)
VERBS = (
    ACKNOWLEDGE,
    *ORDERS,
    RESOLVE,
    NOTE,
    Verb(
        key="hand-over",
        label="Hand over",
        run=hand_over,
        permission="incidents.change_incident",
        need="perhaps words",
        form=HandOverForm,
        possible=_open,
        consequence="Whoever has acknowledged it keeps it until the other side accepts, and both sign. While nobody has acknowledged, choose "
        "who works on it from now on. An offer stops no alert; accepting it does.",
        ask="What the next one has to know: what was done, what is open, what comes next. Needed for an offer.",
        done=_handed_over,
    ),
    Verb(
        key="reading",
        label="Add reading",
        run=_reading,
        permission="incidents.add_impactreading",
        need="nothing",
        form=ReadingForm,
        possible=_open,
        consequence="The value is held against the thresholds of the pinned policy version. It can make the severity worse, never better.",
        done="Reading recorded.",
    ),
    Verb(
        key="facts",
        label="Mark or tell facts",
        run=services.set_facts,
        permission="incidents.change_incident",
        form=FactsForm,
        possible=_our_own,
        consequence="A marker starts the legal and compliance track at once and is never taken away again. What the business loses can raise "
        "the priority and the level that is alerted.",
        ask="How do you know?",
        done="Noted.",
    ),
    Verb(
        key="problem",
        label="Link problem",
        run=link_problem,
        permission="incidents.add_incidentproblem",
        need="perhaps words",
        form=ProblemForm,
        ask="How you know. May stay empty.",
        done="Linked.",
    ),
    Verb(
        key="change",
        label="Link change",
        run=link_change,
        permission="incidents.add_incidentchange",
        need="perhaps words",
        form=ChangeForm,
        ask="How you know. May stay empty.",
        done="Linked.",
    ),
    Verb(
        key="hold",
        label="Put on hold",
        run=services.hold,
        permission="incidents.change_incident",
        possible=_from_state("hold"),
        consequence="Work pauses. The resolution milestone goes on.",
        ask="What is it waiting for?",
        done="On hold.",
    ),
    Verb(
        key="resume",
        label="Resume work",
        run=services.resume,
        permission="incidents.change_incident",
        need="nothing",
        possible=_from_state("resume"),
        done="Work goes on.",
    ),
    Verb(
        key="details",
        label="Correct details",
        run=services.correct,
        permission="incidents.change_incident",
        form=DetailsForm,
        possible=_open,
        consequence="Impact and urgency give the priority anew. The severity follows readings and is not changed here.",
        ask="What was understood wrongly before?",
        done="Corrected.",
    ),
    Verb(
        key="reopen",
        label="Reopen",
        run=services.reopen,
        permission="incidents.resolve_incident",
        possible=_from_state("reopen"),
        consequence="It counts as reopened in the quarterly review.",
        ask="What came back?",
        done="Reopened.",
    ),
    Verb(
        key="close",
        label="Close",
        run=services.close,
        permission="incidents.resolve_incident",
        need="perhaps words",
        possible=_from_state("close"),
        consequence="The resolution is confirmed. A closed incident cannot be reopened.",
        ask="Who confirmed it? May stay empty.",
        done="Closed.",
    ),
    Verb(
        key="cancel",
        label="Cancel",
        run=escalation.cancel,
        permission="incidents.resolve_incident",
        possible=_from_state("cancel"),
        look="danger",
        consequence="Nobody is alerted any more, except on an open legal and compliance track. Use it for false alarms and duplicates only; it cannot be undone.",
        ask="Why is it no incident?",
        done="Cancelled.",
    ),
    USE_MANDATE,
    FREEZE,
    OPEN_POST_MORTEM,
    *TRACK_VERBS,
)
MAIN = ("acknowledge", "escalate", "resolve", "note")
