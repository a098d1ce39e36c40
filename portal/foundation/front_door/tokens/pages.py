"""Making a token and taking one's own back, on the page of one's account; for a machine's account an administrator makes it."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from portal.foundation import clock
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import PortalError
from portal.foundation.front_door.doors import for_its_owner, page
from portal.foundation.front_door.own_account import person_of
from portal.foundation.front_door.stepping_up import ask_again
from portal.foundation.people.models import User

from .scopes import scopes_for
from .services import USUAL_DAYS, is_machine, make_token, may_make, open_tokens, revoke_own

LASTS = ((7, "a week"), (30, "30 days"), (USUAL_DAYS, "90 days"), (180, "180 days"), (365, "a year"))
ENDS_SOON = timedelta(days=14)


class TokenForm(forms.Form):
    """What a token is for, what it is good for, and how long."""

    name = forms.CharField(
        label="What for",
        max_length=80,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="The system or script that uses it, so that you know it again.",
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        widget=forms.CheckboxSelectMultiple,
        help_text="As little as it needs. It never does more than its owner may at that moment.",
    )
    days = forms.TypedChoiceField(label="For how long", coerce=int, choices=LASTS, initial=USUAL_DAYS, widget=UnfoldAdminSelectWidget)

    def __init__(self, data: Any = None, *, owner: Any) -> None:
        super().__init__(data)
        self.fields["scopes"].choices = [(scope.key, f"{scope.words} ({scope.key})") for scope in scopes_for(owner)]  # type: ignore[attr-defined]


@for_its_owner
@ask_again
def new(request: HttpRequest, owner: int | None = None) -> HttpResponse:
    """Asks what it is for; then shows it, this once. It stands in no session and no address, only in this answer."""
    person = person_of(request)
    whose = person if owner is None else User.objects.filter(pk=owner).first()
    if whose is None or (whose.pk != person.pk and not (is_machine(whose) and may_make(whose, person))):
        raise Http404
    form = TokenForm(request.POST if request.method == "POST" else None, owner=whose)
    title = "Make an API token" if whose.pk == person.pk else f"Make an API token for {whose}"
    if request.method == "POST" and form.is_valid():
        try:
            token, text = make_token(whose, **form.cleaned_data, actor=request.user, now=clock.now())
        except PortalError as error:
            show_in(form, error)
        else:
            return page(request, "front_door/token_made.html", "Your new API token", token=token, text=text, back=_back(whose, person))
    return page(request, "front_door/new_token.html", title, form=form, back=_back(whose, person), status=400 if form.errors else 200)


@for_its_owner
@require_POST
def end_one(request: HttpRequest, key: str) -> HttpResponse:
    """Takes one of one's own back."""
    try:
        revoke_own(person_of(request), key, actor=request.user, now=clock.now())
        messages.success(request, "Revoked. Whatever uses this token is refused from now on.")
    except PortalError as error:
        messages.error(request, error.message)
    return redirect("front-door")


def tokens_of(user: Any, now: Any) -> list[dict[str, Any]]:
    """The good tokens of `user`, for the page of the account."""
    return [
        {"token": token, "scopes": token.scopes.split(), "soon": token.expires_at - now < ENDS_SOON} for token in open_tokens(user, now)
    ]


def _back(whose: Any, person: Any) -> str:
    return reverse("front-door") if whose.pk == person.pk else reverse("admin:portal_user_change", args=[whose.pk])
