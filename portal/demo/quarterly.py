"""The demo's quarterly reviews: the last quarter's wait for compliance, the one before was signed and left an action."""

from datetime import datetime, timedelta

from portal.models import User
from reports.packs.quarters import Quarter
from reports.quarterly.actions import agree_action
from reports.quarterly.deciding import ask_decision, take_decision
from reports.quarterly.judging import accept_finding, add_finding
from reports.quarterly.models import QuarterlyReview
from reports.quarterly.opening import open_due, open_review
from reports.quarterly.rules import set_first_quarter
from reports.quarterly.signing import sign_review, submit_review, write_summary
from reports.quarterly.states import FindingState

SUMMARY = (
    "A quiet quarter with few incidents, most of them short. Level 1 answered in time by day and late at night; nobody was paged without need. "
    "The committee asked for a second person at night."
)


def plant(now: datetime) -> None:
    """After the past was lived through. A quarter that began before the demo's organisation did has little in it, and says so."""
    last = Quarter.of(now).previous
    people = {user.username: user for user in User.objects.filter(username__in=["compliance", "manager", "approver", "commander"])}
    _signed(last.previous, people)
    set_first_quarter(last, now=now)
    open_due(now=now)
    _begun(QuarterlyReview.objects.get(quarter=str(last), unit=None, number=1), people, now)


def _signed(quarter: Quarter, people: dict[str, User]) -> None:
    """The whole organisation's review of the quarter before, signed in order, with an action that is overdue by now."""
    then = quarter.end + timedelta(days=9)
    compliance, manager = people["compliance"], people["manager"]
    review = open_review(quarter, None, actor=compliance, now=then, reason="The first review in the portal, by hand.")
    for proposed in review.findings.filter(state=FindingState.PROPOSED):
        accept_finding(proposed, actor=compliance, now=then)
    found = add_finding(
        review,
        headline="Alerts at night were answered late",
        sentence="Between 22:00 and 06:00 the first page was mostly answered by the backup, not by whoever was on call.",
        actor=compliance,
        now=then,
    )
    decision = ask_decision(review, question="Do we put a second person on call at night?", finding=found, actor=compliance, now=then)
    take_decision(decision, actor=manager, now=then, reason="Yes, for card payments from next quarter on, and we look at it again then.")
    agree_action(
        review,
        title="Put a second person on the night rota of card payments",
        owner=manager,
        due_on=(quarter.end + timedelta(days=60)).date(),
        finding=found,
        decision=decision,
        actor=compliance,
        now=then,
    )
    write_summary(review, summary=SUMMARY, agenda=review.agenda, actor=compliance, now=then)
    submit_review(
        review, actor=compliance, now=then + timedelta(days=2), reason="The figures, the timelines of every SEV1 and the meeting."
    )
    for step, name in enumerate(("compliance", "manager", "approver"), start=3):
        sign_review(review, actor=people[name], now=then + timedelta(days=step), reason="I read it, and it says what we agreed.")


def _begun(review: QuarterlyReview, people: dict[str, User], now: datetime) -> None:
    """A finding of a person's and a decision that waits, so that there is something to do for each role."""
    compliance = people["compliance"]
    found = add_finding(
        review,
        headline="Two teams acted at once on the same incident",
        sentence="Payments platform and Ledger both restarted the connector; neither knew of the other.",
        actor=compliance,
        now=now,
    )
    ask_decision(review, question="Who leads when two teams are alerted for the same incident?", finding=found, actor=compliance, now=now)
