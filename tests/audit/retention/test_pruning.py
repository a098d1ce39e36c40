"""What is old goes when two people let it go, and every proof stays valid."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit import tasks
from audit.evidence.bundles import export_evidence
from audit.evidence.checking import verify_ledger
from audit.evidence.proofs import prove
from audit.evidence.selection import Selection
from audit.evidence.verifier import verify
from audit.ledger.services import append
from audit.models import LedgerEvent, LedgerLeaf, Removal, RetentionPeriod
from audit.retention import carrying_out
from audit.retention.carrying_out import carry_out, carry_out_all
from audit.retention.classes import kept_from
from audit.retention.deciding import approve_removal, close_removal
from audit.retention.guards import EVENT_NO_DELETE
from audit.retention.holds import lift_hold, place_hold
from audit.retention.periods import set_period
from audit.retention.pruning import ask_pruning, what_is_old
from audit.retention.ranges import digest
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.jobs import jobs
from tests.factories.portal import person

from .long_ago import happened, sound, there, told, verdict

pytestmark = pytest.mark.django_db


def let_go(ana: Any, tom: Any, today: Any) -> Removal:
    removal = ask_pruning(actor=ana, now=today, reason="Seven years are over.")
    return approve_removal(removal, actor=tom, now=today, reason="Looked at the list.")


def found(today: Any) -> list[int]:
    return [entry.place for entry in what_is_old(now=today).entries]


def test_what_is_older_than_its_class_is_kept_goes_and_the_rest_stays(ana: Any, tom: Any, today: Any) -> None:
    old, young = happened(3), happened(2, years=2)
    removal = let_go(ana, tom, today)
    assert (there(old), removal.entries) == (old, 3)
    assert carry_out(removal, now=today) == 3
    removal.refresh_from_db()
    assert (there(old), there(young), removal.state()) == ([], young, "done")
    sound()


def test_the_event_names_the_ranges_the_policy_the_digest_and_both_people(ana: Any, tom: Any, today: Any) -> None:
    old = happened(2) + happened(1, kind="account.signed_in")
    hashes = [bytes(leaf) for leaf in LedgerLeaf.objects.filter(index__in=old).order_by("index").values_list("hash", flat=True)]
    removal = let_go(ana, tom, today)
    carry_out(removal, now=today)
    [event] = told("retention.pruned")
    details = event["details"]
    assert [index for first, last in details["ranges"] for index in range(first, last + 1)] == old
    assert details["digest"] == removal.digest == digest(hashes)
    assert {key: (of["months"], of["entries"]) for key, of in details["policy"].items()} == {"incidents": (84, 2), "access": (84, 1)}
    assert (details["asked_by_id"], details["approved_by_id"]) == (str(ana.pk), str(tom.pk))
    assert "Ana" not in json.dumps(event)


def test_a_bundle_and_older_proofs_verify_after_a_pruning(ana: Any, tom: Any, today: Any, tmp_path: Path, capsys: Any) -> None:
    old, young = happened(300), happened(3, years=1)
    kept = LedgerEvent.objects.get(pk=LedgerLeaf.objects.get(index=young[0]).event)
    before = prove(kept)
    carry_out(let_go(ana, tom, today), now=today)
    found = verdict(tmp_path, capsys)
    assert found["status"] == 0, found["findings"]
    assert found["entries"]["left_out"] == len(old)
    for number, proof in enumerate((before, prove(kept))):
        (tmp_path / f"{number}.tlog-proof").write_text(proof.text)
        (tmp_path / f"{number}.json").write_text(proof.payload)
        assert verify.main([str(tmp_path / f"{number}.tlog-proof"), "--payload", str(tmp_path / f"{number}.json")]) in (0, 5)


def test_classes_go_by_their_own_periods(ana: Any, tom: Any, today: Any) -> None:
    incidents, sign_ins = happened(2), happened(2, kind="account.signed_in")
    recent = happened(2, years=2, kind="account.signed_in")
    set_period(RetentionPeriod.objects.get(key="incidents"), actor=ana, now=today, reason="The regulator asks for ten years.", months=120)
    set_period(RetentionPeriod.objects.get(key="access"), actor=ana, now=today, reason="Data protection.", months=12)
    carry_out(let_go(ana, tom, today), now=today)
    assert (there(incidents), there(sign_ins + recent)) == (incidents, [])
    sound()


def test_numbers_of_a_thing_may_jump_over_what_went_in_the_middle(ana: Any, tom: Any, today: Any, tmp_path: Path, capsys: Any) -> None:
    about = ("incidents.incident", "12")
    kept = happened(1, kind="record.changed", subject=about)
    old = happened(2, subject=about)
    kept += happened(1, kind="record.changed", subject=about)
    set_period(RetentionPeriod.objects.get(key="other"), actor=ana, now=today, reason="Ten years.", months=120)
    carry_out(let_go(ana, tom, today), now=today)
    assert (there(old), there(kept)) == ([], kept)
    sound()
    assert verdict(tmp_path, capsys)["status"] == 0


@pytest.mark.parametrize("kind", ["ledger.restored", "evidence.exported", "retention.pruned", "erasure.done", "hold.placed"])
def test_what_is_kept_for_good_is_never_proposed(kind: str, today: Any) -> None:
    happened(1, kind=kind)
    assert found(today) == []


def test_an_entry_that_is_not_sealed_is_not_proposed(today: Any) -> None:
    old = happened(1)
    with transaction.atomic():
        append({"type": "incident.noted"}, now=today - timedelta(days=3000))
    assert found(today) == old


def test_the_day_on_which_the_period_ends_is_not_over_early(today: Any) -> None:
    end = kept_from(today, 84)
    with transaction.atomic():
        append({"type": "incident.noted"}, now=end)
        append({"type": "incident.noted"}, now=end - timedelta(microseconds=1))
    seal(today)
    assert len(found(today)) == 1


def test_nothing_old_is_nothing_to_ask_for(ana: Any, today: Any) -> None:
    happened(2, years=3)
    with pytest.raises(WrongState, match="Nothing may go"):
        ask_pruning(actor=ana, now=today, reason="Space.")
    assert not Removal.objects.exists()


def test_one_pruning_is_open_at_a_time(ana: Any, tom: Any, today: Any) -> None:
    happened(1)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    with pytest.raises(WrongState, match="is open"):
        ask_pruning(actor=tom, now=today, reason="Over.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Removal.objects.create(kind="pruning", reason="x", asked_at=today, asked_by=tom)
    close_removal(removal, actor=ana, now=today, reason="Later.")
    ask_pruning(actor=tom, now=today, reason="Over.")


@pytest.mark.parametrize("is_superuser", [False, True])
def test_nobody_approves_what_they_asked_for(today: Any, is_superuser: bool) -> None:
    sue = person("Sue", roles=("compliance",), is_superuser=is_superuser)
    happened(1)
    removal = ask_pruning(actor=sue, now=today, reason="Over.")
    with pytest.raises(NotAllowed, match="yourself"):
        approve_removal(removal, actor=sue, now=today, reason="Fine.")


def test_a_second_account_made_for_it_approves_nothing(ana: Any, today: Any) -> None:
    happened(1)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    late = person("Ana Too", roles=("compliance",), date_joined=today)
    with pytest.raises(NotAllowed, match="younger"):
        approve_removal(removal, actor=late, now=today, reason="Fine.")


def test_a_superuser_without_the_duty_and_the_portal_itself_approve_nothing(ana: Any, today: Any) -> None:
    happened(1)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    for actor in (person("Root", is_superuser=True), person("Ida", roles=("auditor",)), None):
        with pytest.raises(NotAllowed):
            approve_removal(removal, actor=actor, now=today, reason="Fine.")
    assert Removal.objects.get().approved_at is None


@pytest.mark.parametrize("role", ["auditor", "administrator", "manager", "approver", "responder"])
def test_only_compliance_asks(role: str, today: Any) -> None:
    happened(1)
    with pytest.raises(NotAllowed):
        ask_pruning(actor=person("Rita", roles=(role,)), now=today, reason="Over.")


def test_asking_and_deciding_need_words(ana: Any, tom: Any, today: Any) -> None:
    happened(1)
    with pytest.raises(InvalidInput):
        ask_pruning(actor=ana, now=today, reason=" ")
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    for decide in (approve_removal, close_removal):
        with pytest.raises(InvalidInput):
            decide(removal, actor=tom, now=today, reason=" ")


def test_what_is_not_approved_or_was_declined_stays(ana: Any, tom: Any, today: Any) -> None:
    old = happened(2)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    assert carry_out(removal, now=today) == 0
    close_removal(removal, actor=tom, now=today, reason="The auditors come in May.")
    with pytest.raises(WrongState, match="decided already"):
        approve_removal(removal, actor=tom, now=today, reason="After all.")
    assert carry_out_all(now=today) == 0
    assert (there(old), Removal.objects.get().state()) == (old, "declined")


def test_somebody_without_a_part_in_it_neither_declines_nor_withdraws(ana: Any, today: Any) -> None:
    happened(1)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    with pytest.raises(NotAllowed):
        close_removal(removal, actor=person("Ida", roles=("auditor",)), now=today, reason="No.")


def test_what_is_held_is_not_proposed(ana: Any, today: Any) -> None:
    about = ("incidents.incident", "12")
    held, free = happened(2, subject=about), happened(1, subject=("incidents.incident", "13"))
    place_hold(actor=ana, now=today, reason="Matter 7.", object_model=about[0], object_pk=about[1])
    assert (found(today), there(held)) == (free, held)
    place_hold(actor=ana, now=today, reason="Matter 8.")
    assert found(today) == []


@pytest.mark.parametrize("everything", [True, False])
def test_a_hold_placed_after_the_approval_stops_it_until_it_is_lifted(ana: Any, tom: Any, today: Any, everything: bool) -> None:
    old = happened(3, subject=("incidents.incident", "12"))
    let_go(ana, tom, today)
    on = {} if everything else {"object_model": "incidents.incident", "object_pk": "12"}
    hold = place_hold(actor=ana, now=today, reason="Matter 7.", **on)
    assert (carry_out_all(now=today), there(old)) == (0, old)
    lift_hold(hold, actor=tom, now=today, reason="Settled.")
    assert (carry_out_all(now=today), there(old)) == (3, [])
    sound()


def test_a_hold_on_it_keeps_it_from_being_approved(ana: Any, tom: Any, today: Any) -> None:
    happened(1)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    place_hold(actor=ana, now=today, reason="Matter 7.")
    with pytest.raises(WrongState, match="covers it"):
        approve_removal(removal, actor=tom, now=today, reason="Fine.")


class Killed(BaseException):
    """As a process that is killed: nothing catches it."""


def test_killed_between_two_transactions_it_goes_on_where_it_stopped(
    ana: Any, tom: Any, today: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    old: list[int] = []
    for _ in range(4):
        old += happened(2)
        happened(1, years=1)
    removal = let_go(ana, tom, today)
    whole = carrying_out.portions
    monkeypatch.setattr(carrying_out, "portions", lambda ranges: whole(ranges, 2))
    step, steps = carrying_out._step, iter([True, True, False])

    def killed_before_the_third(key: int, now: Any) -> int | None:
        if next(steps):
            return step(key, now)
        raise Killed

    monkeypatch.setattr(carrying_out, "_step", killed_before_the_third)
    with pytest.raises(Killed):
        carry_out(removal, now=today)
    assert there(old) == old[4:]
    sound()
    assert verdict(tmp_path, capsys)["status"] == 0
    monkeypatch.setattr(carrying_out, "_step", step)
    assert carry_out_all(now=today) == 4
    named = [index for event in told("retention.pruned") for first, last in event["details"]["ranges"] for index in range(first, last + 1)]
    assert (there(old), named, Removal.objects.get().state()) == ([], old, "done")
    sound()
    assert verdict(tmp_path, capsys)["status"] == 0


def test_killed_within_a_transaction_nothing_is_gone_and_nothing_told(
    ana: Any, tom: Any, today: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = happened(3)
    removal = let_go(ana, tom, today)

    def killed(*given: Any, **said: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(carrying_out, "save_tracked", killed)
        with pytest.raises(Killed):
            carry_out(removal, now=today)
    assert (there(old), told("retention.pruned")) == (old, [])
    assert carry_out_all(now=today) == 3
    sound()


def test_the_job_carries_out_what_was_approved(ana: Any, tom: Any, today: Any) -> None:
    old = happened(2)
    let_go(ana, tom, today)
    assert (tasks.carry_out_removals(), there(old)) == (2, [])
    assert jobs["removals"].function == "audit.tasks.carry_out_removals"


def test_carrying_out_twice_removes_once(ana: Any, tom: Any, today: Any) -> None:
    happened(2)
    removal = let_go(ana, tom, today)
    assert [carry_out(removal, now=today), carry_out(removal, now=today), carry_out_all(now=today)] == [2, 0, 0]
    assert len(told("retention.pruned")) == 1


def test_evidence_that_is_written_while_entries_go_is_not_handed_out(ana: Any, tom: Any, today: Any, tmp_path: Path) -> None:
    happened(2)
    removal = let_go(ana, tom, today)

    def meanwhile(seconds: float) -> None:
        seal(clock.now())
        carry_out(removal, now=today)

    with pytest.raises(WrongState, match="Export it again"):
        export_evidence(tmp_path / "bundle.zip", Selection(), actor=None, now=clock.now(), wait=meanwhile)
    assert not list(tmp_path.glob("*.zip"))


def test_a_large_pruning_is_a_thousand_entries_an_event(ana: Any, tom: Any, today: Any) -> None:
    happened(1_200)
    carry_out(let_go(ana, tom, today), now=today)
    assert [event["details"]["entries"] for event in told("retention.pruned")] == [1_000, 200]
    sound()


def test_what_is_beyond_the_most_waits_for_the_next_time(ana: Any, today: Any) -> None:
    old = happened(5)
    some = what_is_old(now=today, most=3)
    assert ([entry.place for entry in some.entries], some.more) == (old[:3], True)


def test_who_removes_one_more_is_found(ana: Any, tom: Any, today: Any) -> None:
    """A pruning excuses what it names, not its neighbours."""
    happened(2)
    young = happened(2, years=1)
    carry_out(let_go(ana, tom, today), now=today)
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else f" ON {EVENT_NO_DELETE.table}"
        cursor.execute(f"DROP TRIGGER {EVENT_NO_DELETE.name}{on}")
        cursor.execute("DELETE FROM audit_ledgerevent WHERE id = %s", [LedgerLeaf.objects.get(index=young[0]).event])
    findings = verify_ledger(now=today).findings
    assert [finding.index for finding in findings if finding.code == "entry_removed"] == [young[0]]
