"""Pages of things that change by what is pressed on them, and pages of one form."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import PortalError


class OneFormView(View):
    """A page of one form for those who hold `right`: `run` does it and answers with the thing whose page comes next."""

    model_admin: Any = None
    right, title, button, first_line = "", "", "", ""
    consequence = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not may(request.user, self.right):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def form(self, request: HttpRequest, data: Any = None) -> forms.Form:
        raise NotImplementedError

    def run(self, request: HttpRequest, said: dict[str, Any]) -> Any:
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, self.form(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request, request.POST)
        if form.is_valid():
            try:
                return redirect(self.model_admin.page_of(self.run(request, dict(form.cleaned_data))))
            except PortalError as error:
                show_in(form, error)
        return self._show(request, form)

    def _show(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        opts = self.model_admin.opts
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": opts,
            "title": self.title,
            "form": form,
            "media": self.model_admin.media,
            "back": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
            "first_line": self.first_line,
            "consequence": self.consequence,
            "button": self.button,
        }
        return render(request, "audit/one_form.html", context, status=400 if form.errors else 200)
