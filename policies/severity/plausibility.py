"""'Are you sure?': whether a condition is so far from what it was that a slip of the finger is likely. Pure; it asks, it never refuses."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from policies.decisions.ruleset import CriterionRule
from policies.decisions.severity import in_unit
from portal.foundation import words

# Three times beyond everything that was ever approved is rare in practice; a slip of the decimal point makes ten.
FAR = 3
LEAP = 10
# What a value becomes when it is typed in a unit that is not the measure's: times that factor, told as those words.
SLIPS: dict[str, tuple[tuple[Decimal, str], ...]] = {
    "%": ((Decimal("0.01"), "a share of one instead of per cent"),),
    "min": ((Decimal(60), "seconds instead of minutes"), (Decimal(1) / 60, "hours instead of minutes")),
    "ms": ((Decimal("0.001"), "seconds instead of milliseconds"),),
}


def far_from_history(new: CriterionRule, history: Sequence[CriterionRule]) -> str:
    """Why `new` deserves a second look, in sentences; '' when it does not.

    `history` is what the same condition said in approved versions, the oldest first, the last one being what counts now. It is empty
    for a condition that is new.
    """
    if not new.value.is_finite():
        return ""
    return " ".join([*_value(new, [past.value for past in history]), *_window(new, history)])


def _value(new: CriterionRule, past: Sequence[Decimal]) -> Iterator[str]:
    told = f"{new.words.name}: {in_unit(new.value, new.words)}"
    if new.value < 0:
        yield f"{told} is below zero, which no reading can be."
        return
    if not past:
        if new.words.unit == "%" and 0 < new.value < 1:
            yield f"{told} is less than one in a hundred. If you mean a share of one, {in_unit(new.value * 100, new.words)} is how to type it."
        return
    if new.value == 0:
        if 0 not in past:
            yield f"{told} was never used before: {_until_now(new, past)}."
        return
    known = [value for value in past if value > 0]
    if not known:
        yield f"{told}, and until now it was always 0."
    elif new.value > max(known) * FAR:
        yield f"{told} is more than {FAR} times every value it had: {_until_now(new, known)}.{_slip(new, known)}"
    elif new.value < min(known) / FAR:
        yield f"{told} is less than a third of every value it had: {_until_now(new, known)}.{_slip(new, known)}"
    elif past[-1] > 0 and new.value >= past[-1] * LEAP:
        yield f"{told} is {LEAP} times the current {in_unit(past[-1], new.words)} or more.{_slip(new, past[-1:])}"
    elif past[-1] > 0 and new.value <= past[-1] / LEAP:
        yield f"{told} is a tenth of the current {in_unit(past[-1], new.words)} or less.{_slip(new, past[-1:])}"


def _until_now(new: CriterionRule, past: Sequence[Decimal]) -> str:
    low, high = min(past), max(past)
    if low == high:
        return f"until now {in_unit(low, new.words)}"
    return f"until now between {words.number(low)} and {in_unit(high, new.words)}"


def _slip(new: CriterionRule, past: Sequence[Decimal]) -> str:
    """' It looks like …' when some value of the past, in another unit, would be about what was typed."""
    for factor, what in SLIPS.get(new.words.unit, ()):
        if any(value * factor / 2 <= new.value <= value * factor * 2 for value in past):
            return f" It looks like {what}."
    return ""


def _window(new: CriterionRule, history: Sequence[CriterionRule]) -> Iterator[str]:
    if not history:
        return
    was = history[-1].window
    if new.window > was * LEAP or new.window * LEAP < was:
        yield (
            f"{new.words.name} would be judged by the readings of the last {words.duration(new.window)} instead of {words.duration(was)}, "
            f"which is more than {LEAP} times {'as long' if new.window > was else 'shorter'}."
        )
