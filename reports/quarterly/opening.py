"""Opening reviews: by themselves when a quarter is over, by hand, and anew as a restatement of one that was signed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from audit.events.services import act
from audit.ledger.models import LedgerEvent
from audit.ledger.services import utc_text
from policies.models import BusinessUnit, Service
from portal.foundation.base_models import save_tracked
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import Conflict, InvalidInput, WrongState
from reports.packs.quarters import Progress, Quarter
from reports.packs.services import Tell
from reports.packs.units import Unit

from . import figures, proposing
from .beside import gathered
from .models import QuarterlyDecision, QuarterlyFinding, QuarterlyReview
from .people_only import LINE, PREPARE, refuse, require_person, words_of
from .rules import rules, set_first_quarter
from .states import ReviewState

OPENED = "quarterly_review.opened"
# After an outage of years nobody reviews them all; the rest is opened by hand.
MOST_QUARTERS = 8
# Whoever hears of a review has time for it, however late it was opened.
LEAST_TIME = timedelta(days=14)
AGENDA = (
    "Summary and what changed",
    "Actions from last time",
    "Findings, by rank",
    "Decisions to take",
    "Reviews of thresholds, access and logs; exceptions and break-glass uses",
    "New actions, owners and dates",
    "Signatures",
)


def open_due(*, now: datetime) -> list[QuarterlyReview]:
    """Opens what is due and not there yet, of the whole and of each unit, however long nobody looked; lets provisional ones go on.

    A second call finds nothing to do. What fails of one unit stops no other; in the end Unfinished is raised for it.
    """
    opened: list[QuarterlyReview] = []
    with each_alone("Opening quarterly reviews") as alone:
        for quarter in _over(now):
            known = {review.unit_id: review for review in QuarterlyReview.objects.filter(quarter=str(quarter), number=1)}
            for unit in (None, *_units_with_services()):
                with alone(f"{quarter} of {unit or 'the whole organisation'}"):
                    opened += _due_of(quarter, unit, known.get(unit.pk if unit else None), now)
    return opened


def _due_of(quarter: Quarter, unit: BusinessUnit | None, there: QuarterlyReview | None, now: datetime) -> list[QuarterlyReview]:
    if there is None:
        fresh = figures.read(quarter, unit, now)
        return _if_first(lambda: _open(fresh, quarter, unit, actor=None, now=now))
    if there.state == ReviewState.PROVISIONAL:
        fresh = figures.read(quarter, there.unit, now)
        return _if_first(lambda: _go_on(fresh, there, now))
    return []


def may_open(quarter: Quarter, unit: BusinessUnit | None, *, actor: Any, now: datetime, reason: str) -> str:
    """The words of whoever opens one by hand. Raises NotAllowed, InvalidInput, Conflict when it is there."""
    require_person(actor, PREPARE, to="open a quarterly review")
    words = words_of("reason", reason, ask="Say why it is opened by hand.")
    if quarter.progress(now) is Progress.TO_COME:
        refuse({"quarter": f"{str(quarter)[:20]} has not begun. Choose a quarter that runs or is over."}, what="The review is not opened.")
    if there := QuarterlyReview.objects.filter(quarter=str(quarter), unit=unit).first():
        raise Conflict(f"{there} is open already. Go on with that one.")
    return words


def open_review(
    quarter: Quarter, unit: BusinessUnit | None, *, actor: Any, now: datetime, reason: str, tell: Tell = lambda step: None
) -> QuarterlyReview:
    """Opens one by hand; of a quarter that still runs it is provisional. Raises NotAllowed, InvalidInput, Conflict when it is there."""
    words = may_open(quarter, unit, actor=actor, now=now, reason=reason)
    fresh = figures.read(quarter, unit, now, tell)
    tell("Writing the review")
    try:
        with transaction.atomic():
            return _open(fresh, quarter, unit, actor=actor, now=now, why=words)
    except IntegrityError as error:
        raise Conflict("Somebody else opened it at the same moment. Go on with that one.") from error


def may_restate(review: QuarterlyReview, *, actor: Any, reason: str) -> str:
    """The words of whoever restates it. Raises NotAllowed, InvalidInput without a reason, WrongState, Conflict when it is done already."""
    require_person(actor, PREPARE, review, to="restate a quarterly review")
    words = words_of("reason", reason, ask="Say what was wrong and why it is stated anew. The words stand in the report.")
    _refuse_unsigned(review)
    _refuse_restated(review)
    return words


def restate(review: QuarterlyReview, *, actor: Any, now: datetime, reason: str, tell: Tell = lambda step: None) -> QuarterlyReview:
    """Opens the next number of a signed review, with its findings and decisions, and figures frozen anew; the former stays as it was signed.

    Raises NotAllowed, InvalidInput without a reason, WrongState for what is not signed, Conflict when it is restated already.
    """
    words = may_restate(review, actor=actor, reason=reason)
    fresh = figures.read(review.of, review.unit, now, tell)
    tell("Writing the review")
    with act("quarterly_review.restated", actor=actor, now=now, why=words) as running:
        former = QuarterlyReview.objects.select_for_update(of=("self",)).select_related("unit").get(pk=review.pk)
        _refuse_unsigned(former)
        _refuse_restated(former)
        new, content = _made(fresh, former.of, former.unit, actor=actor, now=now, number=former.number + 1, restates=former, reason=words)
        new.agenda, new.summary = former.agenda, former.summary
        save_tracked(new, actor=actor, now=now, reason=words)
        _copy(former, new, actor, now)
        proposed = proposing.propose(new, content, now=now)
        running.subject = new
        running.details = {
            "restates": former.pk,
            "number": new.number,
            "former_sha256": former.sha256,
            "figures_sha256": new.figures_sha256,
            "proposed": proposed,
        }
    return new


def _refuse_unsigned(review: QuarterlyReview) -> None:
    if not review.is_signed:
        raise WrongState("Only what was signed is restated. Correct this review itself.")


def _refuse_restated(review: QuarterlyReview) -> None:
    if QuarterlyReview.objects.filter(restates=review).exists():
        raise Conflict("This review was restated already. Restate the newest number, if that one is wrong.")


def units_changed(review: QuarterlyReview) -> str:
    """What is otherwise with its unit than when it was opened, in words; empty when nothing is. Two queries."""
    if review.unit is None:
        return ""
    about = Unit.of(review.unit)
    told = []
    if about.name != review.unit_name:
        told.append(f"{review.unit_name} is called {about.name} now.")
    now, then = set(about.keys), set(review.units)
    if came := now - then:
        told.append(f"{_names(came)} became part of it.")
    if left := then - now:
        told.append(f"{_names(left)} left it.")
    if not Service.objects.filter(business_unit__in=about.keys).exists():
        told.append("It has no services any more.")
    return f"Since this review was opened: {' '.join(told)} The figures stay those of the unit as it was." if told else ""


def _names(keys: set[int]) -> str:
    names = dict(BusinessUnit.objects.filter(pk__in=keys).values_list("pk", "name"))
    return ", ".join(names.get(key, "a unit that is gone") for key in sorted(keys))


def _over(now: datetime) -> Iterator[Quarter]:
    """The quarters that are over, from the first one that the rules name on; named once, by when the portal began to be used."""
    last = Quarter.of(now).previous
    named = rules().first_quarter
    if not named:
        first_event = LedgerEvent.objects.order_by("id").values_list("recorded_at", flat=True).first()
        begun = Quarter.of(first_event) if first_event else Quarter.of(now)
        named = set_first_quarter(max(min(begun, Quarter.of(now)), last), now=now)
    quarter = Quarter.parse(named)
    while quarter <= last:
        if _distance(quarter, last) < MOST_QUARTERS:
            yield quarter
        quarter = quarter.next


def _distance(one: Quarter, other: Quarter) -> int:
    return (other.year - one.year) * 4 + other.number - one.number


def _units_with_services() -> list[BusinessUnit]:
    """Units that have a service themselves or in a part; of the others there is nothing to review."""
    above = dict(BusinessUnit.objects.values_list("pk", "part_of"))
    wanted: set[int] = set()
    for unit in Service.objects.exclude(business_unit=None).order_by().values_list("business_unit", flat=True).distinct():
        key: int | None = unit
        while key is not None and key not in wanted:
            wanted.add(key)
            key = above.get(key)
    return list(BusinessUnit.objects.filter(pk__in=wanted))


def _if_first(make: Any) -> list[QuarterlyReview]:
    """What it makes; nothing when another process was faster."""
    try:
        with transaction.atomic():
            return [made] if (made := make()) is not None else []
    except (IntegrityError, WrongState, Conflict):
        return []


def _open(
    fresh: figures.Fresh, quarter: Quarter, unit: BusinessUnit | None, *, actor: Any, now: datetime, why: str = ""
) -> QuarterlyReview:
    with act(OPENED, actor=actor, now=now, why=why) as running:
        review, content = _made(fresh, quarter, unit, actor=actor, now=now)
        review.agenda = "\n".join(AGENDA)
        save_tracked(review, actor=actor, now=now, reason=why)
        proposed = proposing.propose(review, content, now=now)
        running.subject = review
        running.details = {**_told(review), "proposed": proposed}
    return review


def _go_on(fresh: figures.Fresh, review: QuarterlyReview, now: datetime) -> QuarterlyReview | None:
    """The quarter is over: the figures are frozen, and what was prepared so far stays."""
    with act("quarterly_review.went_on", actor=None, now=now) as running:
        review = QuarterlyReview.objects.select_for_update(of=("self",)).select_related("unit").get(pk=review.pk)
        if review.state != ReviewState.PROVISIONAL:
            running.nothing_happened()
            return None
        content = _freeze(fresh, review, review.of, review.unit, now)
        review.state, review.due_at = ReviewState.PREPARING, _due(review.of, now)
        save_tracked(review, actor=None, now=now, reason="The quarter is over.")
        proposed = proposing.propose(review, content, now=now)
        running.subject = review
        running.details = {**_told(review), "proposed": proposed}
    return review


def _made(
    fresh: figures.Fresh, quarter: Quarter, unit: BusinessUnit | None, *, actor: Any, now: datetime, number: int = 1, **more: Any
) -> tuple[QuarterlyReview, Mapping[str, Any]]:
    """A review that is not kept yet, with its figures, and all that they say."""
    about = Unit.of(unit) if unit else None
    review = QuarterlyReview(
        quarter=str(quarter),
        unit=unit,
        unit_name=about.name if about else "",
        units=list(about.keys) if about else [],
        parts=list(about.parts) if about else [],
        number=number,
        opened_at=now,
        opened_by=actor,
        due_at=_due(quarter, now),
        **more,
    )
    if quarter.progress(now) is Progress.RUNNING:
        read = figures.provisional(fresh)
        review.state, review.known_until = ReviewState.PROVISIONAL, now
        review.figures, review.figures_sha256 = read.shown, read.sha256
        review.beside = gathered(quarter, review.reach, now)
        return review, read.content
    review.state = ReviewState.PREPARING
    return review, _freeze(fresh, review, quarter, unit, now)


def _freeze(fresh: figures.Fresh, review: QuarterlyReview, quarter: Quarter, unit: BusinessUnit | None, now: datetime) -> Mapping[str, Any]:
    """All that the frozen figures say."""
    read = figures.frozen(fresh, quarter, unit, now=now, reason=review.reason)
    review.figures, review.figures_sha256, review.frozen = read.shown, read.sha256, read.kept
    review.known_until = now
    review.beside = gathered(quarter, review.reach, now)
    return read.content


def _due(quarter: Quarter, now: datetime) -> datetime:
    return max(quarter.end + timedelta(days=rules().days_to_sign), now + LEAST_TIME)


def _copy(former: QuarterlyReview, new: QuarterlyReview, actor: Any, now: datetime) -> None:
    """Findings and decisions go along as they were signed; actions stay where they were agreed, so that nobody is chased twice."""
    found: dict[int, QuarterlyFinding] = {}
    for finding in former.findings.all():
        before, finding.pk, finding.review = finding.pk, None, new
        finding._state.adding = True
        save_tracked(finding, actor=actor, now=now, reason="As in the statement before.")
        found[before] = finding
    for decision in QuarterlyDecision.objects.filter(review=former):
        decision.pk, decision.review = None, new
        decision.finding = found.get(decision.finding_id) if decision.finding_id else None
        decision._state.adding = True
        save_tracked(decision, actor=actor, now=now, reason="As in the statement before.")


def _told(review: QuarterlyReview) -> dict[str, Any]:
    return {
        "quarter": review.quarter,
        "unit": review.unit_name,
        "provisional": review.state == ReviewState.PROVISIONAL,
        "known_until": utc_text(review.known_until),
        "due_at": utc_text(review.due_at),
        "figures_sha256": review.figures_sha256,
    }


def quarter_named(text: str, now: datetime) -> Quarter:
    """The quarter that somebody typed. Raises InvalidInput with a sentence."""
    from reports.packs.quarters import NotAQuarter

    try:
        return Quarter.asked_for(text[:LINE], now)
    except NotAQuarter as error:
        raise InvalidInput(str(error), {"quarter": [str(error)]}) from error
