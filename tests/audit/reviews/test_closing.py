"""From the last mark to a signature that freezes everything, and the check that it is still the same."""

import hashlib
import json
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from audit.models import LedgerEvent, ReviewFinding, ReviewItem, ReviewPeriod, ReviewSignOff
from audit.reviews.closing import check_period, close_period, reopen_period, sign_period, tell_check
from audit.reviews.findings import change_finding, make_finding, resolve_finding, withdraw_finding
from audit.reviews.frozen import file_of
from audit.reviews.judging import Judgement, judge
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY
from tests.factories.portal import person
from tests.untold import untold

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 3, 6)


@pytest.fixture
def period(rita: Any) -> ReviewPeriod:
    make.happened(3)
    return make.opened(make.plan(rita, of=make.of_incidents(rita)))


@pytest.fixture
def signed(period: ReviewPeriod, rita: Any, sam: Any) -> ReviewSignOff:
    make.judged(period, rita)
    close_period(period, actor=rita, now=MONDAY, reason="Nothing out of the ordinary.")
    return sign_period(period, actor=sam, now=MONDAY, reason="Looked at ten of them.")


def follow_up(period: ReviewPeriod, by: Any) -> ReviewItem:
    item = make.items_of(period)[0]
    judge(period, [Judgement(item.pk, "follow_up", "Ask the team.")], actor=by, now=MONDAY)
    return item


def test_closing_waits_for_every_mark_and_for_a_finding_of_every_follow_up(period: ReviewPeriod, rita: Any, sam: Any) -> None:
    with pytest.raises(WrongState, match="3 entries are not judged"):
        close_period(period, actor=rita, now=MONDAY, reason="Done.")
    item = follow_up(period, rita)
    make.judged(period, rita)
    with pytest.raises(WrongState, match="stands in no finding"):
        close_period(period, actor=rita, now=MONDAY, reason="Done.")
    finding = make_finding(period, items=[item.pk], title="Odd", owner=sam, due_on=FRIDAY, actor=rita, now=MONDAY)
    with pytest.raises(InvalidInput):
        close_period(period, actor=rita, now=MONDAY, reason=" ")
    close_period(period, actor=rita, now=MONDAY, reason="One question is open.")
    assert (finding.is_open, period.state) == (True, "closed")
    reopen_period(period, actor=sam, now=MONDAY, reason="The second entry needs another look.")
    assert ReviewPeriod.objects.get(pk=period.pk).state == "open"
    assert untold() == []


def test_a_signature_freezes_population_marks_and_checkpoint(signed: ReviewSignOff, sam: Any, rita: Any) -> None:
    told = json.loads(signed.manifest)
    assert told["items"]["marks"] == {"reviewed": 3}
    assert told["items"]["judged_by"] == {str(rita.pk): 3}
    assert told["population"]["entries"] == 3
    assert (told["signed"]["by"], told["signed"]["checkpoint"]["size"]) == (sam.pk, signed.checkpoint_size)
    assert told["signed"]["checkpoint"]["size"] >= told["period"]["size"]
    event = json.loads(LedgerEvent.objects.get(type="log_review.signed").payload)
    assert event["decision"]["manifest_sha256"] == signed.sha256
    assert not any("Rita" in part or "Sam" in part for part in (signed.manifest, json.dumps(event)))
    with pytest.raises(WrongState):
        reopen_period(signed.period, actor=sam, now=MONDAY, reason="Once more.")


def test_whoever_judged_does_not_sign_unless_the_plan_says_so(period: ReviewPeriod, rita: Any) -> None:
    make.judged(period, rita)
    close_period(period, actor=rita, now=MONDAY, reason="Done.")
    for nobody in (rita, None, person("Otto", roles=("auditor",)), person("Root", is_superuser=True)):
        with pytest.raises(NotAllowed):
            sign_period(period, actor=nobody, now=MONDAY, reason="Mine.")
    with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
        ReviewSignOff.objects.create(period=period, by=rita, by_name="R", at=MONDAY, words="x", manifest="{}", checkpoint_size=0)
    make.happened(1)
    alone = make.opened(make.plan(rita, of=make.of_incidents(rita), second_signature=False))
    make.judged(alone, rita)
    close_period(alone, actor=rita, now=MONDAY, reason="Done.")
    assert sign_period(alone, actor=rita, now=MONDAY, reason="Mine.").by == rita


PAST_THE_SERVICES = (
    "UPDATE audit_reviewitem SET note = 'other'",
    "UPDATE audit_reviewitem SET mark = 'false_alarm'",
    "DELETE FROM audit_reviewitem",
    "UPDATE audit_reviewperiod SET state = 'open'",
    "UPDATE audit_reviewperiod SET conclusion = 'other'",
    "UPDATE audit_reviewperiod SET digest = 'other'",
    "DELETE FROM audit_reviewperiod",
    "UPDATE audit_reviewsignoff SET manifest = '{}'",
    "DELETE FROM audit_reviewsignoff",
    "INSERT INTO audit_reviewitem (period_id, place, event, recorded_at, actor, behalf, about, drawn_as, mark, note) "
    "SELECT period_id, place + 1000, event, recorded_at, '', '', '', 'sample', '', '' FROM audit_reviewitem",
)


