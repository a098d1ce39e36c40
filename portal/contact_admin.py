"""How people are reached: the list for those who keep it, and the door to everybody's own page."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.foundation import clock
from portal.foundation.adminkit.bases import GovernedAdmin, GovernedForm
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.channels.base import check_address, not_set_up
from portal.foundation.contacts import losing, refuse_to_lose
from portal.foundation.errors import InvalidInput
from portal.foundation.people.addresses import as_kept
from portal.foundation.redaction import mask_address
from portal.foundation.verification import confirm, send_code
from portal.models import ContactCode, ContactPoint

from .contact_rows import vouched
from .my_contacts import ContactsView

HOW = "A number with + and the country code, a Slack member ID, a mail address or a URL. It is masked after saving."


class CodeForm(forms.Form):
    """The code as it was received."""

    code = forms.CharField(
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text="The six digits that arrived at this contact point.",
    )


def _can_answer(point: ContactPoint) -> bool:
    return point.active and point.person.is_active


class ContactForm(GovernedForm):
    """The address goes in and does not come out again: it may hold a secret token."""

    address = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))
    anyway = forms.BooleanField(
        required=False,
        label="Do it although nobody then knows whether alerts arrive",
        help_text="Only needed for the last verified contact point of somebody on duty.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "address" in self.fields:
            known = mask_address(self.instance.address) if self.instance.pk else ""
            self.fields["address"].help_text = f"Now {known}. Leave it empty to keep it." if known else HOW

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        return "" if field_name == "address" else super().get_initial_for_field(field, field_name)

    def clean_address(self) -> str:
        typed = str(self.cleaned_data.get("address", "")).strip()
        if not typed and not self.instance.pk:
            raise forms.ValidationError("Give the address to reach the person at.")
        return typed or str(self.instance.address)

    def clean(self) -> dict[str, Any]:
        """The address as its channel keeps it, refused when it is none."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("address") and data.get("channel") and {"address", "channel"} & set(self.changed_data):
            data["address"] = as_kept(data["channel"], data["address"])
            try:
                check_address(data["channel"], data["address"])
            except InvalidInput as error:
                self.add_error("address", error.message)
        return data


def _verified(point: ContactPoint, now: datetime) -> SafeString | str:
    if point.verified(now):
        said = vouched(point) or "Somebody answered from here."
        return format_html("Verified until {}. {}", moment(point.verified_until, now), said)
    if point.verified_until is not None:
        return "The verification is over. Alerts still go here; send a code to be sure that they arrive."
    return "Not verified yet. Alerts go here all the same; send a code to be sure that they arrive."


@admin.register(ContactPoint)
class ContactPointAdmin(GovernedAdmin):
    """How people are reached."""

    form = ContactForm
    list_display = ("person", "order", "label", "channel", "masked", "active", "verified")
    list_select_related = ("person",)
    list_filter = (("channel", ChoicesDropdownFilter), "active")
    search_fields = ("person__username", "person__display_name", "label")
    autocomplete_fields = ("person",)
    fields = ("person", "label", "channel", "address", "order", "active")
    show_full_result_count = False
    actions = None
    deletable = False
    empty_list = "Nobody can be reached yet. Add a contact point for everybody who is on call; two are better than one."
    verbs = (
        Verb(
            key="send-code",
            label="Send a code",
            run=send_code,
            permission="portal.change_contactpoint",
            need="nothing",
            possible=_can_answer,
            done="A code of six digits is on its way to this contact point. It counts for 15 minutes.",
        ),
        Verb(
            key="enter-code",
            label="Enter the code",
            run=confirm,
            permission="portal.change_contactpoint",
            need="nothing",
            form=CodeForm,
            possible=lambda point: _can_answer(point) and ContactCode.objects.filter(contact=point).exists(),
            consequence="The contact point then counts as verified for 180 days.",
            done="Verified: messages arrive here.",
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.fields, "anyway") if obj is not None and losing(obj, clock.now()) else self.fields

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(ContactsView.as_view(model_admin=self))
        return [
            path("mine/", page, name="portal_mycontacts_changelist"),
            path("of/<int:person_id>/", page, name="portal_mycontacts_of"),
            *super().get_urls(),
        ]

    def first_line(self, thing: ContactPoint, now: datetime) -> str:
        missing = not_set_up(thing.channel, thing.address)
        if missing:
            return missing
        is_mail = thing.channel == ContactPoint.Channel.EMAIL
        more = "E-mail carries codes and information, never an alert." if is_mail else losing(thing, now)
        return format_html("{} {}", _verified(thing, now), more)

    def links(self, request: HttpRequest, thing: ContactPoint) -> list[tuple[str, str, str]]:
        return [(f"All ways to reach {thing.person}", reverse("admin:portal_mycontacts_of", args=[thing.person_id]), "default")]

    def before_save(self, request: HttpRequest, obj: ContactPoint, now: datetime, *, adding: bool) -> None:
        refuse_to_lose(obj, now=now, anyway=bool(request.POST.get("anyway")))

    def save_model(self, request: HttpRequest, obj: ContactPoint, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "address" in form.changed_data:
            # The address stays out of history and trail, that it was replaced does not.
            request.portal_act.details["address"] = "replaced" if change else "given"  # type: ignore[attr-defined]
            request.portal_act.silent = False  # type: ignore[attr-defined]

    @admin.display(description="Verified until")
    def verified(self, contact: ContactPoint) -> SafeString | str:
        now = clock.now()
        return moment(contact.verified_until, now) if contact.verified(now) else "over" if contact.verified_until else "not verified"

    @admin.display(description="Address")
    def masked(self, contact: ContactPoint) -> str:
        return mask_address(contact.address)
