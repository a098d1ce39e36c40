"""A person's data goes, and every proof stays valid."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.events.services import act
from audit.ledger import personal
from audit.ledger.personal import Personal
from audit.models import ForgottenSubject, LedgerEvent, LedgerLeaf, PersonalCard, Removal
from audit.retention.carrying_out import carry_out, carry_out_all, erase_returned_cards
from audit.retention.deciding import approve_removal, close_removal
from audit.retention.erasure import ask_erasure, look_for
from audit.retention.holds import lift_hold, place_hold
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import User
from tests.factories.portal import contact, person

from .long_ago import acted, happened, sound, there, told, verdict

pytestmark = pytest.mark.django_db
CANARY = "Zyxwva Öttinger"


@pytest.fixture
def gone(db: None) -> User:
    """Somebody who worked here, is named in what they did and in somebody else's words, and has left."""
    left = person(CANARY, username="zyxwva", email="zyxwva@example.org", roles=("responder",))
    contact(left, "https://example.org/zyxwva", label="phone of Zyxwva")
    for _ in range(2):
        acted(left)
    left.is_active = False
    save_tracked(left, actor=None, now=clock.now(), reason="Left.")
    return left


def named(why: str = f"{CANARY} called about it.") -> int:
    """An entry in which somebody else typed the name; its index."""
    return happened(1, years=0, why=why)[0]


def erase(left: User, ana: Any, tom: Any, chosen: list[int], now: Any) -> Removal:
    removal = ask_erasure(left, actor=ana, now=now, reason="Request 12.", chosen=chosen)
    approve_removal(removal, actor=tom, now=now, reason="Request 12 is justified.")
    carry_out(removal, now=now)
    removal.refresh_from_db()
    return removal