def test_the_database_refuses_to_touch_what_is_signed(signed: ReviewSignOff) -> None:
    for statement in PAST_THE_SERVICES:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_what_is_signed_is_still_the_same_and_what_got_past_the_guards_is_named(signed: ReviewSignOff, sam: Any) -> None:
    period = signed.period
    assert tell_check(period, actor=sam, now=MONDAY).is_the_same
    call_command("check_log_reviews", stdout=open("/dev/null", "w"))
    with connection.cursor() as cursor:
        triggers = {
            "sqlite": "DROP TRIGGER audit_reviewitem_frozen",
            "postgresql": "DROP TRIGGER audit_reviewitem_frozen ON audit_reviewitem",
        }
        cursor.execute(triggers[connection.vendor])
        cursor.execute("UPDATE audit_reviewitem SET note = 'seen' WHERE period_id = %s", [period.pk])
    assert check_period(period).wrong == ("Marks, notes or entries are not those that were signed.",)
    with pytest.raises(SystemExit):
        call_command("check_log_reviews", review=period.pk, stdout=open("/dev/null", "w"))


def test_the_downloaded_file_checks_itself(signed: ReviewSignOff, tmp_path: Any) -> None:
    first, *rest = list(file_of(signed))
    assert hashlib.sha256(first.rstrip(b"\n")).hexdigest() == signed.sha256
    assert hashlib.sha256(b"".join(rest)).hexdigest() == json.loads(first)["items"]["sha256"]
    file = tmp_path / "manifest.jsonl"
    file.write_bytes(first + b"".join(rest))
    call_command("check_log_reviews", file=file, stdout=open("/dev/null", "w"))
    file.write_bytes(first + b"".join(rest).replace(b"reviewed", b"follow_up"))
    with pytest.raises(SystemExit):
        call_command("check_log_reviews", file=file, stdout=open("/dev/null", "w"))


def test_a_finding_is_changed_resolved_by_its_owner_and_withdrawn_only_before_the_signature(
    period: ReviewPeriod, rita: Any, sam: Any
) -> None:
    mona = person("Mona", roles=("manager",))
    item = follow_up(period, rita)
    with pytest.raises(InvalidInput) as refused:
        make_finding(period, items=[item.pk], title=" ", owner=mona, due_on=date(2026, 2, 1), actor=rita, now=MONDAY)
    assert set(refused.value.fields) == {"title", "due_on"}
    with pytest.raises(NotAllowed):
        make_finding(period, items=[item.pk], title="Odd", owner=mona, due_on=FRIDAY, actor=mona, now=MONDAY)
    finding = make_finding(period, items=[item.pk], title="Odd", owner=sam, due_on=FRIDAY, actor=rita, now=MONDAY)
    refusal = judge(period, [Judgement(item.pk, "")], actor=rita, now=MONDAY).refused[item.pk]
    assert "It stands in the finding 'Odd'" in refusal
    withdraw_finding(finding, actor=rita, now=MONDAY, reason="Explained by the change of Friday.")
    assert ReviewItem.objects.get(pk=item.pk).finding is None
    second = make_finding(period, items=[item.pk], title="Odd after all", owner=mona, due_on=FRIDAY, actor=rita, now=MONDAY)
    change_finding(second, owner=mona, due_on=date(2026, 3, 9), evidence="CHG-7", actor=sam, now=MONDAY, reason="After the freeze.")
    make.judged(period, rita)
    close_period(period, actor=rita, now=MONDAY, reason="One finding.")
    signature = sign_period(period, actor=sam, now=MONDAY, reason="Agreed.")
    with pytest.raises(WrongState, match="signed"):
        withdraw_finding(second, actor=rita, now=MONDAY, reason="None.")
    resolve_finding(second, actor=mona, now=MONDAY, reason="The rule was put back.", evidence="CHG-8")
    assert ReviewFinding.objects.get(pk=second.pk).evidence == "CHG-7\nCHG-8"
    assert json.loads(signature.manifest)["signed"]["findings"][0]["state"] == "open"
    assert check_period(period).is_the_same
    assert untold() == []


def test_that_nothing_happened_is_signed_too(rita: Any, sam: Any) -> None:
    period = make.opened(make.plan(rita, of=make.of_incidents(rita)))
    close_period(period, actor=rita, now=MONDAY, reason="Nothing matched.")
    sign_period(period, actor=sam, now=MONDAY, reason="Agreed.")
    assert check_period(period).is_the_same
