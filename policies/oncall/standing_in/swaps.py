"""One shift for another, or for nothing: asked by one, accepted by both, and only then an override like any other."""

from datetime import datetime
from typing import Any, NamedTuple

from audit.events.services import Act, act
from policies.decisions.rota import OverrideKind
from policies.oncall.models import OnCallSchedule
from policies.oncall.stretches import from_to, refuse, said, stretch
from policies.oncall.telling import ref, tell
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.services import cancel_waiting
from portal.foundation.people.models import User

from .models import DutySwap, OnCallOverride
from .swap_checks import Half, check_half

State = DutySwap.State


class Times(NamedTuple):
    """When a stretch begins and ends."""

    since: datetime
    until: datetime


def ask_swap(
    schedule: OnCallSchedule,
    *,
    giver: User,
    taker: User,
    gives_from: datetime,
    gives_until: datetime,
    returns_from: datetime | None = None,
    returns_until: datetime | None = None,
    actor: Any,
    now: datetime,
    reason: str,
) -> DutySwap:
    """Asks `taker` to take the giver's duty from `gives_from` until `gives_until`, for the other stretch in return or for nothing.

    Whoever asks and is one of the two has accepted by asking; the others are told. Raises NotAllowed; InvalidInput for a swap with
    oneself, times in the past, a duty that is not theirs, and somebody who left, is away or on duty then.
    """
    if actor is None or not (actor.is_active and actor.pk in (giver.pk, taker.pk)):
        require(actor, "policies.add_dutyswap", schedule, to="ask for a swap between others")
    words = said(reason, "Say in a sentence why the shift is swapped.")
    if giver.pk == taker.pk:
        refuse("A shift is swapped with somebody else. Choose another person.", "taker")
    gives = _ahead(gives_from, gives_until, now, ("gives_from", "gives_until"))
    returns = None
    if returns_from is not None and returns_until is not None:
        returns = _ahead(returns_from, returns_until, now, ("returns_from", "returns_until"))
    elif returns_from is not None or returns_until is not None:
        refuse("What is taken in return has a start and an end. Give both, or neither.", "returns_from", "returns_until")
    with act("duty_swap.asked", actor=actor, now=now, why=words) as running:
        schedule = OnCallSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
        swap = DutySwap(
            schedule=schedule, giver=giver, taker=taker, gives_from=gives.since, gives_until=gives.until,
            returns_from=returns.since if returns else None, returns_until=returns.until if returns else None,
            reason=words, asked_by=actor, asked_at=now,
            giver_accepted_at=now if actor == giver else None, taker_accepted_at=now if actor == taker else None,
        )  # fmt: skip
        for half in halves(swap):
            check_half(schedule, half, now)
        same = DutySwap.objects.filter(schedule=schedule, giver=giver, taker=taker, state=State.ASKED)
        if same.filter(gives_from__lt=gives.until, gives_until__gt=gives.since).exists():
            raise WrongState(f"{taker} was asked for this time already, and has not answered yet.")
        save_tracked(swap, actor=actor, now=now, reason=words)
        running.subject = swap
        for person in (giver, taker):
            _tell(swap, [person], "asked", f"{actor} asks for a swap on {schedule}", now, actor, ask=True)
    return swap


def accept_swap(swap: DutySwap, *, actor: Any, now: datetime) -> DutySwap:
    """Accepts for `actor`, the giver or the taker. Once both have, the duties change hands in the same transaction; both are told.

    Raises NotAllowed for anybody else; WrongState for a swap that is settled, and for one that can no longer be, because it began or the
    duties are not theirs any more: that one has lapsed then, which is recorded.
    """
    with act("duty_swap.accepted", actor=actor, now=now, subject=swap) as running:
        # The schedule first: of two swaps of one shift, the second sees what the first one did.
        schedule = OnCallSchedule.objects.select_for_update(of=("self",)).get(pk=swap.schedule_id)
        swap = _waiting(swap, "accept")
        if actor not in (swap.giver, swap.taker):
            raise NotAllowed("Only the two people whose shifts these are can accept a swap.")
        problem = _problem(swap, schedule, now)
        if problem:
            running.verb = "duty_swap.lapsed"
            _settle(swap, State.LAPSED, None, now, problem[:250], running)
            _tell(swap, [swap.giver, swap.taker], "lapsed", f"The swap on {schedule} has lapsed", now, None, problem)
        else:
            _accept(swap, actor, now, running)
    if problem:
        refused = WrongState(f"The swap has lapsed. {problem}")
        refused.recorded = True
        raise refused
    return swap


def decline_swap(swap: DutySwap, *, actor: Any, now: datetime, answer: str = "") -> DutySwap:
    """Says no for `actor`, the giver or the taker; the other one and whoever asked are told. Raises NotAllowed and WrongState."""
    spoken = " ".join(answer.split())[:250]
    with act("duty_swap.declined", actor=actor, now=now, subject=swap, why=spoken) as running:
        swap = _waiting(swap, "decline")
        if actor not in (swap.giver, swap.taker):
            raise NotAllowed("Only the two people whose shifts these are can decline a swap.")
        _settle(swap, State.DECLINED, actor, now, spoken, running)
        _tell(swap, _everybody(swap), "declined", f"{actor} declines the swap on {swap.schedule}", now, actor, spoken)
    return swap


