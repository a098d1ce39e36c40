"""Small pages that say who is on call, for a frame in an intranet: their secret addresses, and how often they are read."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked, tracked
from portal.foundation.errors import InvalidInput, WrongState

# 32 bytes cannot be guessed, so a plain hash of them is enough: there is no word list to try.
TOKEN_BYTES = 32
HINT = 6


class DutyPage(models.Model):
    """A secret address at which a page says who is on call for a schedule, a team or a service. The secret itself stands nowhere."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="The first letters of the address, to tell several apart.")
    label = models.CharField(max_length=80, help_text="Where it is shown, e.g. 'intranet, page of the service desk'.")
    schedule = models.ForeignKey("policies.OnCallSchedule", null=True, blank=True, on_delete=models.CASCADE, related_name="duty_pages")
    team = models.ForeignKey("policies.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="duty_pages")
    service = models.ForeignKey("policies.Service", null=True, blank=True, on_delete=models.CASCADE, related_name="duty_pages")
    made_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey("portal.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    reads = models.PositiveBigIntegerField(default=0, editable=False, help_text="How often it was read.")
    read_at = models.DateTimeField(null=True, editable=False, help_text="When it was read last.")
    history = tracked(without=("token_hash", "reads", "read_at"))

    class Meta:
        ordering = ["-made_at"]
        verbose_name = "page for a frame"
        verbose_name_plural = "pages for a frame"
        constraints = [
            models.CheckConstraint(
                name="duty_page_of_one_thing",
                condition=Q(schedule__isnull=False, team__isnull=True, service__isnull=True)
                | Q(schedule__isnull=True, team__isnull=False, service__isnull=True)
                | Q(schedule__isnull=True, team__isnull=True, service__isnull=False),
                violation_error_message="Choose a schedule, a team or a service: one of them.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.hint}…)"

    @property
    def about(self) -> Any:
        """The schedule, team or service it is about."""
        return self.schedule or self.team or self.service


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_page(about: models.Model, *, label: str, actor: Any, now: datetime) -> tuple[DutyPage, str]:
    """A page about a schedule, a team or a service, and its token, which is told here and never again.

    Raises NotAllowed, and InvalidInput without a label.
    """
    require(actor, "policies.add_dutypage", to="make a page that says who is on call")
    words = " ".join(label.split())[:80]
    if not words:
        raise InvalidInput("Say where the page is shown.", {"label": ["Say where the page is shown."]})
    token = new_token()
    field = {"policies.oncallschedule": "schedule", "policies.team": "team", "policies.service": "service"}[about._meta.label_lower]
    page = DutyPage(**{field: about}, label=words, token_hash=hash_of(token), hint=token[:HINT], made_by=actor, made_at=now)
    with act("duty_page.made", actor=actor, now=now) as running:
        save_tracked(page, actor=actor, now=now)
        running.subject = page
    return page, token


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
