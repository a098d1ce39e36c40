"""The list of who has accepted which policy, as CSV."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from audit.events.services import act
from policies.attestations.owed import Standing, overdue_days
from policies.attestations.queries import Owed, everything_owed
from policies.models import EscalationPolicy
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.people.models import User
from reports.document import Cell, Column, Kind, Table
from reports.exports.one_table import csv_of

OVERDUE = "overdue"
KNOWN = ("policy", "person", "only")
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
    """GET with `policy`, `person` (primary keys) and `only=overdue`, all optional; the download is recorded. Anything else is refused in words."""
    if not may(request.user, "policies.view_acceptance"):
        raise PermissionDenied
    now, only = clock.now(), request.GET.get("only", "")
    policy, person = _named(request, "policy", EscalationPolicy), _named(request, "person", User)
    problems = [found for found in (policy, person) if isinstance(found, str)]
    if only not in ("", OVERDUE):
        problems.append(f"Only '{only[:40]}' is not known. Ask with only={OVERDUE}, or without it for everything.")
    problems += [f"'{each[:40]}' is no filter of this list. Known: policy, person, only." for each in request.GET if each not in KNOWN]
    if problems:
        return HttpResponseBadRequest(" ".join(problems), content_type="text/plain; charset=utf-8")
    owed = everything_owed(now, policy=policy.pk if policy else None, person=person or None)
    if only == OVERDUE:
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


def _named(request: HttpRequest, name: str, model: Any) -> Any:
    """The row that the parameter names, None where it names nothing, or what is wrong with it in words."""
    given = request.GET.get(name, "").strip()
    if not given:
        return None
    found = model.objects.filter(pk=given).first() if given.isascii() and given.isdecimal() and len(given) < 19 else None
    return found or f"There is no {name} '{given[:40]}'. Name it by its number, as the page's address does, or leave it out for all."