def withdraw_swap(swap: DutySwap, *, actor: Any, now: datetime, reason: str = "") -> DutySwap:
    """Takes a swap back that waits for an answer: whoever asked may, and managers. Raises NotAllowed and WrongState."""
    if actor is None or not (actor.is_active and actor.pk == swap.asked_by_id):
        require(actor, "policies.change_dutyswap", swap, to="withdraw a swap that somebody else asked for")
    spoken = " ".join(reason.split())[:250]
    with act("duty_swap.withdrawn", actor=actor, now=now, subject=swap, why=spoken) as running:
        swap = _waiting(swap, "withdraw")
        _settle(swap, State.WITHDRAWN, actor, now, spoken, running)
        _tell(swap, _everybody(swap), "withdrawn", f"The swap on {swap.schedule} was withdrawn", now, actor, spoken)
    return swap


def lapse_swaps(*, now: datetime) -> int:
    """Lets every swap lapse whose first shift began unanswered, and tells both people; how many. A second call finds nothing to do."""
    begun = DutySwap.objects.filter(state=State.ASKED, gives_from__lte=now) | DutySwap.objects.filter(
        state=State.ASKED, returns_from__lte=now
    )
    return sum(_lapse(key, now) for key in list(begun.values_list("pk", flat=True)))


def halves(swap: DutySwap) -> list[Half]:
    """The one or two stretches that change hands."""
    found = [Half(swap.giver, swap.taker, swap.gives_from, swap.gives_until, ("gives_from", "taker"))]
    if swap.returns_from is not None and swap.returns_until is not None:
        found.append(Half(swap.taker, swap.giver, swap.returns_from, swap.returns_until, ("returns_from", "giver")))
    return found


def _lapse(key: int, now: datetime) -> bool:
    with act("duty_swap.lapsed", actor=None, now=now) as running:
        swap = DutySwap.objects.select_for_update(of=("self",)).select_related("schedule", "giver", "taker").get(pk=key)
        if swap.state != State.ASKED:
            running.nothing_happened()
            return False
        running.subject = swap
        _settle(swap, State.LAPSED, None, now, BEGAN, running)
        _tell(swap, [swap.giver, swap.taker], "lapsed", f"The swap on {swap.schedule} has lapsed", now, None, BEGAN)
    return True


BEGAN = "The shift began before both had accepted, so everything stays as it was."


def _ahead(since: datetime, until: datetime, now: datetime, fields: tuple[str, str]) -> Times:
    since, until = stretch(since, until, now, what="A swapped shift", fields=fields)
    if since <= now:
        refuse("A shift that has begun is not swapped any more. Choose a later start, or ask for an override.", fields[0])
    return Times(since, until)


def _waiting(swap: DutySwap, to: str) -> DutySwap:
    """The swap, fresh and for this transaction alone. Raises WrongState when it is settled."""
    rows = DutySwap.objects.select_for_update(of=("self",)).select_related("schedule", "giver", "taker", "asked_by")
    fresh = rows.get(pk=swap.pk)
    if fresh.state != State.ASKED:
        raise WrongState(f"This swap is {_in_words(fresh)}, so there is nothing to {to}.")
    return fresh


def _in_words(swap: DutySwap) -> str:
    return "lapsed" if swap.state == State.LAPSED else str(swap.get_state_display())


def _problem(swap: DutySwap, schedule: OnCallSchedule, now: datetime) -> str:
    """Why the swap cannot be any more; '' when it can."""
    if min(half.since for half in halves(swap)) <= now:
        return BEGAN
    try:
        for half in halves(swap):
            check_half(schedule, half, now)
    except InvalidInput as refusal:
        return refusal.message
    return ""


def _accept(swap: DutySwap, actor: Any, now: datetime, running: Act) -> None:
    side = "giver_accepted_at" if actor == swap.giver else "taker_accepted_at"
    if getattr(swap, side) is not None:
        running.nothing_happened()
        return
    setattr(swap, side, now)
    if swap.giver_accepted_at is None or swap.taker_accepted_at is None:
        save_tracked(swap, actor=actor, now=now)
        return
    _settle(swap, State.ACCEPTED, actor, now, "", running)
    kind = OverrideKind.SWAP if swap.returns_from else OverrideKind.COVER
    for half in halves(swap):
        made = OnCallOverride(
            schedule=swap.schedule, person=half.taker, instead_of=half.giver, starts_at=half.since, ends_at=half.until,
            kind=kind.value, swap=swap, reason=swap.reason, made_at=now, made_by=actor,
        )  # fmt: skip
        save_tracked(made, actor=actor, now=now, reason=swap.reason)
    _tell(swap, _everybody(swap), "accepted", f"The swap on {swap.schedule} counts", now, None)


def _settle(swap: DutySwap, state: str, actor: Any, now: datetime, answer: str, running: Act) -> None:
    swap.state, swap.settled_at, swap.settled_by, swap.answer = state, now, actor, answer
    save_tracked(swap, actor=actor, now=now, reason=answer)
    cancel_waiting(ref(swap), now=now)
    running.details = {"state": state, "answer": answer}


def _everybody(swap: DutySwap) -> list[User]:
    return [swap.giver, swap.taker, swap.asked_by]


def _tell(
    swap: DutySwap, people: list[User], key: str, title: str, now: datetime, actor: Any, more: str = "", *, ask: bool = False
) -> None:
    """Tells `people`, but not `actor`, what is swapped, each in their own time zone."""
    for person in people:
        if person == actor:
            continue
        zone = person.time_zone
        lines = [f"{half.taker} takes over from {half.giver} {from_to(half.since, half.until, zone)}." for half in halves(swap)]
        lines += [f"Why: {swap.reason}", *([more] if more else []), *(["Accept or decline before the shift begins."] if ask else [])]
        tell(swap, [person], kind="duty.swap", title=title, body="\n".join(lines), key=key, now=now)
