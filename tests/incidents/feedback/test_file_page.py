"""The page on which a file of feedback is looked at and recorded."""

import base64
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEvent
from incidents.feedback.reading import LARGEST_BYTES
from incidents.models import Feedback
from tests.factories.incidents import service
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
PAGE, LIST = reverse("admin:incidents_feedback_import_file"), reverse("admin:incidents_feedback_changelist")
CONTENT = b"giver,given_on,way,satisfaction,service,text\ncustomer,2020-11-19,survey,5,loans,<b>=1+1</b> \xf0\x9f\x94\xa5\nteam,2020-11-18,call,,loans,Fine\n"


@pytest.fixture
def page(client: Client) -> Client:
    service("Loans")
    client.force_login(person("Rolf", roles=("responder",)))
    return client


def uploaded(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("survey.csv", content, "text/csv")


def kept(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_the_list_leads_there_and_the_page_says_what_stands_in_a_file(page: Client) -> None:
    assert PAGE in page.get(LIST).content.decode()
    asked = page.get(PAGE).content.decode()
    assert "Look at the file" in asked
    assert "<code>given_on</code>" in asked


def test_a_file_is_looked_at_and_then_recorded_from_what_the_page_holds(page: Client) -> None:
    seen = page.post(PAGE, {"file": uploaded(CONTENT), "reason": "Survey of November"})
    shown = seen.content.decode()
    assert (seen.status_code, Feedback.objects.count()) == (200, 0)
    assert "2 answers can be recorded. Nothing is yet." in shown
    assert "You are in the role" not in shown
    assert "&lt;b&gt;=1+1&lt;/b&gt; 🔥" in shown
    assert kept(CONTENT) in shown
    done = page.post(PAGE, {"content": kept(CONTENT), "name": "survey.csv", "reason": "Survey of November", "record": "1"}, follow=True)
    assert "2 answers recorded." in done.content.decode()
    assert Feedback.objects.count() == 2
    assert '"survey.csv"' in LedgerEvent.objects.get(type="feedback.imported").payload


def test_problems_stand_at_the_file_line_by_line(page: Client) -> None:
    wrong = page.post(PAGE, {"file": uploaded(b"giver,given_on,way,service\nking,2020-11-19,dream,loans\n")})
    said = wrong.content.decode()
    assert (wrong.status_code, said.count("Line 2: ")) == (400, 2 + 1)
    assert "Record " not in said.partition("ak-verbs")[2].partition("</form>")[0]
    assert not Feedback.objects.exists()


def test_repeats_are_marked_and_need_a_word(page: Client) -> None:
    record = {"content": kept(CONTENT), "name": "survey.csv", "record": "1"}
    page.post(PAGE, record)
    assert page.post(PAGE, {"file": uploaded(CONTENT)}).content.decode().count("ak-badge-late") == 2
    refused = page.post(PAGE, record)
    assert (refused.status_code, Feedback.objects.count()) == (400, 2)
    assert "on record already" in refused.content.decode()
    # What was looked at stays in the page, so that the word is all that is missing.
    assert kept(CONTENT) in refused.content.decode()
    page.post(PAGE, {**record, "again": "on"})
    assert Feedback.objects.count() == 4


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file."),
        ({"content": "not base64!", "record": "1"}, "did not come whole"),
        ({"content": "\u202e", "record": "1"}, "did not come whole"),
        ({"file": uploaded(b"x" * (LARGEST_BYTES + 1))}, "larger than 1 MB"),
        ({"file": uploaded(b"\xff\xfeg\x00")}, "UTF-16"),
        ({"file": uploaded(b"")}, "empty"),
        ({"content": kept(b"giver,given_on,way\nking,2020-11-19,mail"), "name": "x" * 300, "record": "1"}, "Line 2: Say from whom"),
    ],
)
def test_what_cannot_be_taken_is_said_in_words(page: Client, data: dict[str, Any], words: str) -> None:
    answer = page.post(PAGE, data)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Feedback.objects.exists()


def test_a_file_chosen_anew_is_looked_at_whatever_the_page_held(page: Client) -> None:
    answer = page.post(PAGE, {"file": uploaded(CONTENT), "content": kept(b"old"), "record": "1"})
    assert "2 answers can be recorded" in answer.content.decode()
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("role", ["auditor", "stakeholder"])
def test_who_may_not_record_does_not_get_in(role: str, client: Client) -> None:
    client.force_login(person("Other", roles=(role,)))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"file": uploaded(CONTENT)}).status_code == 403
    assert not Feedback.objects.exists()
