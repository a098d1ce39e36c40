"""Reports tell nobody of units out of their reach: reviews, figures, what stands behind them, packs, records and every file and answer of them."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from portal.foundation import clock
from portal.foundation.access.grants import grant
from portal.foundation.access.places import SEE, WORK
from portal.foundation.granting.appointments import appoint
from portal.foundation.granting.services import write
from portal.models import User
from reports.dashboards.preparing import bring_up_to_date
from reports.dashboards.queries import Selection
from reports.dashboards.services import keep_dashboard
from reports.models import FrozenFigures, PackFile, PackRun, QuarterlyReview
from reports.packs.finishing import content_of
from reports.quarterly.behind import KEYS
from reports.quarterly.deciding import ask_decision, take_decision
from reports.quarterly.judging import add_finding
from reports.quarterly.packing import finish_signed
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER
from tests.shared import shared

from .knocking import watched

pytestmark = pytest.mark.django_db
once = pytest.mark.the_same_on_any_database
DAY = timedelta(days=1)
QUARTER = "2026Q1"
# What stands in every text of the unit that is out of reach, and in the titles of what is confidential.
THEIRS, SECRET = "zqloans", "zqsecret"
REACHES = ("sees cards", "works cards", "audits cards")
REACHES_NOTHING = ("audited cards", "saw cards", "nobody", "stakeholder")


@dataclass(frozen=True, slots=True)
class Bank:
    units: dict[str, Any]
    reviews: dict[str, QuarterlyReview]
    actors: dict[str, User]

    @property
    def numbers(self) -> set[str]:
        """The incidents of the other unit."""
        return set(Incident.objects.filter(service__business_unit=self.units["loans"]).values_list("number", flat=True))


@pytest.fixture(autouse=True)
def morning_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AFTER)


@shared
def bank() -> Bank:
    whole = make.unit("Bank", services=0)
    units = {"cards": make.unit("zqcards", part_of=whole), "loans": make.unit(THEIRS, part_of=whole)}
    cora, olga, mona, rolf = make.compliance(), make.compliance("Olga"), make.manager(), make.committee()
    reviews = {}
    for name, unit in units.items():
        number = _incidents(unit, 2, f"zq{name} fails")[0].number
        _incidents(unit, 1, f"{SECRET} of zq{name}", confidential=True)
        reviews[name] = review = make.opened(unit, by=cora)
        finding = add_finding(review, headline=f"zq{name} is late", sentence="At night.", incidents=number, actor=cora, now=AFTER)
        question = ask_decision(review, question=f"zq{name}: another person?", finding=finding, actor=cora, now=AFTER)
        take_decision(question, actor=mona, now=AFTER, reason=f"zq{name}: yes.")
        make.action(review, cora, mona, title=f"zq{name} hires")
        make.signed(review, cora, olga, mona, rolf)
    assert finish_signed(now=AFTER) == 2
    bring_up_to_date(now=AFTER, clock=lambda: AFTER)
    PackRun.objects.create(kind="pack", requested_by=cora, requested_at=AFTER, quarter=QUARTER, unit=units["loans"], state="done", file="x")
    keep_dashboard(
        f"{THEIRS} board", Selection("unit", str(units["loans"].pk)), ["incidents_opened"], actor=cora, now=AFTER, purpose="", shared=True
    )
    return Bank(units, reviews, _actors(units["cards"]))


def _incidents(unit: Any, number: int, title: str, **fields: Any) -> list[Incident]:
    made = make.incidents(unit, number, **fields)
    for incident in made:
        incident.title = title
        incident.save()
    return made


def _actors(cards: Any) -> dict[str, User]:
    made = {name: person(name) for name in (*REACHES, *REACHES_NOTHING)}
    made["stakeholder"] = person("stakeholder", roles=("stakeholder",))
    for name, level in (("sees cards", SEE), ("works cards", WORK)):
        grant(level.rights["policies.businessunit"], made[name], cards)
    appoint(made["audits cards"], actor=None, now=AFTER, until=AFTER + DAY, reason="Audit", scope=[cards])
    appoint(made["audited cards"], actor=None, now=AFTER - 3 * DAY, until=AFTER - DAY, reason="Audit", scope=[cards])
    write(SEE, made["saw cards"], cards, actor=None, now=AFTER - 3 * DAY, reason="x", starts_at=AFTER - 2 * DAY, until=AFTER - DAY)
    return made


def browser(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def pages(bank: Bank) -> Iterator[str]:
    """Every door of reports, with the keys of everything there is."""
    for kind in ("quarterlyreview", "quarterlyaction", "quarterlypack", "frozenfigures", "dashboard"):
        listed = reverse(f"admin:reports_{kind}_changelist")
        yield from (listed, f"{listed}?q=zq", f"{listed}?o=-1", f"/admin/search/?s={THEIRS}")
    for review in bank.reviews.values():
        own = reverse("admin:reports_quarterlyreview_change", args=[review.pk])
        at = own.removesuffix("change/")
        yield from (own, f"{at}manifest/", f"{at}history/", *(f"{at}behind/?figure={key}" for key in sorted(KEYS)))
        yield from (f"{at}finding/{each.pk}/" for each in review.findings.all())
        yield from (f"{at}decision/{each.pk}/" for each in review.decisions.all())
        yield from (reverse("admin:reports_quarterlyaction_change", args=[each.pk]) for each in review.actions.all())
        yield f"/api/v1/quarterly-reviews/{review.pk}/"
    for frozen in FrozenFigures.objects.all():
        at = reverse("admin:reports_frozenfigures_change", args=[frozen.pk]).removesuffix("change/")
        yield from (f"{at}change/", f"{at}evidence/", f"{at}draft/")
    for run in PackRun.objects.all():
        yield from (reverse(f"admin:reports_quarterlypack_{name}", args=[run.pk]) for name in ("run", "download"))
    yield from ("/api/v1/quarterly-reviews/", f"/api/v1/conformance/?quarter={QUARTER}", "/admin/reports/quarterlypack/acceptances.csv")
    figures = "/admin/reports/dashboard/figures/"
    for part in ("", *(f"unit:{unit.pk}" for unit in bank.units.values()), "severity:SEV1", "team:1"):
        for by in ("", "unit", "service", "team"):
            yield f"{figures}?quarter={QUARTER}&of={part}&by={by}"
        yield f"{figures}behind/?quarter={QUARTER}&of={part}&figure=incidents_opened"
    yield from (f"{figures}?dashboard=1", f"{figures}?from=1", f"/admin/reports/dashboard/conformance/?quarter={QUARTER}")
    for key in User.objects.values_list("pk", flat=True):
        yield from (f"/admin/{door}?person={key}&quarter={QUARTER}" for door in ("accountability/", "accountability/csv/"))
    yield from ("/admin/accountability/teams/", "/admin/duty-hours/", "/admin/")


def told(answer: Any) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")


@once
def test_no_page_file_or_answer_of_reports_tells_of_a_unit_out_of_reach(bank: Bank) -> None:
    wrong, asked, mine = [], 0, 0
    hidden = re.compile("|".join((THEIRS, *sorted(bank.numbers))))
    # Stakeholders see what services are called, wherever they belong.
    for name in (*REACHES, *(name for name in REACHES_NOTHING if name != "stakeholder")):
        client = browser(bank.actors[name])
        for where in pages(bank):
            answer = client.get(where, follow=False)
            text = told(answer).replace(f"?s={THEIRS}", "").replace(f'value="{THEIRS}"', "")
            asked += 1
            mine += name in REACHES and "zqcards" in text
            # The words that were looked for stand on the page that found nothing.
            if answer.status_code >= 500 or (hidden.search(text) and not where.startswith("/admin/search/")):
                wrong.append((name, where, answer.status_code, hidden.findall(text)[:3]))
            if name in REACHES_NOTHING and ("zqcards" in text or SECRET in text):
                wrong.append((name, where, "is told of cards"))
    assert wrong == []
    assert mine >= 20
    assert asked >= 500


@once
def test_nobody_without_a_role_there_presses_anything_in_reports(bank: Bank) -> None:
    """By every address with a form that is filled in, with fields of the tables beside: nothing is written, nothing handed over."""
    wrong = []
    form = {"reason": "x", "why": "x", "state": "signed", "by": "1", "headline": "x", "sentence": "x", "quarter": "2026Q1", "take": "1"}
    doors = [where for where in pages(bank) if "accountability" not in where]
    for review in bank.reviews.values():
        doors += [reverse("admin:reports_quarterlyreview_do", args=[review.pk, key]) for key in ("sign", "submit", "send-back", "restate")]
    theirs = FrozenFigures.objects.get(unit=bank.units["loans"])
    doors += [reverse("admin:reports_frozenfigures_file", args=[theirs.pk, key]) for key in PackFile.objects.values_list("pk", flat=True)]
    doors += [reverse(f"admin:reports_frozenfigures_{what}", args=[theirs.pk]) for what in ("files", "tables")]
    for name in (*REACHES, *REACHES_NOTHING):
        client = browser(bank.actors[name])
        for where in doors:
            with transaction.atomic(), watched() as written:
                answer = client.post(where, form)
                transaction.set_rollback(True)
            if written or answer.status_code >= 500 or "attachment" in answer.get("Content-Disposition", ""):
                wrong.append((name, where, answer.status_code, written))
    assert wrong == []


@once
def test_a_file_of_another_units_pack_does_not_come_by_the_key_of_ones_own(bank: Bank) -> None:
    own = FrozenFigures.objects.get(unit=bank.units["cards"])
    client = browser(bank.actors["sees cards"])
    for file in PackFile.objects.select_related("pack__frozen"):
        answer = client.post(reverse("admin:reports_frozenfigures_file", args=[own.pk, file.pk]))
        assert answer.status_code == (200 if file.pack.frozen == own else 404)


@once
def test_no_file_of_a_pack_names_what_is_confidential_or_the_neighbour(bank: Bank) -> None:
    files = PackFile.objects.filter(pack__frozen__unit=bank.units["cards"])
    hidden = re.compile("|".join((THEIRS, SECRET, *sorted(bank.numbers))))
    read = 0
    for file in files:
        content = content_of(file)
        parts = [content]
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                parts = [archive.read(name) for name in archive.namelist()]
        for part in parts:
            read += b"zqcards" in part
            assert not hidden.findall(part.decode(errors="replace")), file.name
    assert read >= 3


@once
def test_nobody_who_left_comes_back_to_reports_with_a_session_of_before(bank: Bank) -> None:
    """Neither with a role nor with a grant."""
    leaving = [bank.actors["sees cards"], make.manager("Mara"), make.compliance("Cleo")]
    clients = [browser(one) for one in leaving]
    assert all(client.get("/admin/").status_code == 200 for client in clients)
    for one in leaving:
        one.is_active = False
        one.save()
    for client in clients:
        for where in pages(bank):
            answer = client.get(where)
            assert answer.status_code in (302, 401), where
            assert "zq" not in told(answer).replace("s%3Dzq", "")


QUARTERS = ("", "9999Q4", "0001Q1", "1969Q4", "2026Q5", "2026q1", "٢٠٢٦Q1", "2026Q1 ", "x" * 5_000, "2026Q1\x00", "=1+1")
ODD = (
    "unit:",
    "unit:²",
    "unit:" + "9" * 40,
    "unit:-1",
    "unit:1;2",
    "service:٣",
    "severity:x",
    "nothing:1",
    ":",
    "\x00",
    "1' OR 1=1",
    "9" * 30,
)


def test_hostile_words_in_an_address_of_reports_are_no_error_of_ours(bank: Bank) -> None:
    client, wrong = browser(make.compliance("Curt")), []
    at = reverse("admin:reports_quarterlyreview_change", args=[bank.reviews["cards"].pk]).removesuffix("change/")
    for quarter, word in (*((each, "") for each in QUARTERS), *((QUARTER, each) for each in ODD)):
        figures = {"quarter": quarter, "of": word, "by": word or "unit", "figure": [word] * 200}
        asked: tuple[tuple[str, dict[str, Any]], ...] = (
            ("/admin/reports/dashboard/figures/", figures),
            ("/admin/reports/dashboard/figures/", {"dashboard": word, "from": word}),
            ("/admin/reports/dashboard/figures/behind/", {**figures, "figure": "incidents_opened", "level": word, "page": word}),
            ("/admin/reports/dashboard/conformance/", {"quarter": quarter, "class": word, "service": word, "p": word}),
            ("/admin/accountability/", {"quarter": quarter, "person": word}),
            ("/admin/accountability/csv/", {"quarter": quarter, "team": word}),
            ("/admin/accountability/teams/", {"quarter": quarter}),
            ("/api/v1/conformance/", {"quarter": quarter, "service": word, "page": word}),
            ("/api/v1/quarterly-reviews/", {"state": word, "page": quarter}),
            (f"{at}behind/", {"figure": word}),
            ("/admin/reports/quarterlyreview/", {"is": word, "quarter": quarter, "p": word}),
            ("/admin/reports/quarterlyreview/add/", {"quarter": quarter}),
        )
        wrong += [(where, given, answer.status_code) for where, given in asked if (answer := client.get(where, given)).status_code >= 500]
    assert wrong == []
