"""A file of feedback comes in whole or not at all, and says line by line why not."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from audit.models import LedgerEvent
from incidents.feedback import reading
from incidents.feedback.importing import import_file, look
from incidents.feedback.queries import words_of
from incidents.feedback.services import withdraw
from incidents.models import Feedback, FeedbackWords
from portal.foundation.access.grants import grant
from portal.foundation.errors import InvalidInput, NotAllowed
from portal.foundation.people.models import User
from tests.factories.incidents import incident, service
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
# Commands read the clock, wherever it stands.
NOW = datetime(2020, 11, 20, 9, 0, tzinfo=UTC)
HEADER = "giver,given_on,way,satisfaction,incident,service,text"


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.rolf = person("Rolf", roles=("responder",))
            self.cards, self.loans = service("Card payments"), service("Loans")
            self.incident = incident(NOW, service=self.cards)

    return Scene()


def csv(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines]).encode()


def take(scene: Any, content: bytes, **said: Any) -> list[Feedback]:
    return import_file(content, file_name="survey.csv", now=NOW, **{"actor": scene.rolf} | said)


def problems(run: Callable[[], Any]) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        run()
    assert not Feedback.objects.exists()
    assert not LedgerEvent.objects.filter(type__startswith="feedback.").exists()
    return refused.value.fields["file"]


def test_every_answer_is_recorded_as_if_by_hand_and_the_file_is_an_event(scene: Any) -> None:
    content = csv(
        "customer,2020-11-19,survey,5,,card-payments,",
        f'Team,2020-11-20,MEETING,,{scene.incident.number},,"Two hours,\r\nthen ""nothing"" عربي 🔥"',
    )
    one, other = take(scene, content, reason="Survey of November")
    assert (one.giver, one.given_on, one.satisfaction, one.service, one.recorded_by) == (
        "customer",
        date(2020, 11, 19),
        5,
        scene.cards,
        scene.rolf,
    )
    assert (other.giver, other.way, other.satisfaction, other.incident, other.service) == (
        "team",
        "meeting",
        None,
        scene.incident,
        scene.cards,
    )
    assert words_of(other) == 'Two hours,\nthen "nothing" عربي 🔥'
    types = list(LedgerEvent.objects.filter(type__startswith="feedback.").order_by("id").values_list("type", flat=True))
    assert types == ["feedback.recorded", "feedback.recorded", "feedback.imported"]
    told = json.loads(LedgerEvent.objects.get(type="feedback.imported").payload)
    assert (told["details"]["file"], told["details"]["answers"], told["why"]) == ("survey.csv", 2, "Survey of November")
    assert not LedgerEvent.objects.filter(payload__contains="Two hours").exists()


def test_semicolons_a_mark_at_the_start_and_missing_columns_are_taken_as_they_come(scene: Any) -> None:
    content = "\ufeffway;giver;given_on;service;text\r\ncall;stakeholder;2020-11-19;loans;Fine\r\n\r\n".encode()
    [made] = take(scene, content)
    assert (made.way, made.giver, made.service, words_of(made)) == ("call", "stakeholder", scene.loans, "Fine")


def test_looking_writes_nothing(scene: Any, django_assert_num_queries: Any) -> None:
    lines = [f"customer,2020-11-{day:02},survey,{day % 5 + 1},,loans,Day {day}" for day in range(1, 20)]
    taken = look(csv(*lines), actor=scene.rolf, now=NOW)
    assert ([line.number for line, _ in taken.answers], taken.repeats) == (list(range(2, 21)), {})
    assert not Feedback.objects.exists()
    with django_assert_num_queries(2):
        look(csv(*lines), actor=scene.rolf, now=NOW)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("king,2020-11-19,survey,5,,loans,", "Say from whom"),
        ("=1+1,2020-11-19,survey,5,,loans,", "Say from whom"),
        ("customer,2020-11-19,dream,5,,loans,", "Say how it came"),
        ("customer,19.11.2020,survey,5,,loans,", "'19.11.2020' is no day"),
        ("customer,2020-02-30,survey,5,,loans,", "'2020-02-30' is no day"),
        ("customer,,survey,5,,loans,", "'' is no day"),
        ("customer,2020-11-24,survey,5,,loans,", "lies in the future"),
        ("customer,1020-11-19,survey,5,,loans,", "Check the year"),
        ("customer,2020-11-19,survey,6,,loans,", "from 1 to 5"),
        ("customer,2020-11-19,survey,4.0,,loans,", "'4.0' is no satisfaction"),
        ("customer,2020-11-19,survey,-1,,loans,", "'-1' is no satisfaction"),
        ("customer,2020-11-19,survey,\u0665,,loans,", "is no satisfaction"),
        ("customer,2020-11-19,survey,,,loans,\u200b", "a number from 1 to 5, words, or both"),
        ("customer,2020-11-19,survey,5,,,", "an incident or a service"),
        ("customer,2020-11-19,survey,5,INC9999999,,", "no incident has the number 'INC9999999'"),
        ("customer,2020-11-19,survey,5,,nowhere,", "no service has the key 'nowhere'"),
        ("customer,2020-11-19,survey,5,,loans,a\x1bb", "U+001B"),
        ("customer,2020-11-19,survey,5,,loans," + "x" * 4_001, "4,000"),
        ("customer,2020-11-19,survey,5,,loans", "6 cells, the header has 7"),
        ("customer,2020-11-19,survey,5,,loans,a,b", "8 cells"),
    ],
)
def test_one_line_that_cannot_be_keeps_all_out_and_is_named(scene: Any, line: str, words: str) -> None:
    [problem] = problems(lambda: take(scene, csv("customer,2020-11-19,survey,5,,loans,", line)))
    assert problem.startswith("Line 3: ")
    assert words in problem


def test_of_an_incident_another_service_is_a_problem_of_its_line(scene: Any) -> None:
    [problem] = problems(lambda: take(scene, csv(f"customer,2020-11-20,survey,5,{scene.incident.number},loans,")))
    assert problem.startswith(f"Line 2: {scene.incident.number} is about Card payments")


def test_every_problem_is_told_at_once_but_no_flood_of_them(scene: Any) -> None:
    several = csv("king,2020-11-19,mail,5,,loans,", "team,soon,mail,5,,loans,", "team,2020-11-19,mail,5,,nowhere,", "team,2020-11-19")
    assert [each[:7] for each in problems(lambda: take(scene, several))] == [f"Line {line}:" for line in (2, 3, 4, 5)]
    found = problems(lambda: take(scene, csv(*["king,2020-11-19,dream,5,,loans,"] * 30)))
    assert (found[0][:7], found[1][:7], found[-1], len(found)) == ("Line 2:", "Line 2:", "And 40 more.", 21)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        (csv(), "a header and no answers"),
        ("giver;given_on;way".encode("utf-16"), "UTF-16"),
        (csv("customer,2020-11-19,survey,5,,loans,Gr\u00fc\u00dfe").decode().encode("latin-1"), "Line 2: byte 0xFC is not UTF-8"),
        (csv('customer,2020-11-19,survey,5,,loans,"open'), "closing quote"),
        (csv("customer,2020-11-19,survey,5,,loans,\0"), "binary data"),
        (b"PK\x03\x04\x00\x00", "binary data"),
        (csv(header="giver,given_on"), "the header lacks way"),
        (csv(header="giver,given_on,way,customer_name"), "unknown column 'customer_name'"),
        (csv(header="giver,given_on,way,way"), "way stands twice"),
        (b"x" * (reading.LARGEST_BYTES + 1), "larger than 1 MB"),
        (csv(*["customer,2020-11-19,survey,5,,loans,"] * (reading.MOST_LINES + 1)), "more than 300 answers"),
        (csv("customer,2020-11-19,survey,5,,loans," + "x" * 140_000), "not well-formed CSV"),
        (b"[" * 100_000, "the header lacks"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(scene: Any, content: bytes, words: str) -> None:
    [problem] = problems(lambda: take(scene, content))
    assert words in problem


def test_a_formula_in_words_stays_words(scene: Any) -> None:
    one, other = take(scene, csv("customer,2020-11-19,mail,,,loans,=cmd|' /C calc'!A0", "customer,2020-11-19,mail,,,loans,'=1+1"))
    # The portal's own files have the apostrophe of harmless cells.
    assert (words_of(one), words_of(other)) == ("=cmd|' /C calc'!A0", "=1+1")


def test_the_same_file_twice_is_noticed_and_comes_in_again_only_if_that_is_meant(scene: Any) -> None:
    content = csv("customer,2020-11-19,survey,5,,loans,Fine", "customer,2020-11-19,survey,4,,loans,", "team,2020-11-18,call,,,loans,New")
    take(scene, content)
    with pytest.raises(InvalidInput) as refused:
        take(scene, content)
    assert [each.partition(". ")[0] for each in refused.value.fields["file"]] == [
        f"Line {n}: the same is on record already" for n in (2, 3, 4)
    ]
    assert Feedback.objects.count() == 3
    assert len(take(scene, content, again=True)) == 3


def test_what_was_withdrawn_is_not_on_record_any_more(scene: Any) -> None:
    content = csv("customer,2020-11-19,survey,5,,loans,Fine")
    [made] = take(scene, content)
    withdraw(made, actor=person("Mia", roles=("manager",)), now=NOW, reason="Not ours.")
    assert len(take(scene, content)) == 1


def test_equal_numbers_are_answers_of_several_people_and_equal_words_are_one(scene: Any) -> None:
    number, words = "customer,2020-11-19,survey,5,,loans,", "customer,2020-11-19,survey,5,,loans,Fine"
    assert len(take(scene, csv(number, number, number))) == 3
    # A fourth of them is new; of the first three nobody can tell.
    assert list(look(csv(*[number] * 4), actor=scene.rolf, now=NOW).repeats) == [2, 3, 4]
    assert look(csv(words, number, words), actor=scene.rolf, now=NOW).repeats[4] == "Line 4: line 2 says the same in the same words."


def test_of_an_incident_out_of_reach_nothing_is_said_but_that_there_is_none(scene: Any) -> None:
    sees = person("Sees Loans")
    sees.user_permissions.add(Permission.objects.get(codename="add_feedback"))
    grant("policies.see_service_incidents", sees, scene.loans)
    sees = User.objects.get(pk=sees.pk)
    hidden, there = scene.incident.number, incident(NOW, service=scene.loans)
    lines = [f"customer,2020-11-20,survey,5,{number},," for number in (hidden, "INC9999999")]
    said = problems(lambda: take(scene, csv(*lines), actor=sees))
    assert [each.replace(hidden, "X").replace("INC9999999", "X")[8:] for each in said] == [said[0].replace(hidden, "X")[8:]] * 2
    assert len(take(scene, csv(f"customer,2020-11-20,survey,5,{there.number},,"), actor=sees)) == 1


@pytest.mark.parametrize("roles", [(), ("auditor",), ("stakeholder",)])
def test_who_may_not_record_may_not_look_either(scene: Any, roles: tuple[str, ...]) -> None:
    other = person("Other", roles=roles)
    for run in (lambda: look(csv(), actor=other, now=NOW), lambda: take(scene, csv(), actor=other)):
        with pytest.raises(NotAllowed, match="import feedback"):
            run()


def test_what_fails_in_the_midst_leaves_nothing(scene: Any, monkeypatch: Any) -> None:
    before = FeedbackWords.objects.count()
    monkeypatch.setattr(FeedbackWords.objects, "create", lambda **row: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(scene, csv("customer,2020-11-19,survey,5,,loans,", "customer,2020-11-19,survey,5,,loans,Fine"))
    assert (Feedback.objects.count(), FeedbackWords.objects.count()) == (0, before)
    assert not LedgerEvent.objects.filter(type__startswith="feedback.").exists()


@pytest.fixture
def file(tmp_path: Path, scene: Any) -> Path:
    path = tmp_path / "survey.csv"
    path.write_bytes(csv("customer,2020-11-19,survey,5,,loans,Fine"))
    return path


def test_the_command_tells_records_and_notices_a_repeat(file: Path, scene: Any, capsys: Any) -> None:
    call_command("import_feedback", str(file), "--dry-run")
    assert capsys.readouterr().out.startswith("1 answer, 0 of them on record already")
    assert not Feedback.objects.exists()
    call_command("import_feedback", str(file), "--as", scene.rolf.username)
    assert capsys.readouterr().out == "1 answer recorded.\n"
    assert Feedback.objects.get().recorded_by == scene.rolf
    with pytest.raises(CommandError, match=r"on record already.*Nothing was recorded\."):
        call_command("import_feedback", str(file))
    call_command("import_feedback", str(file), "--again")
    told = json.loads(LedgerEvent.objects.filter(type="feedback.imported").latest("id").payload)
    assert told["details"]["person"]
    assert Feedback.objects.filter(recorded_by=None).count() == 1


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("none.csv", (), "There is no file"),
        ("", (), "There is no file"),
        ("survey.csv", ("--as", "nobody"), "no person"),
        ("\0", (), "file"),
    ],
)
def test_a_command_that_cannot_says_why(file: Path, name: str, more: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("import_feedback", str(file.parent / name), *more)
    assert not Feedback.objects.exists()
