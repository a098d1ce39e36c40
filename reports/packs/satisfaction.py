"""What the figures on feedback are: how many answers, how satisfied, against the quarter before, and what followed. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.metrics.statistics import mean, share_of
from reports.patterns.shares import newcombe, wilson

KINDS = ("customer", "team", "stakeholder")
NUMBERS = (1, 2, 3, 4, 5)
SATISFIED = 4
# Fewer answers with a number than these may point to a person: nothing of how satisfied they are is told.
FEWEST = 5
OTHERS = "other services"


@dataclass(frozen=True, slots=True)
class Answer:
    """One that counts. `here`: it is about a service of this report; others stand in it for what may be told at all."""

    kind: str
    service: int
    name: str
    satisfaction: int | None
    outcome: str
    here: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """The answers of the period and of the quarter before, of the whole organisation; how many of this report were withdrawn; the states of
    the actions agreed because of its answers. `whole`: the report is on the whole organisation."""

    answers: Sequence[Answer]
    before: Sequence[Answer] = ()
    withdrawn: int = 0
    actions: Sequence[str] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Service:
    """The customers' answers with a number about a service; `key` None stands for what is left over."""

    key: int | None
    name: str
    numbers: tuple[int, ...]
    here: bool


def feedback_given(given: Heard) -> dict[str, Any]:
    """Answers that were given on a day of the period about an incident or a service, whenever the incident was opened: by who gave them
    (customer, team, stakeholder), and how many of these have a number from 1 to 5. Withdrawn ones count nowhere but as `withdrawn`.
    """
    found: dict[str, Any] = {}
    for kind in KINDS:
        mine = [each for each in given.answers if each.kind == kind and each.here]
        found[kind] = {"answers": len(mine), "with_number": sum(each.satisfaction is not None for each in mine)}
    return found | {"withdrawn": given.withdrawn}


def satisfaction(given: Heard) -> dict[str, Any]:
    """Satisfaction (CSAT): of the answers with a number the share of 4 and 5, in percent, by who gave them; kinds are never added up.

    low and high are the 95 % interval after Wilson; mean is the arithmetic mean, and numbers say how many gave 1, 2, 3, 4 and 5. Null where
    fewer than 5 answers have a number. In a report on some units customers are those of the services that `satisfaction_by_service` tells,
    and the others are null: the reports of units taken from that of the whole must not leave a few people.
    """
    return {kind: _measured(_told(given.answers, kind, given.whole)) for kind in KINDS}


def satisfaction_by_service(given: Heard) -> list[dict[str, Any]]:
    """The same share of the customers' answers about each service, with its interval, by name.

    Services with fewer than 5 such answers in the whole organisation stand together as other services; where these are still fewer than 5, or all
    of one mind (each of them 4 or 5, or none) though the whole is not, the service with the fewest that would be told joins them, so that none comes out by subtraction. A report on some units tells its services
    among those told of the whole. None where that leaves no service.
    """
    shown = [each for each in _services(given.answers) if given.whole or (each.here and each.key is not None)]
    return [{"service": each.name, **_shared(each.numbers)} for each in shown]


def satisfaction_change(given: Heard) -> dict[str, Any]:
    """The share of 4 and 5 less that of the quarter before, in percentage points, by who gave the answers, both as they are known now.

    low and high are the 95 % interval of the difference after Newcombe, from both Wilson intervals. shown is higher or lower where it leaves
    out 0, and neither otherwise: then chance alone may have made it. By chance one in twenty differences is shown though there is none. Null
    where either quarter has fewer than 5 answers with a number. In a report on some units: of the services told in both quarters.
    """
    return {kind: _compared(*_comparable(given, kind)) for kind in KINDS}


def feedback_followed(given: Heard) -> dict[str, int]:
    """Of the answers given in the period: those that became an action of a quarterly review, those with nothing to do, for a reason, and those
    that still wait for somebody to look at them. Then the actions that were agreed because of them: done, open and cancelled, as known now.
    """
    mine = [each.outcome for each in given.answers if each.here]
    counted = {"waiting": mine.count("waiting"), "became_actions": mine.count("action"), "nothing_to_do": mine.count("nothing")}
    return counted | {f"actions_{state}": list(given.actions).count(state) for state in ("done", "open", "cancelled")}


