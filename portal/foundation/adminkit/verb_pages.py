"""The verbs of a thing: which are offered to whom, and the door that each is used by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from portal.foundation import clock
from portal.foundation.access.checks import may, require
from portal.foundation.errors import NotAllowed

from .refusals import attempt, show_in
from .verbs import Verb


class VerbPages(ModelAdmin):
    """Pages that offer `verbs`, each with a page of its own unless it takes one press."""

    verbs: Sequence[Verb] = ()

    def first_line(self, thing: Any, now: datetime) -> str:
        """What the page was opened for, in one sentence. May be safe HTML."""
        return ""

    def offered(self, request: HttpRequest, thing: Any) -> list[Verb]:
        """The verbs that this reader may use on `thing` as it is."""
        return [verb for verb in self.verbs if verb.possible(thing) and self.may_use(request, verb, thing)]

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        """Whether this reader may press `verb`, whatever the state of `thing`."""
        return may(request.user, verb.permission, thing)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}_do"
        return [path("<path:object_id>/do/<slug:key>/", self.admin_site.admin_view(self.do), name=name), *super().get_urls()]

    def do(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        """The door of a verb: GET shows its page, POST does it."""
        thing = self.get_object(request, object_id)
        verb = next((verb for verb in self.verbs if verb.key == key), None)
        if thing is None or verb is None:
            raise Http404
        if not self.has_view_permission(request, thing):
            raise PermissionDenied
        self._require_right(request, verb, thing)
        form = verb.build_form(request.POST if request.method == "POST" else None, thing=thing)
        if request.method == "POST" and form.is_valid():
            data = dict(form.cleaned_data)
            reason = data.pop("reason", "")
            outcome, error = attempt(lambda: verb.run(thing, actor=request.user, now=clock.now(), reason=reason, **data))
            if error is None:
                if said := verb.said(outcome):
                    messages.success(request, said)
                return redirect(verb.back_to(thing, outcome) if verb.back_to else self.page_of(thing))
            if verb.one_press:
                messages.error(request, error.message)
                return redirect(self.page_of(thing))
            show_in(form, error)
        elif verb.one_press:
            return redirect(self.page_of(thing))
        return self._ask(request, thing, verb, form)

    def _require_right(self, request: HttpRequest, verb: Verb, thing: Any) -> None:
        """Raises PermissionDenied, with the words that the refused page and the trail say."""
        if self.may_use(request, verb, thing):
            return
        if not verb.permission:
            # It is for the people of the thing, whatever rights others hold.
            raise PermissionDenied(f"You may not use “{verb.label}” on {thing}: it is for somebody else to do.")
        try:
            require(request.user, verb.permission, thing, to=f"use “{verb.label}” on {thing}")
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error
        raise PermissionDenied

    def _ask(self, request: HttpRequest, thing: Any, verb: Verb, form: forms.Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": thing,
            "title": verb.label,
            "verb": verb,
            "form": form,
            "first_line": self.first_line(thing, clock.now()),
            "possible": verb.possible(thing),
            "back": self.page_of(thing),
            "media": self.media,
        }
        return render(request, "adminkit/verb.html", context, status=400 if form.errors else 200)

    def page_of(self, thing: models.Model) -> str:
        return reverse(f"{self.admin_site.name}:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])

    def verb_address(self, thing: models.Model, verb: Verb) -> str:
        name = f"{self.admin_site.name}:{thing._meta.app_label}_{thing._meta.model_name}_do"
        return reverse(name, args=[thing.pk, verb.key])
