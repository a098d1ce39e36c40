"""Pages for a frame: made here, their address shown once, revoked here."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.models import DutyPage, OnCallSchedule, Service, Team
from policies.oncall.duty_pages.services import LONGEST_LABEL, make_page, revoke_page
from portal.foundation import clock
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .calendar_forms import ReasonForm
from .secret_address import AddressForm, AddressKind, SecretAddressView


def _one_of(model: type[Model], label: str) -> forms.ModelChoiceField:
    rows = model._default_manager.order_by("name")
    return forms.ModelChoiceField(rows, label=label, required=False, empty_label="none", widget=UnfoldAdminSelectWidget)


class PageForm(AddressForm, ReasonForm):
    """What the page is about, where it is shown, and why."""

    label = forms.CharField(
        label="Where it is shown",
        max_length=LONGEST_LABEL,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Such as 'intranet, page of the service desk'.",
    )
    schedule = _one_of(OnCallSchedule, "Of a schedule")
    team = _one_of(Team, "Or of a team")
    service = _one_of(Service, "Or of a service")
    field_order = ("label", "schedule", "team", "service", "reason")


def _make(request: HttpRequest, data: dict[str, Any]) -> tuple[DutyPage, str]:
    return make_page(**data, actor=request.user, now=clock.now())


PAGE = AddressKind(
    title="A page for a frame",
    first_line="At a secret address the page says who is on call for a schedule, a team or a service, now and next.",
    address_label="Address for the frame",
    who_reads="Whoever has the address sees who is on call, without signing in.",
    route="duty-page",
    form=PageForm,
    make=_make,
)


@admin.register(DutyPage)
class DutyPageAdmin(PortalModelAdmin):
    list_display = ("label", "about", "made", "reads", "last_read", "state")
    list_select_related = ("schedule", "team", "service", "made_by")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("label", "schedule__name", "team__name", "service__name")
    fields = ("label", "about", "begins_with", "made", "made_by", "revoked")
    readonly_fields = fields
    actions = None
    empty_list = (
        "A page for a frame says who is on call now and next, at a secret address, so that an intranet can show it. There is none yet."
    )
    add_words = "Add a page"
    verbs = (
        Verb(
            key="revoke",
            label="Revoke",
            run=revoke_page,
            permission="policies.change_dutypage",
            possible=lambda page: page.revoked_at is None,
            look="danger",
            consequence="The address opens nothing any more, at once and for good. Whoever shows it sees that the page is gone.",
            ask="Why is it revoked?",
            done="Revoked.",
        ),
    )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return SecretAddressView.as_view(model_admin=self, kind=PAGE)(request)  # type: ignore[return-value]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a page is about does not change under those who read it: revoke it, and make another."""
        return False

    @admin.display(description="Of")
    def about(self, page: Any) -> str:
        return str(page.about)

    @admin.display(description="Made", ordering="made_at")
    def made(self, page: Any) -> str:
        return moment(page.made_at, clock.now())

    @admin.display(description="Address begins with")
    def begins_with(self, page: Any) -> str:
        return f"{page.hint}…"

    @admin.display(description="Revoked")
    def revoked(self, page: Any) -> str:
        return moment(page.revoked_at, clock.now(), empty="no")

    @admin.display(description="Last read", ordering="read_at")
    def last_read(self, page: Any) -> str:
        return moment(page.read_at, clock.now(), empty="never")

    @admin.display(description="Is", ordering="revoked_at")
    def state(self, page: Any) -> str:
        return "revoked" if page.revoked_at else "open"

    def first_line(self, page: Any, now: datetime) -> str:
        if page.revoked_at:
            return f"Revoked by {page.revoked_by}. It was read {page.reads:,} times."
        return f"Says who is on call for {page.about}. Read {page.reads:,} times."