MEASURES: tuple[tuple[Callable[[Heard], Any], str, str], ...] = (
    (feedback_given, "Feedback given", "answers"),
    (satisfaction, "Satisfaction", "percent"),
    (satisfaction_by_service, "Customers' satisfaction by service", "percent"),
    (satisfaction_change, "Satisfaction against the quarter before", "percentage points"),
    (feedback_followed, "What followed from feedback", "answers"),
)


def _numbers(answers: Sequence[Answer], kind: str) -> tuple[int, ...]:
    return tuple(each.satisfaction for each in answers if each.kind == kind and each.satisfaction is not None)


def _told(answers: Sequence[Answer], kind: str, whole: bool) -> tuple[int, ...]:
    """The numbers that may be told of, or none of them."""
    if whole:
        found = _numbers(answers, kind)
        return found if len(found) >= FEWEST else ()
    if kind != "customer":
        return ()
    return tuple(number for each in _services(answers) if each.here and each.key is not None for number in each.numbers)


def _services(answers: Sequence[Answer]) -> list[_Service]:
    """The customers' answers cut into groups of five or more, by name, what is left over last and of several minds where the whole is; none
    where no service can be told."""
    grouped: dict[tuple[str, int], list[Answer]] = {}
    for each in answers:
        if each.kind == "customer" and each.satisfaction is not None:
            grouped.setdefault((each.name, each.service), []).append(each)
    told = {place: mine for place, mine in grouped.items() if len(mine) >= FEWEST}
    left = [each for place, mine in grouped.items() if place not in told for each in mine]
    is_divided = not _of_one_mind([each for mine in grouped.values() for each in mine])
    while told and left and (len(left) < FEWEST or (is_divided and _of_one_mind(left))):
        left += told.pop(min(told, key=lambda place: (len(told[place]), place)))
    if not told:
        return []
    found = [_Service(key, name, _numbers(mine, "customer"), mine[0].here) for (name, key), mine in sorted(told.items())]
    return [*found, _Service(None, OTHERS, _numbers(left, "customer"), False)] if left else found


def _of_one_mind(answers: Sequence[Answer]) -> bool:
    return len({(each.satisfaction or 0) >= SATISFIED for each in answers}) < 2


def _shared(numbers: Sequence[int]) -> dict[str, Any]:
    good = sum(number >= SATISFIED for number in numbers)
    low, high = wilson(good, len(numbers))
    return {
        "with_number": len(numbers),
        "satisfied": good,
        "share": share_of(good, len(numbers)),
        "low": round(100 * low, 3),
        "high": round(100 * high, 3),
    }


def _measured(numbers: Sequence[int]) -> dict[str, Any] | None:
    if not numbers:
        return None
    average = mean(numbers)
    return {
        **_shared(numbers),
        "mean": None if average is None else round(average, 3),
        "numbers": {str(number): numbers.count(number) for number in NUMBERS},
    }


def _comparable(given: Heard, kind: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if given.whole:
        return _told(given.answers, kind, True), _told(given.before, kind, True)
    if kind != "customer":
        return (), ()
    now, before = ({each.key: each for each in _services(answers) if each.key is not None} for answers in (given.answers, given.before))
    both = [key for key in now if key in before and now[key].here]
    return tuple(n for key in both for n in now[key].numbers), tuple(n for key in both for n in before[key].numbers)


def _compared(now: Sequence[int], before: Sequence[int]) -> dict[str, Any] | None:
    if not now or not before:
        return None
    this, that = _shared(now), _shared(before)
    low, high = newcombe(this["satisfied"], len(now), that["satisfied"], len(before))
    return {
        "share": this["share"],
        "with_number": len(now),
        "share_before": that["share"],
        "with_number_before": len(before),
        "difference": round(100 * (this["satisfied"] / len(now) - that["satisfied"] / len(before)), 3),
        "low": round(100 * low, 3),
        "high": round(100 * high, 3),
        "shown": "higher" if low > 0 else "lower" if high < 0 else "neither",
    }
