"""What is done about a finding: the right is taken away, it passes until a day, or somebody judges what was done."""

from datetime import date, datetime
from typing import Any

from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState

from .checking import check_person
from .exceptions import COVER, give_exception
from .models import DutyFinding
from .pairs import EVERYTHING, Holding
from .people_only import require_person, said
from .taking import take_away

REMOVE = "audit.remove_dutyright"
OWN = "This is about yourself, so somebody else has to decide on it."
Kind, State = DutyFinding.Kind, DutyFinding.State


def holdings_named(finding: DutyFinding) -> list[Holding]:
    """By what the person holds the pair, as it was found; each can be taken away."""
    return sorted({Holding(**one) for side in ("a", "b") for one in finding.how.get(side, [])})


def cover(finding: DutyFinding, *, until: date, actor: Any, now: datetime, reason: str) -> DutyFinding:
    """Lets it pass until and with a day. Raises NotAllowed, InvalidInput, and WrongState for one that is not held any more."""
    with act("duty_finding.covered", actor=actor, now=now, subject=finding, why=reason) as running:
        finding = _locked(finding)
        if finding.kind != Kind.HOLDS or finding.state not in (State.OPEN, State.COVERED):
            raise WrongState("There is nothing to let pass: the two rights do not meet any more.")
        give_exception(finding.person, finding.pair, until=until, actor=actor, now=now, reason=reason)
        running.details = {"until": until.isoformat()}
        finding.state, finding.note = State.COVERED, said(reason)
        save_tracked(finding, actor=actor, now=now, reason=reason)
    return finding


def remove(finding: DutyFinding, *, which: str, actor: Any, now: datetime, reason: str) -> DutyFinding:
    """Takes away by what the pair is held: `which` is the place in `holdings_named`. Raises NotAllowed, InvalidInput, WrongState."""
    require_person(actor, REMOVE, to="take away a right")
    with act("duty_finding.removed", actor=actor, now=now, subject=finding, why=reason) as running:
        finding = _locked(finding)
        _refuse_own(finding, actor)
        named = {str(place): holding for place, holding in enumerate(holdings_named(finding))}
        if which not in named:
            raise InvalidInput("Choose what is taken away.", {"which": ["Choose what is taken away."]})
        running.details = {"right": named[which].right, "held": named[which].words()}
        take_away(finding.person, named[which], actor=actor, now=now, reason=reason)
        check_person(finding.person, now=now)
        finding.refresh_from_db()
        if finding.state == State.ENDED:
            finding.state, finding.closed_by, finding.note = State.REMOVED, actor, said(reason)
            save_tracked(finding, actor=actor, now=now, reason=reason)
    return finding


def judge(finding: DutyFinding, *, actor: Any, now: datetime, reason: str) -> DutyFinding:
    """Closes a finding of what was done, with what came of it. Raises NotAllowed, InvalidInput, WrongState."""
    require_person(actor, COVER, to="close a finding")
    words = said(reason)
    with act("duty_finding.judged", actor=actor, now=now, subject=finding, why=words):
        finding = _locked(finding)
        _refuse_own(finding, actor)
        if finding.kind != Kind.USED or finding.state != State.OPEN:
            raise WrongState("Only what somebody did is closed with words; what somebody holds is taken away or let pass.")
        finding.state, finding.closed_at, finding.closed_by, finding.note = State.ENDED, now, actor, words
        save_tracked(finding, actor=actor, now=now, reason=words)
    return finding


def in_words(finding: DutyFinding) -> str:
    """'Tom Berg may approve a version (by the role Approvers) and change accounts (by the role Administrators).'"""
    pair, person = finding.pair, finding.person
    if finding.kind == Kind.USED:
        return f"{person} could {pair.words_a} and {pair.words_b}, and did both on {finding.place}."
    if pair.right_a == EVERYTHING:
        return f"{person} is a superuser, who may do nearly everything."
    a, b = (", ".join(Holding(**one).words() for one in finding.how.get(side, [])) for side in ("a", "b"))
    return f"{person} may {pair.words_a} ({a}) and {pair.words_b} ({b})."


def _refuse_own(finding: DutyFinding, actor: Any) -> None:
    if finding.person_id == actor.pk:
        raise NotAllowed(OWN)


def _locked(finding: DutyFinding) -> DutyFinding:
    found: DutyFinding = DutyFinding.objects.select_for_update(of=("self",)).select_related("person", "pair").get(pk=finding.pk)
    return found
