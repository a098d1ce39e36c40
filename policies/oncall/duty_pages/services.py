"""Making, opening and revoking pages for a frame. The address is told once; only its hash is kept."""

from datetime import datetime
from typing import Any

from django.db.models import F

from audit.events.services import act
from policies.catalogue.models import Service, Team
from policies.oncall.models import OnCallSchedule
from policies.oncall.secret_addresses import Secret, hash_of
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState

from .models import DutyPage

LONGEST_LABEL = 80


def make_page(
    label: str,
    *,
    actor: Any,
    now: datetime,
    schedule: OnCallSchedule | None = None,
    team: Team | None = None,
    service: Service | None = None,
    reason: str,
) -> tuple[DutyPage, str]:
    """A page about a schedule, a team or a service, and its secret token, which stands nowhere else.

    Raises NotAllowed, and InvalidInput without a label of up to 80 characters or with not exactly one thing to be about.
    """
    require(actor, "policies.add_dutypage", to="make a page that says who is on call")
    if [schedule, team, service].count(None) != 2:
        raise InvalidInput("Choose a schedule, a team or a service: one of them.")
    words = " ".join(label.split())
    if not 1 <= len(words) <= LONGEST_LABEL:
        problem = f"Say where the page is shown, in up to {LONGEST_LABEL} characters."
        raise InvalidInput(problem, {"label": [problem]})
    secret = Secret.new()
    with act("duty_page.made", actor=actor, now=now, why=reason) as running:
        page = DutyPage(label=words, schedule=schedule, team=team, service=service, made_by=actor, made_at=now)
        page.token_hash, page.hint = secret.hash, secret.hint
        save_tracked(page, actor=actor, now=now, reason=reason)
        running.subject = page
    return page, secret.token


def revoke_page(page: DutyPage, *, actor: Any, now: datetime, reason: str = "") -> DutyPage:
    """Lets the address open nothing any more. Raises NotAllowed, and WrongState for one that does not open anything already."""
    require(actor, "policies.change_dutypage", page, to="revoke this page")
    with act("duty_page.revoked", actor=actor, now=now, subject=page, why=reason):
        page = DutyPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
        if page.revoked_at is not None:
            raise WrongState("This page is revoked already.")
        page.revoked_at, page.revoked_by = now, actor
        save_tracked(page, actor=actor, now=now, reason=reason, update_fields=["revoked_at", "revoked_by"])
    return page


def opened(token: str, *, now: datetime) -> DutyPage | None:
    """The page that `token` opens, with the reading counted; None for a token that opens nothing."""
    known = DutyPage.objects.filter(token_hash=hash_of(token), revoked_at__isnull=True)
    if not known.update(reads=F("reads") + 1, read_at=now):
        return None
    return known.select_related("schedule", "team", "service__team").first()
