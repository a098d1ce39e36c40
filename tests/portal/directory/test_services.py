"""A file of the CMDB: compared, decided, applied in one act, and nothing half-done."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from portal.foundation.directory.on_duty import duties
from portal.foundation.directory.services import KEPT_FOR, apply_sync, compare_again, decide, discard_sync, expire_old, try_file
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from portal.models import ContactPoint, DirectoryEntry, DirectoryRow, DirectorySync, User
from tests.factories.portal import contact, person

from .files import CHAT, MOBILE, applied, content_of, kinds, of, received

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", username="ana", email="ana@example.org", time_zone="Europe/Madrid")


@pytest.fixture
def ada() -> User:
    return person("Ada", roles=("administrator",))


@pytest.fixture
def ana_on_duty(ana: User, monkeypatch: Any) -> User:
    monkeypatch.setattr(duties, "_entries", {"tests": lambda at: {ana.pk: "On call for Payments"}})
    return ana


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_a_first_file_fills_what_is_empty_and_asks_where_both_say_something(ana: User, ada: User, now: datetime) -> None:
    sync = received(of(ana, name="Ana Ruiz", time_zone="Europe/Lisbon", skills=["databases"], contact_points=[MOBILE]), now=now, actor=ada)
    assert kinds(sync) == {"time_zone": "conflict", "skills": "new", "contact 1": "new"}
    assert fresh(ana).skills == ""
    apply_sync(sync, actor=ada, now=now, reason="Checked with the CMDB team.")
    assert (fresh(ana).skills, fresh(ana).time_zone) == ("databases", "Europe/Madrid")
    assert ana.contact_points.get().address == MOBILE["address"]
    assert not ana.contact_points.get().verified(now)


def test_after_both_agreed_their_change_is_a_change_and_ours_stays_ours(ana: User, now: datetime) -> None:
    applied(of(ana, name="Ana Ruiz", time_zone="Europe/Madrid", skills="cards", languages="es"), now=now)
    User.objects.filter(pk=ana.pk).update(languages="es, en")
    sync = received(of(ana, name="Ana R.", time_zone="Europe/Madrid", skills="cards", languages="es"), now=now + timedelta(hours=1))
    assert kinds(sync) == {"name": "change", "languages": "here"}


def test_both_sides_changed_is_a_conflict_that_a_person_decides_once(ana: User, ada: User, now: datetime) -> None:
    applied(of(ana, name="Ana Ruiz"), now=now)
    User.objects.filter(pk=ana.pk).update(display_name="Ana R.")
    sync = received(of(ana, name="A. Ruiz"), now=now, actor=ada)
    row = sync.rows.get()
    assert (row.kind, row.ours, row.theirs, row.base) == ("conflict", "Ana R.", "A. Ruiz", "Ana Ruiz")
    assert decide(sync, [row.pk], "keep", actor=ada, now=now) == 1
    settled = apply_sync(sync, actor=ada, now=now, reason="She prefers it.")
    assert (settled.state, bytes(settled.content), fresh(ana).display_name) == ("applied", b"", "Ana R.")
    assert kinds(received(of(ana, name="A. Ruiz", skills=""), now=now)) == {"name": "here"}


def test_conflicts_that_wait_keep_the_file_open(ana: User, ada: User, now: datetime) -> None:
    sync = applied(of(ana, time_zone="Asia/Tokyo", skills="cards"), now=now)
    assert (sync.state, bool(sync.content), fresh(ana).skills) == ("partly", True, "cards")
    waiting = sync.rows.get(kind="conflict")
    decide(sync, [waiting.pk], "take", actor=ada, now=now)
    assert apply_sync(sync, actor=ada, now=now).state == "applied"
    assert fresh(ana).time_zone == "Asia/Tokyo"


def test_the_act_stands_in_the_trail_with_its_reason_and_without_addresses(ana: User, ada: User, now: datetime) -> None:
    contact(ana, address="https://old.example.org/old-token")
    sync = received(of(ana, skills="cards", contact_points=[MOBILE]), now=now, actor=ada)
    decide(sync, list(sync.rows.values_list("pk", flat=True)), "take", actor=ada, now=now)
    apply_sync(sync, actor=ada, now=now, reason="Checked.")
    event = LedgerEvent.objects.get(type="directory.applied")
    assert '"why":"Checked."' in event.payload
    assert "cards" in event.payload
    everything = " ".join(LedgerEvent.objects.values_list("payload", flat=True)) + str(list(DirectoryRow.objects.values()))
    everything += str(list(DirectoryEntry.objects.values())) + str(list(ContactPoint.history.values()))
    assert "token-1" not in everything
    assert "old-token" not in everything
    newest = User.history.filter(id=ana.pk).order_by("history_id").last()
    assert newest.history_change_reason == "From the CMDB, cmdb.json: Checked."


def test_a_new_address_is_not_verified_and_a_lost_one_rests(ana: User, now: datetime) -> None:
    applied(of(ana, contact_points=[MOBILE, CHAT]), now=now)
    ana.contact_points.update(verified_at=now, verified_until=now + timedelta(days=9))
    applied(of(ana, contact_points=[{**MOBILE, "address": "https://phone.example.org/token-9"}]), now=now)
    first, second = ana.contact_points.order_by("order")
    assert (first.verified(now), first.active, second.verified(now), second.active) == (False, True, True, False)


def test_somebody_on_duty_is_not_cut_off_without_a_person(ana_on_duty: User, now: datetime) -> None:
    contact(ana_on_duty, address=MOBILE["address"], label="mobile")
    applied(of(ana_on_duty, active=True, contact_points=[MOBILE]), now=now)
    sync = applied(of(ana_on_duty, active=False, contact_points=[]), now=now)
    assert (sync.state, fresh(ana_on_duty).is_active, ana_on_duty.contact_points.get().active) == ("partly", True, True)
    assert "On call for Payments" in sync.rows.get(field="contact 1").words


def test_duty_that_began_after_the_comparison_counts(ana: User, now: datetime, monkeypatch: Any) -> None:
    applied(of(ana, active=True), now=now)
    sync = received(of(ana, active=False), now=now)
    monkeypatch.setattr(duties, "_entries", {"tests": lambda at: {ana.pk: "On call for Payments"}})
    with pytest.raises(Conflict, match="no longer what was decided"):
        apply_sync(sync, actor=None, now=now)
    assert kinds(compare_again(sync, actor=None, now=now)) == {"active": "conflict"}


def test_what_changed_meanwhile_is_not_written_over(ana: User, ada: User, now: datetime) -> None:
    applied(of(ana, name="Ana Ruiz", skills="cards"), now=now)
    sync = received(of(ana, name="Ana R.", skills="databases"), now=now)
    User.objects.filter(pk=ana.pk).update(display_name="Anna")
    with pytest.raises(Conflict, match="Nothing was applied: 1 of the differences"):
        apply_sync(sync, actor=ada, now=now)
    assert fresh(ana).skills == "cards"
    assert kinds(compare_again(sync, actor=ada, now=now)) == {"name": "conflict", "skills": "change"}


def test_an_older_file_does_not_undo_a_newer_one(ana: User, now: datetime) -> None:
    applied(of(ana, name="Ana Ruiz"), now=now)
    older = received(of(ana, name="Ana Old"), now=now)
    applied(of(ana, name="Ana New"), now=now)
    with pytest.raises(Conflict):
        apply_sync(older, actor=None, now=now)
    assert kinds(compare_again(older, actor=None, now=now)) == {"": "invalid"}
    assert fresh(ana).display_name == "Ana New"


def test_unknown_people_are_listed_and_not_made(ana: User, now: datetime) -> None:
    before = User.objects.count()
    sync = applied({"username": "nobody", "name": "=cmd()", "contact_points": [MOBILE]}, of(ana, skills="cards"), now=now)
    assert (sync.rows.get(kind="unknown").person_name, User.objects.count()) == ("=cmd()", before)


def test_people_of_imported_logs_are_unknown(now: datetime) -> None:
    person("Ida", username="ida", origin="imported", source_ref="Ida", is_active=False)
    assert received({"username": "ida", "active": True}, now=now).rows.get().kind == "unknown"


def test_a_superuser_is_not_switched_off_nor_on_and_nobody_gains_rights(now: datetime) -> None:
    root = person("Root", username="root", is_superuser=True)
    sync = applied(of(root, active=False, email="evil@example.org", name="R."), now=now)
    assert kinds(sync) == {"active": "invalid", "email": "invalid", "name": "conflict"}
    assert (fresh(root).is_active, fresh(root).email) == (True, "")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
        ({"languages": "klingonese"}, "is no language code"),
        ({"email": "not an address"}, "valid email"),
        ({"manager": "nobody"}, "No one person here is 'nobody'"),
        ({"manager": "ana"}, "Nobody is their own manager"),
        ({"name": "x" * 200}, "150"),
        ({"contact_points": [{**MOBILE, "channel": "pigeon"}]}, "is no channel"),
        ({"contact_points": [{**MOBILE, "label": ""}]}, "a label and an address"),
        ({"contact_points": [{**MOBILE, "address": "mailto:ana@example.org"}]}, "E-mail"),
        ({"contact_points": [{**MOBILE, "address": "javascript:alert(1)"}]}, "URL"),
        ({"contact_points": [{**MOBILE, "address": "***"}]}, "kept here"),
    ],
)
def test_a_value_that_cannot_stand_here_is_set_aside_and_the_rest_goes_on(ana: User, now: datetime, fields: Any, said: str) -> None:
    sync = applied(of(ana, skills="cards", **fields), now=now)
    row = sync.rows.get(kind="invalid")
    assert said in row.words
    assert row.place == "person 1"
    assert fresh(ana).skills == "cards"


def test_two_managers_of_each_other_are_set_aside(ana: User, now: datetime) -> None:
    tom = person("Tom", username="tom")
    sync = applied(of(ana, manager="tom"), of(tom, manager="ana"), now=now)
    assert list(sync.rows.values_list("kind", flat=True)) == ["invalid", "invalid"]
    assert "each other's managers" in sync.rows.all()[0].words
    assert fresh(ana).manager is None


def test_a_circle_that_only_the_decisions_close_is_refused_whole(ana: User, ada: User, now: datetime) -> None:
    tom = person("Tom", username="tom", manager=ana)
    ida = person("Ida", username="ida")
    sync = received(of(ana, manager="tom", skills="cards"), of(tom, manager="ida"), now=now, actor=ada)
    decide(sync, [sync.rows.get(person=tom).pk], "keep", actor=ada, now=now)
    with pytest.raises(InvalidInput, match="each other's managers"):
        apply_sync(sync, actor=ada, now=now)
    assert (fresh(ana).skills, fresh(tom).manager_id, ida.pk > 0) == ("", ana.pk, True)


def test_somebody_is_found_by_external_id_email_or_username(ana: User, now: datetime) -> None:
    applied({"external_id": "E-7", "email": "ANA@example.org", "skills": "cards"}, now=now)
    assert DirectoryEntry.objects.get().external_id == "E-7"
    applied({"external_id": "E-7", "skills": "cards, databases"}, now=now)
    assert fresh(ana).skills == "cards, databases"
    other = received({"external_id": "E-8", "username": "ana"}, {"external_id": "E-7", "username": "tom"}, now=now)
    assert set(other.rows.values_list("kind", flat=True)) == {"invalid"}


def test_two_entries_that_mean_one_person_are_told(ana: User, now: datetime) -> None:
    sync = received({"username": "ana", "skills": "a"}, {"email": "ana@example.org", "skills": "b"}, now=now)
    assert "Person 1 means the same person." in sync.rows.get(kind="invalid").words


def test_the_same_file_does_not_wait_twice(ana: User, now: datetime) -> None:
    received(of(ana, skills="cards"), now=now)
    with pytest.raises(Conflict, match="waits already"):
        received(of(ana, skills="cards"), now=now)


def test_a_dry_run_keeps_nothing(ana: User, ada: User, now: datetime) -> None:
    plan = try_file(content_of(of(ana, skills="cards")), actor=ada, now=now)
    assert (len(plan.people), DirectorySync.objects.count()) == (1, 0)


def test_nobody_without_the_right_does_any_of_it(ana: User, now: datetime) -> None:
    sync = received(of(ana, skills="cards"), now=now)
    manager = person("Tom", roles=("manager",))
    for attempt in (
        lambda: try_file(b"", actor=manager, now=now),
        lambda: received(of(ana), now=now, actor=manager),
        lambda: decide(sync, [], "take", actor=manager, now=now),
        lambda: apply_sync(sync, actor=manager, now=now),
        lambda: compare_again(sync, actor=manager, now=now),
        lambda: discard_sync(sync, actor=manager, now=now, reason="x"),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_nobody_deactivates_their_own_account(ada: User, now: datetime) -> None:
    applied(of(ada, active=True), now=now)
    sync = received(of(ada, active=False), now=now, actor=ada)
    with pytest.raises(NotAllowed, match="own account"):
        apply_sync(sync, actor=ada, now=now)


def test_what_is_settled_is_forgotten_and_stays_settled(ana: User, ada: User, now: datetime) -> None:
    sync = discard_sync(received(of(ana, skills="cards"), now=now), actor=ada, now=now, reason="An old export.")
    assert (sync.state, bytes(sync.content)) == ("discarded", b"")
    with pytest.raises(WrongState, match="discarded already"):
        apply_sync(sync, actor=ada, now=now)


def test_a_file_that_nobody_settles_expires(ana: User, now: datetime) -> None:
    sync = received(of(ana, skills="cards"), now=now)
    assert expire_old(now=now + KEPT_FOR) == 0
    assert expire_old(now=now + KEPT_FOR + timedelta(seconds=1)) == 1
    sync.refresh_from_db()
    assert (sync.state, bytes(sync.content)) == ("expired", b"")


def test_a_clear_change_that_somebody_wants_to_think_about_keeps_the_file_open(ana: User, ada: User, now: datetime) -> None:
    sync = received(of(ana, skills="cards"), now=now, actor=ada)
    decide(sync, [sync.rows.get().pk], "", actor=ada, now=now)
    assert apply_sync(sync, actor=ada, now=now).state == "partly"
    assert fresh(ana).skills == ""


def test_a_telephone_number_is_compared_as_it_is_kept(ana: User, now: datetime) -> None:
    contact(ana, address="+34600123456", channel="sms", label="mobile")
    point = {"order": 1, "channel": "sms", "label": "mobile", "address": "0034 600 123-456"}
    assert kinds(received(of(ana, contact_points=[point]), now=now)) == {}
    (row,) = received(of(ana, contact_points=[{**point, "address": "+34600999888"}]), now=now).rows.all()
    assert "600" not in row.ours + row.theirs
