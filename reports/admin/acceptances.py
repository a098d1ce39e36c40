"""The list of who has accepted which policy, as CSV."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from audit.events.services import act
from policies.attestations.owed import Standing, overdue_days
from policies.attestations.queries import Owed, everything_owed
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.people.models import User
from reports.document import Cell, Column, Kind, Table
from reports.exports.one_table import csv_of

COLUMNS = (
    Column("person", "Person"),
    Column("policy", "Policy"),
    Column("version", "Version", Kind.INTEGER),
    Column("standing", "Standing"),
    Column("due_at", "Due", Kind.DATETIME),
    Column("overdue_days", "Days overdue", Kind.INTEGER),
    Column("accepted_at", "Accepted", Kind.DATETIME),
    Column("training", "Training"),
    Column("content_sha256", "SHA-256 of the version"),
)


def acceptances_csv(request: HttpRequest) -> HttpResponse:
    """GET with `policy`, `person` (primary keys) and `only=overdue`, all optional; the download is recorded."""
    if not may(request.user, "policies.view_acceptance"):
        raise PermissionDenied
    now = clock.now()
    owed = everything_owed(now, policy=_key(request, "policy"), person=_person(request))
    if request.GET.get("only") == "overdue":
        owed = [each for each in owed if each.standing(now) is Standing.OVERDUE]
    with act("reports.acceptances_downloaded", actor=request.user, now=now) as running:
        running.details = {"rows": len(owed)}
    answer = HttpResponse(csv_of(acceptances_table(owed, now)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="acceptances-{now:%Y-%m-%d}.csv"'
    return answer


def acceptances_table(owed: list[Owed], now: datetime) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            str(each.person), str(each.policy), each.version.number, each.standing(now).value, each.obligation.due_at,
            overdue_days(each.obligation, now) if each.standing(now) is Standing.OVERDUE else 0,
            each.obligation.accepted_at, each.obligation.training.value, each.version.content_sha256,
        )
        for each in owed
    ]  # fmt: skip
    return Table("acceptances", "Who has accepted", "What everybody owes.", COLUMNS, tuple(rows))


def _key(request: HttpRequest, name: str) -> Any:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else None


def _person(request: HttpRequest) -> Any:
    key = _key(request, "person")
    return None if key is None else User(pk=key)
