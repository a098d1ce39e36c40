"""The quarterly review in the admin: who sees which, what the page says, and what its buttons do."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import LedgerEvent
from portal.foundation import clock
from portal.foundation.errors import InvalidInput
from portal.foundation.granting.appointments import appoint
from portal.models import User
from reports.models import QuarterlyAction, QuarterlyReview, QuarterlyRules
from reports.quarterly import escalated, proposing
from reports.quarterly.actions import finish_action
from reports.quarterly.deciding import ask_decision
from reports.quarterly.judging import add_finding, judge_together
from reports.quarterly.opening import restate
from reports.quarterly.packing import finish_signed
from reports.quarterly.signing import send_back, sign_review
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER, DURING

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AFTER)


@pytest.fixture
def cora(db: None) -> Any:
    return make.compliance()


@pytest.fixture
def review(cora: Any) -> QuarterlyReview:
    payments = make.unit("Payments")
    make.incidents(payments, 3)
    return make.opened(payments, by=cora)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(review: Any) -> str:
    return reverse("admin:reports_quarterlyreview_change", args=[review.pk])


def press(review: Any, key: str) -> str:
    return reverse("admin:reports_quarterlyreview_do", args=[review.pk, key])


def read(user: User, address: str, status: int = 200) -> str:
    answer = browser(user).get(address)
    assert answer.status_code == status
    return str(answer.content.decode())


def test_the_page_reads_like_the_report(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "patterns_in", lambda content: [make.pattern("late", numbers=("INC404",))])
    payments = make.unit("Payments <b>& more</b>")
    make.incidents(payments, 3)
    make.incidents(payments, 2, at=DURING - timedelta(days=90))
    made = make.opened(payments, by=cora)
    found = read(cora, page(made))
    assert "First quarter of 2026, Payments &lt;b&gt;&amp; more&lt;/b&gt;" in found
    for words in (
        "Headline of late",
        "INC404",
        "Incidents opened",
        "1 more",
        "Accept",
        "Data cut-off",
        "Nobody has written yet",
        "Break-glass uses",
    ):
        assert words in found, words
    places = [found.index(f'id="qr-{part}"') for part in ("summary", "changes", "findings", "decisions", "last", "beside", "signatures")]
    assert places == sorted(places)


def test_each_figure_opens_the_incidents_behind_it(review: QuarterlyReview, cora: Any) -> None:
    unresolved = make.incidents(review.unit, 1, resolved_at=None, state="in_progress", acknowledged_at=None)[0]
    address = reverse("admin:reports_quarterlyreview_behind", args=[review.pk])
    assert unresolved.number in read(cora, f"{address}?figure=unresolved")
    assert "1 incident." in read(cora, f"{address}?figure=never_acknowledged")
    assert "4 incidents" in read(cora, f"{address}?figure=incidents_opened")
    for key in ("sla_breached", "with_problem", "with_change", "functional_escalations"):
        assert "No incident" in read(cora, f"{address}?figure={key}")
    for nonsense in ("", "?figure=", "?figure=nonsense", "?figure=%00"):
        read(cora, f"{address}{nonsense}", 404)


def test_by_role_all_are_seen_and_an_auditor_of_a_unit_sees_those_of_the_unit(review: QuarterlyReview, cora: Any) -> None:
    whole, loans = make.opened(None, by=cora), make.opened(make.unit("Loans"), by=cora)
    auditor = person("Aud")
    appoint(auditor, actor=None, now=AFTER, until=AFTER + timedelta(days=9), reason="Audit", scope=[review.unit])
    listing = reverse("admin:reports_quarterlyreview_changelist")
    assert "Payments" in read(auditor, listing)
    assert "Loans" not in read(auditor, listing)
    read(auditor, page(review))
    for other in (whole, loans):
        assert browser(auditor).get(page(other)).status_code in (302, 403, 404)
    for role in ("manager", "approver", "auditor"):
        assert "the whole organisation" in read(person(role, roles=(role,)), listing)
    for role in ("responder", "stakeholder", "administrator"):
        read(person(role, roles=(role,)), listing, 403)


def test_the_list_shows_state_due_date_and_progress_in_as_many_queries_however_long_it_is(cora: Any) -> None:
    client, listing = browser(cora), reverse("admin:reports_quarterlyreview_changelist")
    for name in ("One", "Two"):
        make.opened(make.unit(name), by=cora)
    client.get(listing)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(listing)
    for number in range(6):
        made = make.opened(make.unit(f"More {number}"), by=cora)
        add_finding(made, headline="Seen", sentence="", actor=cora, now=AFTER)
    make.put_up(made, cora)
    # A session notes once a minute that it is used.
    client.get(listing)
    with CaptureQueriesContext(connection) as many:
        answer = client.get(listing)
    assert len(many) == len(few)
    assert "0 of 3 signatures, next: Compliance" in answer.content.decode()
    for state in ("live", "overdue", "signing", "signed"):
        assert client.get(listing, {"is": state}).status_code == 200


def test_the_page_takes_as_many_queries_however_much_was_found(review: QuarterlyReview, cora: Any) -> None:
    client = browser(cora)
    number = review.unit.services.first().incidents.first().number  # type: ignore[union-attr]

    def more(times: int) -> None:
        for each in range(times):
            finding = add_finding(review, headline=f"Seen {each}", sentence="", incidents=number, actor=cora, now=AFTER)
            ask_decision(review, question="Really?", finding=finding, actor=cora, now=AFTER)
            make.action(review, cora, cora)

    more(1)
    client.get(page(review))
    with CaptureQueriesContext(connection) as few:
        client.get(page(review))
    more(5)
    with CaptureQueriesContext(connection) as many:
        client.get(page(review))
    assert len(many) == len(few)


def test_a_review_is_run_by_its_buttons_from_opening_to_the_last_signature(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "patterns_in", lambda content: [make.pattern("late"), make.pattern("role", rank=2)])
    payments, mona, rolf = make.unit("Payments"), make.manager(), make.committee()
    by = browser(cora)
    opening = by.post(reverse("admin:reports_quarterlyreview_add"), {"quarter": "2026Q1", "unit": payments.pk, "reason": "Now."})
    review = QuarterlyReview.objects.get()
    assert (opening.status_code, opening["Location"]) == (302, page(review))
    first, second = review.findings.all()
    judge = [reverse("admin:reports_quarterlyreview_finding", args=[review.pk, one.pk]) for one in (first, second)]
    assert by.post(judge[0], {"accept": ""}).status_code == 302
    assert by.post(judge[1], {"dismiss": "", "headline": second.headline, "reason": ""}).status_code == 400
    assert by.post(judge[1], {"dismiss": "", "headline": second.headline, "reason": "A test."}).status_code == 302
    assert by.post(press(review, "ask-decision"), {"question": "A second person?", "finding": first.pk}).status_code == 302
    decision = review.decisions.get()
    assert "1 decision to take" in read(cora, page(review))
    assert "1 decision is not taken yet" in read(cora, page(review))
    decide = reverse("admin:reports_quarterlyreview_decision", args=[review.pk, decision.pk])
    assert by.post(decide, {"take": "", "reason": "Mine."}).status_code == 403
    assert browser(mona).post(decide, {"take": "", "reason": "Yes."}).status_code == 302
    action = {"title": "Ask for people", "owner": mona.pk, "due_on": "2026-05-01", "finding": first.pk, "decision": decision.pk}
    assert by.post(press(review, "agree-action"), {**action, "due_on": "2020-01-01"}).status_code == 400
    assert by.post(press(review, "agree-action"), action).status_code == 302
    assert by.post(press(review, "write"), {"summary": "Quiet.", "agenda": "Findings"}).status_code == 302
    assert by.post(press(review, "submit"), {"reason": "All of it."}).status_code == 302
    early = browser(rolf).post(press(review, "sign"), {"reason": "Mine."})
    assert early.status_code == 400
    assert "Compliance signs first, then Risk committee" in early.content.decode()
    assert "Compliance signs first" in read(mona, page(review))
    for signer in (make.compliance("Olga"), mona, rolf):
        assert browser(signer).post(press(review, "sign"), {"reason": "Agreed."}).status_code == 302
    review.refresh_from_db()
    assert review.is_signed
    found = read(mona, page(review))
    assert "Rolf Risk" in found
    assert "Restate" not in found
    assert "It is still what was put up" in by.post(press(review, "check"), follow=True).content.decode()
    manifest = by.get(reverse("admin:reports_quarterlyreview_manifest", args=[review.pk]))
    assert manifest.content.decode() == review.manifest
    again = by.post(press(review, "restate"), {"reason": "A service was missing."})
    new = QuarterlyReview.objects.get(number=2)
    assert again["Location"] == page(new)
    assert "Nothing that the report shows is otherwise" in read(cora, page(new))
    assert new.name in read(cora, page(review))


def test_a_restatement_without_a_reason_is_refused_on_its_page(review: QuarterlyReview, cora: Any) -> None:
    make.signed(review, cora, make.compliance("Olga"), make.manager(), make.committee())
    assert browser(cora).post(press(review, "restate"), {"reason": "   "}).status_code == 400
    assert QuarterlyReview.objects.filter(number=2).count() == 0


def test_what_a_restatement_says_otherwise_stands_on_its_page(review: QuarterlyReview, cora: Any) -> None:
    make.signed(review, cora, make.compliance("Olga"), make.manager(), make.committee())
    make.incidents(review.unit, 2)
    new = restate(review, actor=cora, now=AFTER, reason="Two came late.")
    add_finding(new, headline="Late arrivals", sentence="", actor=cora, now=AFTER)
    found = read(cora, page(new))
    assert "Incidents opened: 3 before, 5 now." in found
    assert "Finding added: “Late arrivals”." in found


def test_an_owner_without_any_role_finds_and_finishes_their_action(review: QuarterlyReview, cora: Any) -> None:
    owner, other = person("Owner"), person("Other")
    action = make.action(review, cora, owner)
    address = reverse("admin:reports_quarterlyaction_change", args=[action.pk])
    assert "Raise the threshold" in read(owner, address)
    read(other, reverse("admin:reports_quarterlyaction_changelist"), 403)
    finish = reverse("admin:reports_quarterlyaction_do", args=[action.pk, "finish"])
    assert browser(other).post(finish, {"reason": "Mine."}).status_code in (403, 404)
    assert browser(owner).post(finish, {"reason": "Raised."}).status_code == 302
    assert QuarterlyAction.objects.get().state == "done"
    for state in ("open", "overdue", "mine", "left", "settled"):
        read(cora, f"{reverse('admin:reports_quarterlyaction_changelist')}?is={state}")


def test_the_page_of_an_action_whose_owner_left_says_so(review: QuarterlyReview, cora: Any) -> None:
    owner = make.manager()
    action = make.action(review, cora, owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert "left. Give it to somebody who is here" in read(cora, reverse("admin:reports_quarterlyaction_change", args=[action.pk]))
    assert "its owner left" in read(cora, page(review))
    assert "The owner of “Raise the threshold” has left" in read(cora, page(review))


def test_the_rules_are_changed_on_their_page(cora: Any) -> None:
    rules = QuarterlyRules.objects.get()
    address = reverse("admin:reports_quarterlyrules_do", args=[rules.pk, "set"])
    assert "Risk committee" in read(cora, address)
    wrong = {"days_to_sign": 30, "title_1": "Compliance", "role_1": "", "reason": "Small."}
    assert "Choose the role that gives it" in browser(cora).post(address, wrong).content.decode()
    assert browser(cora).post(address, {**wrong, "role_1": "compliance"}).status_code == 302
    assert QuarterlyRules.objects.get().steps == [{"title": "Compliance", "role": "compliance"}]


def test_one_of_a_running_quarter_says_that_it_is_provisional_and_offers_no_signature(cora: Any) -> None:
    by = browser(cora)
    by.post(reverse("admin:reports_quarterlyreview_add"), {"quarter": "2026Q2", "unit": "", "reason": "A first look."})
    review = QuarterlyReview.objects.get()
    found = read(cora, page(review))
    assert "Provisional: the quarter still runs" in found
    assert press(review, "submit") not in found
    assert by.post(press(review, "submit"), {"reason": "Now."}).status_code == 400


def test_one_that_is_there_already_is_not_opened_twice(review: QuarterlyReview, cora: Any) -> None:
    answer = browser(cora).post(
        reverse("admin:reports_quarterlyreview_add"), {"quarter": "2026Q1", "unit": review.unit_id, "reason": "Again."}
    )
    assert answer.status_code == 400
    assert "open already" in answer.content.decode()


def test_actions_of_last_time_and_signatures_of_an_earlier_round_are_shown(review: QuarterlyReview, cora: Any) -> None:
    before = make.opened(review.unit, by=cora, quarter=make.QUARTER.previous)
    kept = make.action(before, cora, cora, title="From last time")
    finish_action(kept, actor=cora, now=AFTER, reason="It was easy.")
    make.put_up(review, cora)
    sign_review(review, actor=cora, now=AFTER, reason="Agreed.")
    browser(cora).post(press(review, "send-back"), {"reason": "Not yet."})
    found = read(cora, page(review))
    assert "From last time" in found
    assert "It was easy." in found
    assert "1 signature of an earlier round counts no more" in found


def test_times_behind_a_figure_are_the_readers_own_and_named(review: QuarterlyReview, cora: Any) -> None:
    User.objects.filter(pk=cora.pk).update(time_zone="Asia/Shanghai")
    found = read(
        User.objects.get(pk=cora.pk), f"{reverse('admin:reports_quarterlyreview_behind', args=[review.pk])}?figure=incidents_opened"
    )
    assert 'title="2026-02-10 09:00:00 UTC">10 Feb 2026, 17:00' in found
    assert "read at <time" in found


def test_every_quarter_with_incidents_can_be_opened_however_long_ago(cora: Any) -> None:
    make.incidents(make.unit("Payments"), 1, at=datetime(2016, 2, 29, 9, 0, tzinfo=UTC))
    address = reverse("admin:reports_quarterlyreview_add")
    assert '<option value="2016Q1">First quarter of 2016' in read(cora, address)
    assert 'value="2016Q2"' not in read(cora, address)
    assert browser(cora).post(address, {"quarter": "2016Q1", "unit": "", "reason": "The log was brought in."}).status_code == 302
    assert QuarterlyReview.objects.get().quarter == "2016Q1"


def test_findings_are_judged_one_after_the_other_without_looking_for_each(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = [make.pattern(name, rank=rank) for rank, name in enumerate(("one", "two", "three"), start=1)]
    monkeypatch.setattr(proposing, "patterns_in", lambda content: patterns)
    made = make.opened(make.unit("Payments"), by=cora)
    one, two, three = made.findings.all()

    def accepts(finding: Any) -> str:
        address = reverse("admin:reports_quarterlyreview_finding", args=[made.pk, finding.pk])
        return str(browser(cora).post(address, {"accept": ""})["Location"])

    assert accepts(two) == f"{page(made)}#finding-{three.pk}"
    assert accepts(three) == f"{page(made)}#finding-{one.pk}", "the last one leads back to the first that waits"
    assert accepts(one) == f"{page(made)}#finding-{one.pk}"
    address = reverse("admin:reports_quarterlyreview_finding", args=[made.pk, one.pk])
    assert "Accept in these words" in read(cora, address)


def test_several_findings_are_judged_together_all_or_none(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = [make.pattern(name, rank=rank) for rank, name in enumerate(("one", "two", "three", "four"), start=1)]
    monkeypatch.setattr(proposing, "patterns_in", lambda content: patterns)
    made = make.opened(make.unit("Payments"), by=cora)
    one, two, three, _ = made.findings.all()
    by, several = browser(cora), press(made, "judge-together")
    assert "Judge several findings" in read(cora, page(made))

    assert "Choose at least one finding" in by.post(several, {"verdict": "accepted"}).content.decode()
    silent = by.post(several, {"findings": [one.pk, two.pk], "verdict": "dismissed", "reason": " "})
    assert (silent.status_code, "Say why it is no finding" in silent.content.decode()) == (400, True)
    assert set(made.findings.values_list("state", flat=True)) == {"proposed"}

    assert by.post(several, {"findings": [one.pk, two.pk], "verdict": "dismissed", "reason": "Tests."}).status_code == 302
    again = by.post(several, {"findings": [two.pk, three.pk], "verdict": "accepted"})
    assert again.status_code == 400, "one of them is judged already, so the other stays as it was"
    with pytest.raises(InvalidInput, match="meanwhile"):
        judge_together(made, findings=[two.pk, three.pk], verdict="accepted", actor=cora, now=make.AFTER)
    assert by.post(several, {"findings": [three.pk], "verdict": "accepted"}).status_code == 302

    assert list(made.findings.values_list("state", "reason")) == [
        ("dismissed", "Tests."),
        ("dismissed", "Tests."),
        ("accepted", ""),
        ("proposed", ""),
    ]
    told = LedgerEvent.objects.filter(type="quarterly_review.finding_judged").order_by("pk").values_list("payload", flat=True)
    assert [json.loads(payload)["details"]["finding"] for payload in told] == [one.pk, two.pk, three.pk]
    shown = read(cora, page(made))
    assert "Judge several findings" not in shown, "one alone is judged where it stands"
    assert "Accept after all" in shown


def test_a_finding_opens_every_incident_that_it_names(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payments = make.unit("Payments")
    numbers = tuple(incident.number for incident in make.incidents(payments, 14))
    monkeypatch.setattr(proposing, "patterns_in", lambda content: [make.pattern("late", numbers=(*numbers, "INC404"))])
    made, other = make.opened(payments, by=cora), make.opened(None, by=cora)
    finding = made.findings.get()
    address = f"{reverse('admin:reports_quarterlyreview_behind', args=[made.pk])}?finding="
    assert f'href="{address}{finding.pk}">3 more' in read(cora, page(made))
    found = read(cora, f"{address}{finding.pk}")
    assert "14 incidents" in found
    assert all(number in found for number in numbers)
    for nonsense in ("", "0", "x", "٣", "9" * 30, str(other.findings.get().pk)):
        read(cora, address + nonsense, 404)


def test_whoever_decides_sees_the_finding_that_it_is_about(review: QuarterlyReview, cora: Any) -> None:
    finding = add_finding(review, headline="Nights <b>", sentence="Late at night.", incidents="", actor=cora, now=AFTER)
    decision = ask_decision(review, question="A second person?", finding=finding, actor=cora, now=AFTER)
    found = read(make.manager(), reverse("admin:reports_quarterlyreview_decision", args=[review.pk, decision.pk]))
    assert "Because of the finding “Nights &lt;b&gt;”. Late at night." in found


def test_after_the_last_signature_the_page_of_the_figures_says_that_the_pack_is_being_made(review: QuarterlyReview, cora: Any) -> None:
    figures = reverse("admin:reports_frozenfigures_change", args=[review.frozen_id])
    assert "come when its review is signed" in read(cora, figures)
    make.signed(review, cora, cora, make.manager(), make.committee())
    waits = read(cora, figures)
    assert "The review is signed, and a worker makes the pack" in waits
    assert "data-progress-live" in waits
    assert "Build a draft" not in waits
    assert page(review) in waits
    assert "signed, pack being made" in read(cora, reverse("admin:reports_frozenfigures_changelist"))
    assert finish_signed(now=AFTER) == 1
    done = read(cora, figures)
    assert "The pack was finished" in done
    assert "data-progress-live" not in done


def test_a_pack_that_does_not_come_is_said_to_be_stuck(review: QuarterlyReview, cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.signed(review, cora, cora, make.manager(), make.committee())
    monkeypatch.setattr(clock, "now", lambda: AFTER + timedelta(hours=1))
    found = read(cora, reverse("admin:reports_frozenfigures_change", args=[review.frozen_id]))
    assert "its pack is not made yet" in found
    assert "data-progress-live" not in found


def test_the_page_tells_of_escalations_and_leads_to_what_is_behind_them(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payments = make.unit("Payments")
    quiet = make.opened(None, by=cora)
    assert "The portal escalated none of these incidents" in read(cora, page(quiet))
    monkeypatch.setattr(escalated, "picked", lambda content: {"runs": 3, "windows": 2, "without_rationale": 1})
    made = make.opened(payments, by=cora)
    found = read(cora, page(made))
    assert "Escalations begun" in found
    behind = reverse("admin:reports_figures_behind")
    assert f'href="{behind}?quarter=2026Q1&amp;of=unit%3A{payments.pk}&amp;figure=windows.missed">Windows missed' in found
    assert f'href="{reverse("admin:reports_conformance_changelist")}?quarter=2026Q1">Deviations without a rationale' in found
    read(cora, f"{reverse('admin:reports_figures_changelist')}?quarter=2026Q1&of=unit:{payments.pk}")


def test_one_that_was_sent_back_says_by_whom_and_why_until_it_is_put_up_again(review: QuarterlyReview, cora: Any) -> None:
    listing = reverse("admin:reports_quarterlyreview_changelist")
    assert "summary to write" in read(cora, listing)
    make.put_up(review, cora)
    send_back(review, actor=make.committee(), now=AFTER, reason="Nights are missing \u202e<b>")
    found = read(cora, page(review))
    assert "Sent back <time" in found
    assert "by Rolf Risk: “<bdi>Nights are missing \u202e&lt;b&gt;</bdi>”" in found
    assert "sent back; to be put up for signature" in read(cora, listing)
    make.put_up(QuarterlyReview.objects.get(pk=review.pk), cora)
    assert "Nights are missing" not in read(cora, page(review))


def test_of_what_was_reworded_only_what_is_otherwise_is_said_twice(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "patterns_in", lambda content: [make.pattern("late")])
    made = make.opened(make.unit("Payments"), by=cora)
    finding = made.findings.get()
    address = reverse("admin:reports_quarterlyreview_finding", args=[made.pk, finding.pk])
    browser(cora).post(address, {"accept": "", "headline": "Nights", "sentence": finding.sentence})
    found = read(cora, page(made))
    assert "Proposed as: “Headline of late”.</p>" in found
    assert found.count("Sentence of late.") == 1
    browser(cora).post(address, {"accept": "", "headline": "Nights", "sentence": "Nights are late."})
    assert "Proposed as: “Headline of late”. Sentence of late.</p>" in read(cora, page(made))