def everywhere(canary: str) -> list[str]:
    """The tables of the whole database that hold the canary, whatever its case."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - our own tables
            if canary.casefold() in repr(cursor.fetchall()).casefold():
                found.append(table)
    return found


def test_after_an_erasure_nobody_finds_the_person_and_all_proofs_hold(
    gone: User, ana: Any, tom: Any, today: Any, tmp_path: Path, capsys: Any
) -> None:
    index = named()
    left_out = named("Nothing about anybody.")
    assert everywhere("zyxwva")
    chosen = [naming.index for naming in look_for(gone, actor=ana, now=clock.now()).found]
    assert index in chosen
    removal = erase(gone, ana, tom, chosen, today)
    assert (removal.state(), everywhere("zyxwva"), everywhere("Öttinger")) == ("done", [], [])
    assert (there([index]), there([left_out])) == ([], [left_out])
    sound()
    assert verdict(tmp_path, capsys)["status"] == 0
    [bundle] = tmp_path.glob("*.zip")
    with zipfile.ZipFile(bundle) as archive:
        assert not any("zyxwva" in archive.read(name).decode("utf-8", "replace").casefold() for name in archive.namelist())


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the file is SQLite's")
def test_the_file_itself_does_not_hold_the_name_any_more(gone: User, ana: Any, tom: Any, today: Any) -> None:
    index = named("Zyxwva called.")
    chosen = [naming.index for naming in look_for(gone, actor=ana, now=clock.now(), others=["Zyxwva"]).found]
    assert index in chosen
    erase(gone, ana, tom, chosen, today)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    content = connection.connection.serialize()
    assert b"zyxwva" not in content.lower()


def test_the_event_says_what_went_and_who_let_it_go(gone: User, ana: Any, tom: Any, today: Any) -> None:
    index = named()
    cards = PersonalCard.objects.filter(subject=f"person:{gone.pk}").count()
    assert cards > 0
    erase(gone, ana, tom, [index], today)
    [event] = told("erasure.done")
    details = event["details"]
    assert (details["ranges"], details["subject"], details["cards"]) == ([[index, index]], f"person:{gone.pk}", cards)
    assert (details["asked_by_id"], details["approved_by_id"]) == (str(ana.pk), str(tom.pk))


def test_without_chosen_entries_the_cards_go_and_no_entry(gone: User, ana: Any, tom: Any, today: Any) -> None:
    before = LedgerEvent.objects.count()
    removal = erase(gone, ana, tom, [], today)
    assert LedgerEvent.objects.count() > before
    assert (removal.state(), PersonalCard.objects.filter(subject=f"person:{gone.pk}").exists()) == ("done", False)
    sound()


def test_the_account_stays_without_its_name(gone: User, ana: Any, tom: Any, today: Any) -> None:
    erase(gone, ana, tom, [], today)
    gone.refresh_from_db()
    assert (str(gone), gone.email, gone.is_active) == (f"Erased person {gone.pk}", "", False)
    assert set(gone.contact_points.values_list("address", flat=True)) == {""}


def test_no_card_comes_back_whoever_remembers_the_old_one(gone: User, ana: Any, tom: Any, today: Any) -> None:
    about = f"person:{gone.pk}"
    remembered = Personal(about, CANARY)
    [token] = PersonalCard.objects.filter(subject=about, value=CANARY).values_list("token", flat=True)
    erase(gone, ana, tom, [], today)
    # As another process, which sealed the name before and knows of no erasure.
    personal._known[remembered] = token
    for value in (CANARY, "Zyxwva again"):
        with act("thing.done", actor=None, now=today) as running:
            running.details = {"about": Personal(about, value)}
    assert not PersonalCard.objects.filter(subject=about).exists()
    assert everywhere(CANARY) == []
    events = LedgerEvent.objects.filter(type="thing.done").order_by("-pk")[:2]
    assert [content["details"]["about"] for content in personal.parsed(event.payload for event in events)] == ["erased", "erased"]


def test_the_database_takes_no_card_of_somebody_forgotten(gone: User, ana: Any, tom: Any, today: Any) -> None:
    erase(gone, ana, tom, [], today)
    card = PersonalCard(token="0" * 64, subject=f"person:{gone.pk}", value=CANARY, salt=b"0" * 32)
    with pytest.raises(IntegrityError), transaction.atomic():
        card.save(force_insert=True)
    for statement in ("DELETE FROM audit_forgottensubject", "UPDATE audit_forgottensubject SET subject = 'person:0'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_card_written_in_the_moment_of_the_erasure_goes_with_the_next_pass(gone: User, ana: Any, tom: Any, today: Any) -> None:
    about = f"person:{gone.pk}"
    removal = ask_erasure(gone, actor=ana, now=today, reason="Request 12.")
    approve_removal(removal, actor=tom, now=today, reason="Justified.")
    # Its transaction had looked before the erasure and ended after it: so no row of ForgottenSubject stood in its way.
    PersonalCard.objects.filter(subject=about).delete()
    PersonalCard.objects.create(token="0" * 64, subject=about, value=CANARY, salt=b"0" * 32)
    ForgottenSubject.objects.create(subject=about, since=today)
    assert erase_returned_cards() == 1


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM audit_personalcard",
        "UPDATE audit_personalcard SET value = 'Somebody else'",
        "UPDATE audit_personalcard SET subject = 'person:0'",
    ],
)
def test_cards_are_neither_changed_nor_removed_past_the_portal(attack: str, gone: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_an_erasure_lets_only_the_cards_of_its_person_go(gone: User, ana: Any, tom: Any, today: Any) -> None:
    removal = ask_erasure(gone, actor=ana, now=today, reason="Request 12.")
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalCard.objects.filter(subject=f"person:{gone.pk}").delete()
    approve_removal(removal, actor=tom, now=today, reason="Justified.")
    acted(ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalCard.objects.filter(subject=f"person:{ana.pk}").delete()


def test_who_still_works_here_is_not_erased(ana: Any, today: Any) -> None:
    with pytest.raises(WrongState, match="Deactivate"):
        ask_erasure(person("Eve"), actor=ana, now=today, reason="Request 12.")


def test_the_reason_does_not_name_the_person(gone: User, ana: Any, today: Any) -> None:
    for reason in (f"{CANARY} asked for it.", "zyxwva@EXAMPLE.org wrote.", ""):
        with pytest.raises(InvalidInput):
            ask_erasure(gone, actor=ana, now=today, reason=reason)
    with pytest.raises(InvalidInput, match="names the person"):
        ask_erasure(gone, actor=ana, now=today, reason="Zyx asked.", others=["zyx"])


@pytest.mark.parametrize("role", ["auditor", "administrator", "manager", "approver"])
def test_only_compliance_looks_for_people_and_asks(role: str, gone: User, today: Any) -> None:
    other = person("Olga", roles=(role,))
    with pytest.raises(NotAllowed):
        look_for(gone, actor=other, now=clock.now())
    with pytest.raises(NotAllowed):
        ask_erasure(gone, actor=other, now=today, reason="Request 12.")


def test_nobody_approves_an_erasure_they_asked_for(gone: User, ana: Any, today: Any) -> None:
    removal = ask_erasure(gone, actor=ana, now=today, reason="Request 12.")
    with pytest.raises(NotAllowed, match="yourself"):
        approve_removal(removal, actor=ana, now=today, reason="Fine.")


def test_an_approver_lets_cards_go_and_no_entry_that_they_may_not_read(gone: User, ana: Any, today: Any) -> None:
    abe, index = person("Abe", roles=("approver",)), named()
    removal = ask_erasure(gone, actor=ana, now=today, reason="Request 12.", chosen=[index])
    with pytest.raises(NotAllowed, match="may not read"):
        approve_removal(removal, actor=abe, now=today, reason="Fine.")
    close_removal(removal, actor=ana, now=today, reason="The cards alone.")
    approve_removal(ask_erasure(gone, actor=ana, now=today, reason="Request 12."), actor=abe, now=today, reason="Fine.")
    assert carry_out_all(now=today) > 0


def test_one_erasure_of_a_person_is_open_at_a_time(gone: User, ana: Any, tom: Any, today: Any) -> None:
    ask_erasure(gone, actor=ana, now=today, reason="Request 12.")
    with pytest.raises(WrongState, match="is open"):
        ask_erasure(gone, actor=tom, now=today, reason="Request 12.")


def test_only_sealed_entries_that_are_not_kept_for_good_can_be_chosen(gone: User, ana: Any, today: Any) -> None:
    kept = happened(1, kind="hold.placed")
    with transaction.atomic():
        acted(ana)
    for chosen, words in ((kept, "for good"), ([10**9], "not there"), ([-1], "not there"), (list(range(1_001)), "At most")):
        with pytest.raises(InvalidInput, match=words):
            ask_erasure(gone, actor=ana, now=today, reason="Request 12.", chosen=chosen)
    assert not Removal.objects.exists()


@pytest.mark.parametrize("on", ["everything", "the account", "what names the person"])
def test_a_hold_keeps_personal_data(on: str, gone: User, ana: Any, tom: Any, today: Any) -> None:
    with act("incident.noted", actor=gone, now=today, subject=tom):
        pass
    removal = ask_erasure(gone, actor=ana, now=today, reason="Request 12.")
    approve_removal(removal, actor=tom, now=today, reason="Justified.")
    held = {"everything": ("", ""), "the account": ("portal.user", str(gone.pk)), "what names the person": ("portal.user", str(tom.pk))}[on]
    hold = place_hold(actor=ana, now=today, reason="Matter 7.", object_model=held[0], object_pk=held[1])
    cards = PersonalCard.objects.filter(subject=f"person:{gone.pk}")
    assert (carry_out_all(now=today), cards.exists()) == (0, True)
    with pytest.raises(IntegrityError), transaction.atomic():
        cards.delete()
    lift_hold(hold, actor=tom, now=today, reason="Settled.")
    assert carry_out_all(now=today) > 0
    assert not cards.exists()


def test_a_hold_keeps_it_from_being_asked_for(gone: User, ana: Any, today: Any) -> None:
    place_hold(actor=ana, now=today, reason="Matter 7.", object_model="portal.user", object_pk=str(gone.pk))
    with pytest.raises(WrongState, match="covers it"):
        ask_erasure(gone, actor=ana, now=today, reason="Request 12.")


def test_names_are_found_whatever_their_case_and_not_by_chance(ana: Any) -> None:
    ada = person("Ada", username="ada-lovelace")
    exact = named("Ask ADA about it.")
    quoted = named('She wrote "Ada-Lovelace".')
    for number in range(3):
        with act("thing.done", actor=ana, now=clock.now()) as running:
            running.details = {"code": Personal(f"person:{ana.pk}", f"ada ada {number}")}
    seal(clock.now())
    assert {naming.index for naming in look_for(ada, actor=ana, now=clock.now()).found if naming.event.type == "incident.noted"} == {
        exact,
        quoted,
    }
    assert not any(naming.event.type == "thing.done" for naming in look_for(ada, actor=ana, now=clock.now()).found)


def test_names_with_quotes_and_wildcards_are_looked_for_as_they_are(ana: Any) -> None:
    odd = person("O'Hara \"50%_\\", username="odd")
    index = named("Called O'Hara \"50%_\\ twice.")
    named("O'Hara 50 or so.")
    assert index in {naming.index for naming in look_for(odd, actor=ana, now=clock.now()).found}
    assert json.loads(LedgerEvent.objects.get(pk=LedgerLeaf.objects.get(index=index).event).payload)["why"].startswith("Called")


def test_looking_for_a_person_is_an_event_that_does_not_name_them(gone: User, ana: Any) -> None:
    look_for(gone, actor=ana, now=clock.now(), others=["Zyx"])
    [event] = told("erasure.searched")
    assert event["details"]["subject_of"] == f"person:{gone.pk}"
    assert "zyx" not in json.dumps(event).casefold()
