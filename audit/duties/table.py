"""The table of pairs, and changing it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from audit.events.catalogue import kind_of
from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .holdings import holdings_of, words_of_rights
from .models import DutyPair
from .pairs import EVERYTHING, Pair, hits
from .people_only import require_person, said

CHANGE = "audit.change_dutypair"
FIELDS = ("right_a", "words_a", "right_b", "words_b", "reach", "why", "source", "severity", "done_a", "done_b")
OWN = "You hold this pair yourself, so somebody else has to change it."


def in_force() -> list[DutyPair]:
    """What is looked for now. One query."""
    return list(DutyPair.objects.filter(retired_at=None))


def as_pure(pairs: Iterable[DutyPair]) -> list[Pair]:
    return [Pair(pair.pk, pair.right_a, pair.right_b, pair.reach) for pair in pairs]


def rights_of_pairs(pairs: Iterable[DutyPair]) -> set[str]:
    return {right for pair in pairs for right in (pair.right_a, pair.right_b)}


def save_pair(pair: DutyPair, *, actor: Any, now: datetime, reason: str, **fields: str) -> DutyPair:
    """Adds `pair` to the table, or changes it. Raises NotAllowed, also for a pair that `actor` holds, and InvalidInput."""
    require_person(actor, CHANGE, to="change which duties are kept apart")
    words = said(reason)
    _refuse_own(pair, actor)
    verb = "duty_pair.changed" if pair.pk else "duty_pair.added"
    with act(verb, actor=actor, now=now, why=words) as running:
        for name in FIELDS:
            if name in fields:
                setattr(pair, name, fields[name].strip())
        _check(pair)
        running.subject = pair
        running.details = {name: getattr(pair, name) for name in ("right_a", "right_b", "reach")}
        try:
            with transaction.atomic():
                save_tracked(pair, actor=actor, now=now, reason=words)
        except IntegrityError as error:
            raise InvalidInput("This pair is in the table already. If it is retired, bring it back.") from error
    return pair


def retire_pair(pair: DutyPair, *, actor: Any, now: datetime, reason: str) -> None:
    """Stops looking for `pair`; what was found of it ends with the next check. Raises NotAllowed, InvalidInput, WrongState."""
    _set_retired(pair, "duty_pair.retired", now, actor=actor, now=now, reason=reason)


def bring_back(pair: DutyPair, *, actor: Any, now: datetime, reason: str) -> None:
    """Looks for `pair` again. Raises as `retire_pair`."""
    _set_retired(pair, "duty_pair.brought_back", None, actor=actor, now=now, reason=reason)


def _set_retired(pair: DutyPair, verb: str, at: datetime | None, *, actor: Any, now: datetime, reason: str) -> None:
    require_person(actor, CHANGE, to="change which duties are kept apart")
    words = said(reason)
    _refuse_own(pair, actor)
    with act(verb, actor=actor, now=now, subject=pair, why=words):
        pair.refresh_from_db(from_queryset=DutyPair.objects.select_for_update())
        if (pair.retired_at is None) == (at is None):
            raise WrongState("It is retired already." if at else "It is looked for already.")
        pair.retired_at = at
        save_tracked(pair, actor=actor, now=now, reason=words)


def _refuse_own(pair: DutyPair, actor: Any) -> None:
    """Nobody writes the rule that they stand under."""
    if pair.pk is None:
        return
    there = DutyPair.objects.get(pk=pair.pk)
    held = holdings_of([actor.pk], rights=rights_of_pairs([there])).get(actor.pk, [])
    if hits(held, as_pure([there])):
        raise NotAllowed(OWN)


def _check(pair: DutyPair) -> None:
    """Fills words that are missing, and raises InvalidInput with what is wrong at which field."""
    wrong: dict[str, list[str]] = {}
    known = words_of_rights([pair.right_a, pair.right_b])
    for name, right, words in (("right_a", pair.right_a, "words_a"), ("right_b", pair.right_b, "words_b")):
        if known[right] == right:
            wrong[name] = [f"There is no right '{right[:120]}'. Name it as policies.approve_policyversion."]
        elif not getattr(pair, words):
            setattr(pair, words, known[right][:120])
    if pair.right_a == pair.right_b and pair.right_a != EVERYTHING:
        wrong["right_b"] = ["These are the same right."]
    for choice, values in (("reach", DutyPair.Reach.values), ("severity", DutyPair.Severity.values)):
        if getattr(pair, choice) not in values:
            wrong[choice] = [f"One of: {', '.join(values)}."]
    if not visible(pair.why):
        wrong["why"] = ["Say why they must not meet in one person."]
    for name in ("done_a", "done_b"):
        unknown = [kind for kind in types_in(getattr(pair, name)) if kind_of(kind) is None]
        if unknown:
            wrong[name] = [f"The trail has no events '{unknown[0][:120]}'."]
    if bool(pair.done_a) != bool(pair.done_b):
        wrong.setdefault("done_b", []).append("Name the events of both rights, or of neither.")
    if wrong:
        raise InvalidInput("This pair cannot be saved as it is.", wrong)


def types_in(text: str) -> list[str]:
    """The types of events that a field names."""
    return [name.strip() for name in text.split(",") if name.strip()]
