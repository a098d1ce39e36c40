"""The page that makes a secret address and shows it once, for feeds as for pages in a frame."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views import View
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import PortalError


class AddressForm(forms.Form):
    """What is asked before an address is made; `reader` is whoever asks for it."""

    def __init__(self, *args: Any, reader: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader


@dataclass(frozen=True, slots=True)
class AddressKind:
    """One kind of secret address: what its page says, and how it is asked for and made.

    `make` takes the request and the form's data, and answers with the thing and its token; `route` names the address that takes the token.
    """

    title: str
    first_line: str
    address_label: str
    who_reads: str
    route: str
    form: type[AddressForm]
    make: Callable[[HttpRequest, dict[str, Any]], tuple[Model, str]]


class SecretAddressView(View):
    """POST makes the thing and shows its address in the answer itself: a message or a session would keep the secret for later."""

    model_admin: Any = None
    kind: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not self.model_admin.has_add_permission(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, self.kind.form(reader=request.user, initial=request.GET.dict()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.kind.form(request.POST, reader=request.user)
        if form.is_valid():
            try:
                thing, token = self.kind.make(request, form.cleaned_data)
            except PortalError as error:
                show_in(form, error)
            else:
                address = f"{settings.PORTAL_URL.rstrip('/')}{reverse(self.kind.route, args=[token])}"
                answer = self._show(request, None, address_field=_read_only(address), page=self.model_admin.page_of(thing))
                answer["Cache-Control"] = "no-store"
                return answer
        return self._show(request, form)

    def _show(self, request: HttpRequest, form: Any, **more: Any) -> HttpResponse:
        opts = self.model_admin.opts
        context = {
            **self.model_admin.admin_site.each_context(request),
            "kind": self.kind,
            "form": form,
            "title": self.kind.title,
            "media": self.model_admin.media,
            "back": reverse(f"{self.model_admin.admin_site.name}:{opts.app_label}_{opts.model_name}_changelist"),
            **more,
        }
        return render(request, "policies/secret_address.html", context, status=400 if form is not None and form.errors else 200)


def _read_only(address: str) -> SafeString:
    widget = UnfoldAdminTextInputWidget(attrs={"id": "feed-address", "readonly": True, "autocomplete": "off"})
    rendered: SafeString = widget.render("address", address)
    return rendered
