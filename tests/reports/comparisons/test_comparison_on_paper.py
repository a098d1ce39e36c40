"""A comparison as PDF, read back: both versions, every difference, who did what when with which words, and the same bytes each time."""

import warnings
from datetime import timedelta
from io import BytesIO
from typing import Any

import pypdf
import pytest
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEvent
from policies.governance.comparing import compare
from policies.models import MessageTemplate, PolicyVersion
from portal.foundation.errors import InvalidInput, NotAllowed
from portal.models import User
from reports.comparisons.build import build
from reports.comparisons.services import download_comparison
from tests.factories import policies as make
from tests.factories.full_policies import full_draft
from tests.factories.policies import NOW
from tests.factories.portal import person
from tests.shared import shared
from tests.trail import who

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]


@shared
def reader() -> User:
    return person("Ada", roles=("auditor",))


@shared
def pair() -> tuple[PolicyVersion, PolicyVersion]:
    """Two approved versions of a policy in Madrid that says everything; the second has other windows and other words."""
    first = make.approve(full_draft(author=person("Mia Manager", roles=("manager",))))
    first.policy.time_zone = "Europe/Madrid"
    first.policy.save()
    second = make.draft(
        first.policy, author=first.author, reason='Shorter <b>windows</b> #read("/etc/passwd")', now=NOW + timedelta(days=1)
    )
    second.levels.filter(track="compliance").update(window=timedelta(minutes=45))
    MessageTemplate.objects.filter(version=second, track="technical").update(body="We are on it.\nMore at one.")
    return first, make.approve(second, now=NOW + timedelta(days=1))


def text_of(content: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader's remarks about its own internals
        told = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)
    return " ".join(told.replace("\u200b", "").split())


def test_it_says_everything_that_an_auditor_asks(pair: tuple[PolicyVersion, PolicyVersion], reader: User, now: Any) -> None:
    first, second = pair
    download = download_comparison(first, second, actor=reader, now=now)
    assert (download.name, download.media_type) == ("card-payments-night-day-1-v1-v2.pdf", "application/pdf")
    text = text_of(download.content)
    for said in (
        "Version 2 against version 1",
        "Card payments: 'night' & day #1",
        "approved, in force from 3 Mar 2026, 10:00:00 CET",
        "Compliance track",
        "Compliance level 1: window 15 min 45 min",
        "'More at one.'",
        "Mia Manager",
        "Approver",
        "Agreed",
        make.ACCEPTED,
        "Warnings accepted",
        compare(first, second).after.accepted[0].says,
        'Shorter <b>windows</b> #read("/etc/passwd")',
        "2 Mar 2026, 10:00:00 CET",
    ):
        assert said in text
    unbroken = text.replace(" ", "")
    assert first.content_sha256 in unbroken
    assert second.content_sha256 in unbroken
    assert "root:" not in text
    assert "Definitions" not in text


def test_the_same_versions_give_the_same_bytes(pair: tuple[PolicyVersion, PolicyVersion], reader: User, now: Any) -> None:
    one, other = (download_comparison(*pair, actor=reader, now=now + timedelta(days=days)).content for days in (0, 400))
    assert one == other
    event = LedgerEvent.objects.filter(type="reports.comparison_downloaded").first()
    assert event is not None
    assert (who(event), event.object_pk) == ("Ada", str(pair[1].pk))


def test_no_difference_is_cut_and_every_one_stands_there(reader: User, now: Any) -> None:
    first = make.in_force()
    second = make.draft(first.policy)
    for number in range(60):
        make.threshold(second, f"Threshold number {number}")
    document = build(compare(first, second), first.policy)
    text = text_of(download_comparison(first, second, actor=reader, now=now).content)
    assert all(f"Threshold number {number}: added" in text for number in range(60))
    assert sum(len(section.tables[0].rows) for section in document.sections[:-2]) == 60
    assert "rows; the spreadsheet" not in text
    assert "draft" in text
    assert "not frozen yet" in text


def test_versions_that_say_the_same_say_so(reader: User, now: Any) -> None:
    first = make.in_force()
    assert "say the same" in text_of(download_comparison(first, make.draft(first.policy), actor=reader, now=now).content)


def test_who_may_not_read_versions_gets_nothing(pair: tuple[PolicyVersion, PolicyVersion], now: Any) -> None:
    with pytest.raises(NotAllowed):
        download_comparison(*pair, actor=person("Grace", roles=("stakeholder",)), now=now)


def test_two_policies_are_not_compared(pair: tuple[PolicyVersion, PolicyVersion], reader: User, now: Any) -> None:
    with pytest.raises(InvalidInput, match="different policies"):
        download_comparison(pair[0], make.in_force(), actor=reader, now=now)


def test_the_page_leads_to_the_paper(pair: tuple[PolicyVersion, PolicyVersion], reader: User) -> None:
    first, second = pair
    client = Client()
    address = reverse("comparison-pdf", args=[second.pk, first.pk])
    assert client.get(address).status_code == 302
    client.force_login(reader)
    page = client.get(reverse("admin:policies_policyversion_compare", args=[second.pk]), {"with": 1}).content.decode()
    assert reverse("comparison-pdf", args=[first.pk, second.pk]) in page
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="card-payments-night-day-1-v1-v2.pdf"'
    assert answer.content.startswith(b"%PDF")
    assert client.get(reverse("comparison-pdf", args=[second.pk, 999_999])).status_code == 404
    other = make.in_force()
    back = client.get(reverse("comparison-pdf", args=[second.pk, other.pk]), follow=True)
    assert "belong to different policies" in back.content.decode()
    stranger = Client()
    stranger.force_login(person("Grace", roles=("stakeholder",)))
    assert stranger.get(address).status_code == 404
