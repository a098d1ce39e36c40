"""A review from its opening to the last signature, as the services do it."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from policies.models import BusinessUnit
from portal.foundation.each_alone import Unfinished
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from reports.models import FrozenFigures, QuarterlyAction, QuarterlyDecision, QuarterlyFinding, QuarterlyReview, QuarterlyRules
from reports.packs.quarters import Quarter
from reports.quarterly import figures, proposing
from reports.quarterly.actions import cancel_action, change_action, finish_action
from reports.quarterly.deciding import ask_again, ask_decision, drop_decision, take_decision
from reports.quarterly.judging import accept_finding, add_finding, dismiss_finding
from reports.quarterly.opening import AGENDA, open_due, open_review, restate, units_changed
from reports.quarterly.queries import from_last_time, progress_of, to_sign
from reports.quarterly.rules import set_first_quarter, set_rules
from reports.quarterly.signing import check_review, send_back, sign_review, submit_review, tell_check, why_not_signed, write_summary
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER, DURING, QUARTER
from tests.untold import untold

pytestmark = pytest.mark.django_db


@pytest.fixture
def rolf(db: None) -> Any:
    return make.committee()


@pytest.fixture
def signed(review: QuarterlyReview, cora: Any, mona: Any, rolf: Any) -> QuarterlyReview:
    other = make.compliance("Olga Other")
    return make.signed(review, cora, other, mona, rolf)


def events(kind: str) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in LedgerEvent.objects.filter(type=kind).order_by("id").values_list("payload", flat=True)]


def begin(quarter: str) -> None:
    set_first_quarter(Quarter.parse(quarter), now=DURING)


def test_at_the_end_of_a_quarter_one_opens_for_the_whole_and_for_each_unit_with_services(payments: BusinessUnit) -> None:
    make.unit("Cards", part_of=BusinessUnit.objects.create(name="Retail"))
    BusinessUnit.objects.create(name="An idea")
    begin("2026Q1")
    assert open_due(now=datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) == []
    found = open_due(now=AFTER)
    assert [str(each.unit or "") for each in found] == ["", "Cards", "Payments", "Retail"]
    retail = next(each for each in found if each.unit_name == "Retail")
    assert (retail.parts, len(retail.units), retail.state) == (["Cards"], 2, "preparing")
    assert retail.due_at == QUARTER.end + timedelta(days=45)
    assert retail.agenda.splitlines() == list(AGENDA)
    assert open_due(now=AFTER) == []
    assert untold() == []


def test_runs_that_were_missed_are_caught_up_with_and_quarters_before_the_first_are_left_alone(payments: BusinessUnit) -> None:
    begin("2025Q4")
    found = open_due(now=datetime(2026, 8, 1, tzinfo=UTC))
    assert [each.quarter for each in found if each.unit is None] == ["2025Q4", "2026Q1", "2026Q2"]
    late = [each for each in found if each.quarter == "2025Q4"]
    assert all(each.due_at >= datetime(2026, 8, 1, tzinfo=UTC) + timedelta(days=14) for each in late)


def test_an_installation_begins_with_the_quarter_in_which_it_was_made(payments: BusinessUnit) -> None:
    make.incidents(payments, 1, at=datetime(2016, 2, 1, tzinfo=UTC))
    open_review(Quarter(2016, 1), None, actor=make.compliance(), now=AFTER, reason="The imported quarter.")
    assert open_due(now=AFTER) == []
    assert QuarterlyRules.objects.get().first_quarter == "2026Q2"
    assert events("quarterly_review.begun")[0]["details"]["first_quarter"] == "2026Q2"
    assert {each.quarter for each in open_due(now=datetime(2026, 7, 1, tzinfo=UTC))} == {"2026Q2"}


def test_the_figures_are_frozen_at_a_stated_cut_off_and_later_incidents_change_nothing(
    review: QuarterlyReview, payments: BusinessUnit
) -> None:
    assert review.known_until == AFTER
    assert review.figures["metrics"]["incidents_opened"] == 3
    assert review.frozen is not None
    assert review.frozen.sha256 == review.figures_sha256
    make.incidents(payments, 5)
    assert QuarterlyReview.objects.get(pk=review.pk).figures["metrics"]["incidents_opened"] == 3
    assert events("quarterly_review.opened")[0]["details"]["known_until"].startswith("2026-04-02T09:00")


def test_a_unit_is_counted_with_its_parts_and_without_its_neighbours(payments: BusinessUnit, cora: Any) -> None:
    cards, beside = make.unit("Cards", part_of=payments), make.unit("Loans")
    for of, number in ((payments, 2), (cards, 3), (beside, 4)):
        make.incidents(of, number)
    counted = {str(of or "all"): make.opened(of, by=cora).figures["metrics"]["incidents_opened"] for of in (payments, cards, None)}
    assert counted == {"Payments": 5, "Cards": 3, "all": 9}


def test_an_empty_quarter_has_a_review_and_can_be_signed(payments: BusinessUnit, cora: Any, mona: Any, rolf: Any) -> None:
    review = make.opened(payments, by=cora)
    assert "empty" in review.figures["summary"][0]
    assert make.signed(review, cora, make.compliance("Olga"), mona, rolf).is_signed


def test_only_who_may_opens_one_by_hand_and_only_once(payments: BusinessUnit, cora: Any, mona: Any) -> None:
    for nobody in (mona, None, person("Nobody"), person("Gone", roles=("compliance",), is_active=False)):
        with pytest.raises(NotAllowed):
            open_review(QUARTER, payments, actor=nobody, now=AFTER, reason="Now.")
    with pytest.raises(InvalidInput):
        open_review(QUARTER, payments, actor=cora, now=AFTER, reason=" ")
    with pytest.raises(InvalidInput) as refused:
        open_review(Quarter(2027, 1), payments, actor=cora, now=AFTER, reason="Early.")
    assert "has not begun" in refused.value.fields["quarter"][0]
    make.opened(payments, by=cora)
    with pytest.raises(Conflict, match="open already"):
        make.opened(payments, by=cora)
    begin("2026Q1")
    assert [str(each.unit or "") for each in open_due(now=AFTER)] == [""]


def test_one_of_a_running_quarter_is_provisional_cannot_be_signed_and_goes_on_when_the_quarter_is_over(
    payments: BusinessUnit, cora: Any
) -> None:
    make.incidents(payments, 2)
    early = make.opened(payments, by=cora, now=DURING + timedelta(days=1, hours=1))
    assert (early.state, early.frozen, early.figures["metrics"]["incidents_opened"]) == ("provisional", None, 2)
    finding = add_finding(early, headline="Seen early", sentence="", actor=cora, now=DURING)
    with pytest.raises(WrongState, match="still running"):
        submit_review(early, actor=cora, now=DURING, reason="Quick.")
    with pytest.raises(WrongState, match="still running"):
        sign_review(early, actor=cora, now=DURING, reason="Quick.")
    make.incidents(payments, 1, at=DURING + timedelta(days=20))
    begin("2026Q1")
    open_due(now=AFTER)
    early.refresh_from_db()
    assert (early.state, early.figures["metrics"]["incidents_opened"], early.known_until) == ("preparing", 3, AFTER)
    assert early.frozen is not None
    assert list(early.findings.all()) == [finding]
    assert open_due(now=AFTER) == []
    assert untold() == []


def test_findings_are_accepted_reworded_or_dismissed_with_a_reason_and_the_proposal_stays_readable(
    payments: BusinessUnit, cora: Any, mona: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [make.pattern("late:Payments", rank=2), make.pattern("role:Payments", rank=1), make.pattern("=cmd|' /C calc'!A0", rank=3)]
    monkeypatch.setattr(proposing, "patterns_in", lambda content: found)
    review = make.opened(payments, by=cora)
    first, second, third = review.findings.order_by("rank")
    assert (first.key, first.state, first.incidents) == ("role:Payments", "proposed", ["INC1", "INC2"])
    with pytest.raises(NotAllowed):
        accept_finding(first, actor=mona, now=AFTER)
    accept_finding(first, actor=cora, now=AFTER)
    accept_finding(second, headline="Acknowledged late at night", sentence="Mostly after 22:00.", actor=cora, now=AFTER)
    for empty in ("", " \n "):
        with pytest.raises(InvalidInput):
            dismiss_finding(third, actor=cora, now=AFTER, reason=empty)
    dismiss_finding(third, actor=cora, now=AFTER, reason="A test of the monitoring.")
    second.refresh_from_db()
    assert (second.reworded, second.proposed_headline, second.headline) == (True, "Headline of late:Payments", "Acknowledged late at night")
    accept_finding(third, actor=cora, now=AFTER, reason="It was none.")
    assert QuarterlyFinding.objects.filter(state="accepted").count() == 3
    assert untold() == []


def test_a_finding_of_ones_own_has_incidents_that_one_may_see_as_evidence(review: QuarterlyReview, cora: Any) -> None:
    known = review.unit.services.first().incidents.order_by("number")  # type: ignore[union-attr]
    number = known[0].number
    found = add_finding(review, headline="Same cause", sentence="عربي 🔥", incidents=f"{number}, {number}", actor=cora, now=AFTER)
    assert (found.incidents, found.state) == ([number], "accepted")
    with pytest.raises(InvalidInput) as refused:
        add_finding(review, headline="Same cause", sentence="", incidents="INC404 nonsense", actor=cora, now=AFTER)
    assert "no such incident: INC404" in refused.value.fields["incidents"][0]
    for wrong in ({"headline": " "}, {"headline": "x" * 201}, {"headline": "half \ud800"}, {"headline": "nul \x00"}):
        with pytest.raises(InvalidInput):
            add_finding(review, sentence="", actor=cora, now=AFTER, **wrong)


def test_decisions_are_prepared_by_one_right_and_taken_by_another(review: QuarterlyReview, cora: Any, mona: Any) -> None:
    finding = add_finding(review, headline="Late at night", sentence="", actor=cora, now=AFTER)
    decision = ask_decision(review, question="A second person at night?", finding=finding, actor=cora, now=AFTER)
    with pytest.raises(NotAllowed):
        take_decision(decision, actor=cora, now=AFTER, reason="Yes.")
    with pytest.raises(NotAllowed):
        ask_decision(review, question="Mine?", actor=mona, now=AFTER)
    with pytest.raises(InvalidInput):
        take_decision(decision, actor=mona, now=AFTER, reason="")
    with pytest.raises(WrongState, match="hangs on it"):
        dismiss_finding(finding, actor=cora, now=AFTER, reason="None.")
    take_decision(decision, actor=mona, now=AFTER, reason="Yes, from May on.")
    with pytest.raises(WrongState):
        drop_decision(decision, actor=mona, now=AFTER, reason="No.")
    other = ask_decision(review, question="Another tool?", actor=cora, now=AFTER)
    drop_decision(other, actor=mona, now=AFTER, reason="Next year.")
    ask_again(other, actor=cora, now=AFTER)
    assert QuarterlyDecision.objects.get(pk=other.pk).state == "to_take"
    elsewhere = make.opened(None, by=cora)
    with pytest.raises(InvalidInput, match="another review"):
        ask_decision(elsewhere, question="Whose?", finding=finding, actor=cora, now=AFTER)


def test_actions_have_an_owner_who_is_here_and_go_on_after_the_signatures(review: QuarterlyReview, cora: Any, mona: Any, rolf: Any) -> None:
    gone = person("Gone", roles=("manager",), is_active=False)
    with pytest.raises(InvalidInput) as refused:
        make.action(review, cora, gone, due_on=date(2026, 4, 1))
    assert "has left" in refused.value.fields["owner"][0]
    assert set(refused.value.fields) == {"owner", "due_on"}
    first, second = make.action(review, cora, mona), make.action(review, cora, mona, title="Write it down")
    make.signed(review, cora, make.compliance("Olga"), mona, rolf)
    stranger = person("Stranger", roles=("responder",))
    with pytest.raises(NotAllowed):
        finish_action(first, actor=stranger, now=AFTER, reason="Done.")
    change_action(first, owner=rolf, due_on=date(2026, 6, 1), actor=cora, now=AFTER, reason="Mona has too much.")
    with pytest.raises(InvalidInput):
        finish_action(first, actor=rolf, now=AFTER, reason="")
    finish_action(first, actor=rolf, now=AFTER, reason="Raised to 8 %.")
    with pytest.raises(WrongState, match="done already"):
        cancel_action(first, actor=cora, now=AFTER, reason="Twice.")
    cancel_action(second, actor=cora, now=AFTER, reason="Not needed.")
    review.refresh_from_db()
    assert check_review(review) == []
    assert {each.state for each in QuarterlyAction.objects.all()} == {"done", "cancelled"}
    assert untold() == []


def test_actions_of_last_time_stand_in_the_next_review(signed: QuarterlyReview, payments: BusinessUnit, cora: Any, mona: Any) -> None:
    before = make.opened(payments, by=cora, quarter=Quarter(2025, 4), now=AFTER)
    kept, done = make.action(before, cora, mona), make.action(before, cora, mona, title="Quick one")
    elsewhere = make.opened(None, by=cora, quarter=Quarter(2025, 4), now=AFTER)
    make.action(elsewhere, cora, mona, title="Of the whole")
    finish_action(done, actor=mona, now=AFTER, reason="Done.")
    assert [each.title for each in from_last_time(signed)] == [kept.title, "Quick one"]


def test_signatures_are_given_in_order_by_different_people_with_the_role(review: QuarterlyReview, cora: Any, mona: Any, rolf: Any) -> None:
    with pytest.raises(WrongState, match="being prepared"):
        sign_review(review, actor=cora, now=AFTER, reason="Mine.")
    with pytest.raises(WrongState, match="no summary"):
        submit_review(review, actor=cora, now=AFTER, reason="All of it.")
    make.put_up(review, cora)
    assert to_sign(cora) == [review]
    assert to_sign(mona) == []
    for out_of_order in (mona, rolf):
        with pytest.raises(NotAllowed, match="Compliance signs first"):
            sign_review(review, actor=out_of_order, now=AFTER, reason="Mine.")
    for nobody in (None, person("Root", is_superuser=True), person("Otto", roles=("auditor",)), person("Resi", roles=("responder",))):
        with pytest.raises(NotAllowed):
            sign_review(review, actor=nobody, now=AFTER, reason="Mine.")
    with pytest.raises(InvalidInput):
        sign_review(review, actor=cora, now=AFTER, reason="  ")
    sign_review(review, actor=cora, now=AFTER, reason="Looked at all of it.")
    both = person("Both", roles=("compliance", "manager"))
    review.refresh_from_db()
    assert why_not_signed(review, both) == ""
    sign_review(review, actor=both, now=AFTER, reason="Agreed.")
    assert "already" in why_not_signed(review, both)
    sign_review(review, actor=rolf, now=AFTER, reason="Agreed.")
    review.refresh_from_db()
    assert review.is_signed
    with pytest.raises(WrongState, match="is signed"):
        sign_review(review, actor=rolf, now=AFTER, reason="Twice.")
    assert tell_check(review, actor=mona, now=AFTER) == []
    assert [each["decision"]["as"] for each in events("quarterly_review.signed")] == ["Compliance", "Manager or owner", "Risk committee"]
    assert untold() == []


def test_who_prepared_is_never_the_only_one_who_signs(review: QuarterlyReview, cora: Any) -> None:
    rules = QuarterlyRules.objects.get()
    set_rules(rules, days_to_sign=30, steps=[{"title": "Compliance", "role": "compliance"}], actor=cora, now=AFTER, reason="We are small.")
    make.put_up(review, cora)
    with pytest.raises(NotAllowed, match="You prepared"):
        sign_review(review, actor=cora, now=AFTER, reason="Mine.")
    sign_review(review, actor=make.compliance("Olga"), now=AFTER, reason="Agreed.")
    assert QuarterlyReview.objects.get(pk=review.pk).is_signed


def test_one_that_was_sent_back_is_prepared_again_and_signed_from_the_beginning(
    review: QuarterlyReview, cora: Any, mona: Any, rolf: Any
) -> None:
    other = make.compliance("Olga")
    make.put_up(review, cora)
    sign_review(review, actor=other, now=AFTER, reason="Agreed.")
    with pytest.raises(WrongState, match="waits for signatures"):
        write_summary(review, summary="Other.", agenda="", actor=cora, now=AFTER)
    with pytest.raises(InvalidInput):
        send_back(review, actor=mona, now=AFTER, reason="")
    send_back(review, actor=mona, now=AFTER, reason="The night is missing.")
    add_finding(review, headline="The night", sentence="", actor=cora, now=AFTER)
    with pytest.raises(WrongState):
        send_back(review, actor=mona, now=AFTER, reason="Again.")
    make.signed(review, cora, other, mona, rolf)
    assert review.is_signed
    assert review.round == 2
    assert review.signatures.exclude(by=None).count() == 4
    assert untold() == []


def test_a_restatement_needs_a_reason_keeps_the_former_readable_and_freezes_anew(
    signed: QuarterlyReview, payments: BusinessUnit, cora: Any, mona: Any, rolf: Any
) -> None:
    before = signed.manifest
    for empty in ("", "  "):
        with pytest.raises(InvalidInput):
            restate(signed, actor=cora, now=AFTER, reason=empty)
    with pytest.raises(NotAllowed):
        restate(signed, actor=mona, now=AFTER, reason="I say so.")
    make.incidents(payments, 2)
    later = AFTER + timedelta(days=10)
    new = restate(signed, actor=cora, now=later, reason="Two incidents came in late.")
    assert (new.number, new.restates, new.state, new.summary) == (2, signed, "preparing", signed.summary)
    assert (signed.figures["metrics"]["incidents_opened"], new.figures["metrics"]["incidents_opened"]) == (3, 5)
    assert [each.number for each in FrozenFigures.objects.filter(unit=payments).order_by("number")] == [1, 2]
    with pytest.raises(Conflict, match="restated already"):
        restate(signed, actor=cora, now=later, reason="Again.")
    with pytest.raises(WrongState, match="Only what was signed"):
        restate(new, actor=cora, now=later, reason="Again.")
    make.signed(new, cora, make.compliance("Olga Second"), mona, rolf, now=later)
    signed.refresh_from_db()
    assert signed.manifest == before
    assert check_review(signed) == check_review(new) == []
    assert untold() == []


def test_findings_and_decisions_go_along_with_a_restatement_and_actions_are_chased_once(
    review: QuarterlyReview, cora: Any, mona: Any, rolf: Any
) -> None:
    finding = add_finding(review, headline="Late at night", sentence="", actor=cora, now=AFTER)
    decision = ask_decision(review, question="A second person?", finding=finding, actor=cora, now=AFTER)
    take_decision(decision, actor=mona, now=AFTER, reason="Yes.")
    make.action(review, cora, mona)
    make.signed(review, cora, make.compliance("Olga"), mona, rolf)
    new = restate(review, actor=cora, now=AFTER, reason="A name was wrong.")
    copied = new.decisions.get()
    assert copied.finding is not None
    assert (copied.outcome, copied.finding.headline, copied.finding.review) == ("Yes.", "Late at night", new)
    assert review.decisions.get().finding == finding
    assert QuarterlyAction.objects.count() == 1


def test_a_unit_whose_parts_changed_keeps_its_figures_and_the_page_says_so(review: QuarterlyReview, payments: BusinessUnit) -> None:
    assert units_changed(review) == ""
    make.unit("Newcomers", part_of=payments)
    BusinessUnit.objects.filter(pk=payments.pk).update(name="Payments and more")
    review = QuarterlyReview.objects.select_related("unit").get(pk=review.pk)
    told = units_changed(review)
    assert "Payments is called Payments and more now" in told
    assert "Newcomers became part of it" in told
    payments.services.update(business_unit=None)
    BusinessUnit.objects.get(name="Newcomers").services.update(business_unit=None)
    assert "no services any more" in units_changed(review)
    begin("2026Q1")
    assert [str(each.unit or "") for each in open_due(now=AFTER)] == [""]


def test_a_unit_that_was_closed_is_not_reviewed_any_more_and_its_review_is_still_signed(
    review: QuarterlyReview, payments: BusinessUnit, cora: Any, mona: Any, rolf: Any
) -> None:
    payments.services.update(business_unit=None)
    assert make.signed(review, cora, make.compliance("Olga"), mona, rolf).is_signed
    begin("2026Q2")
    assert [each.unit for each in open_due(now=datetime(2026, 7, 2, tzinfo=UTC))] == [None]


def test_two_who_press_the_same_button_change_it_once(review: QuarterlyReview, cora: Any) -> None:
    first, second = (QuarterlyReview.objects.get(pk=review.pk) for _ in range(2))
    make.put_up(first, cora)
    with pytest.raises(WrongState, match="waits for signatures"):
        submit_review(second, actor=cora, now=AFTER, reason="All of it.")
    sign_review(first, actor=cora, now=AFTER, reason="Agreed.")
    with pytest.raises(NotAllowed, match="signed this review already"):
        sign_review(second, actor=cora, now=AFTER, reason="Agreed.")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"steps": []}, "title_1"),
        ({"steps": [{"title": "", "role": "manager"}]}, "title_1"),
        ({"steps": [{"title": "Committee", "role": "nobody"}]}, "role_1"),
        ({"days_to_sign": 0}, "days_to_sign"),
    ],
)
def test_rules_name_who_signs_and_nonsense_is_told_where(cora: Any, given: dict[str, Any], field: str) -> None:
    rules = QuarterlyRules.objects.get()
    with pytest.raises(InvalidInput) as refused:
        set_rules(rules, **{"days_to_sign": 30, "steps": rules.steps, **given}, actor=cora, now=AFTER, reason="Try.")
    assert field in refused.value.fields


def test_rules_are_changed_by_right_only_and_what_is_put_up_keeps_its_own(review: QuarterlyReview, cora: Any, mona: Any) -> None:
    make.put_up(review, cora)
    rules = QuarterlyRules.objects.get()
    with pytest.raises(NotAllowed):
        set_rules(rules, days_to_sign=30, steps=rules.steps, actor=mona, now=AFTER, reason="Mine.")
    set_rules(rules, days_to_sign=30, steps=rules.steps[:1], actor=cora, now=AFTER, reason="Small.")
    assert progress_of([QuarterlyReview.objects.get(pk=review.pk)])[review.pk].signatures == 3
    assert untold() == []


def test_what_was_signed_names_no_person_but_by_key(signed: QuarterlyReview) -> None:
    told = json.loads(signed.manifest)
    assert told["submitted"]["by"] == signed.submitted_by_id
    assert not any(name in signed.manifest for name in ("Cora", "Mona", "Rolf"))


def test_a_unit_whose_figures_cannot_be_read_stops_no_other(payments: BusinessUnit, monkeypatch: pytest.MonkeyPatch) -> None:
    begin("2026Q1")
    read = figures.read

    def fail_for_the_whole(quarter: Quarter, unit: BusinessUnit | None, *given: Any) -> Any:
        if unit is None:
            raise RuntimeError
        return read(quarter, unit, *given)

    monkeypatch.setattr(figures, "read", fail_for_the_whole)
    with pytest.raises(Unfinished, match="2026Q1 of the whole organisation failed"):
        open_due(now=AFTER)
    assert [each.unit_name for each in QuarterlyReview.objects.all()] == ["Payments"]
