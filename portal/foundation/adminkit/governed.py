"""Pages whose saves say who and why."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.foundation import clock
from portal.foundation.errors import PortalError

from .frame import frames
from .ordered_rows import OrderedRows
from .pages import PortalModelAdmin
from .refusals import attempt, show_in


class RefusableForm(forms.ModelForm):
    """A form that shows a service's refusal beside what was typed."""

    refusal: PortalError | None = None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.refusal is not None:
            show_in(self, self.refusal)


class GovernedForm(RefusableForm):
    """A form that asks why a governed thing changes."""

    why = forms.CharField(
        label="Reason for this change",
        max_length=2_000,
        widget=UnfoldAdminTextInputWidget(),
        help_text="One sentence. It stays with the change in the history and in the audit trail.",
    )


class GovernedAdmin(PortalModelAdmin):
    """A page whose saves are one act: one transaction, one audit event, history with who, when and why; refusals keep what was typed.

    `reason_field` names the field that says why; a page with a field of its own for that takes RefusableForm as its form.
    """

    form: Any = GovernedForm
    reason_field = "why"

    def before_save(self, request: HttpRequest, obj: Any, now: datetime, *, adding: bool) -> None:
        """Fills what the form does not ask for, and raises a PortalError when the thing may not be saved now."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = [*super().get_fieldsets(request, obj)]
        if self.reason_field != "why":
            return fieldsets
        editable = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        editable = editable and not hasattr(request, "portal_looks_back")
        named = [name for _, options in fieldsets for name in options["fields"]]
        if not editable:
            return [(title, {**options, "fields": [name for name in options["fields"] if name != "why"]}) for title, options in fieldsets]
        return fieldsets if "why" in named else [*fieldsets, ("Why", {"fields": ["why"]})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "portal_refusal", None)})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        show: Callable[[], HttpResponse] = partial(super().changeform_view, request, object_id, form_url, extra_context)
        if request.method != "POST":
            return show()
        request.portal_now, request.portal_why = clock.now(), str(request.POST.get(self.reason_field, "")).strip()  # type: ignore[attr-defined]

        def saved() -> HttpResponse:
            verb = f"{self.opts.model_name}.{'changed' if object_id else 'created'}"
            with frames["act"](verb, actor=request.user, now=request.portal_now, why=request.portal_why) as running:  # type: ignore[attr-defined]
                # A form that is sent back changes nothing, and what changes nothing is no event.
                running.nothing_happened()
                request.portal_act = running  # type: ignore[attr-defined]
                return show()

        answer, error = attempt(saved)
        if error is None:
            return cast(HttpResponse, answer)
        request.portal_refusal = error  # type: ignore[attr-defined]
        return show()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = dict(vars(obj))
        self.before_save(request, obj, request.portal_now, adding=not change)  # type: ignore[attr-defined]
        request.portal_act.subject = obj  # type: ignore[attr-defined]
        if change and not set(form.changed_data) - {"why"} and vars(obj) == before:
            # Only rows under it changed; a history row of its own would say nothing.
            return
        self._sign(request, obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Who was added to a team or a region stands in no column, so the event names it."""
        thing = form.instance
        many = [field.name for field in _tracked_lists(thing) if field.name in form.changed_data]
        before = {name: list(getattr(thing, name).all()) for name in many}
        super().save_related(request, form, formsets, change)
        running = request.portal_act  # type: ignore[attr-defined]
        for name in many:
            after = list(getattr(thing, name).all())
            if set(after) != set(before[name]):
                running.details[name] = {"before": _named(before[name]), "after": _named(after)}
                running.silent = False
                # People among them are told by their keys, so that their names can be erased.
                running.people |= {str(each.pk): str(each) for each in (*before[name], *after) if isinstance(each, AbstractBaseUser)}

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.forms:
            self._sign(request, row.instance)
        if isinstance(formset, OrderedRows):
            formset.step_aside()
        super().save_formset(request, form, formset, change)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect(self.page_of(obj))

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect(self.page_of(obj))

    def _sign(self, request: HttpRequest, obj: Any) -> None:
        obj._history_user = request.user
        obj._history_date = request.portal_now  # type: ignore[attr-defined]
        obj._change_reason = request.portal_why  # type: ignore[attr-defined]


def _tracked_lists(thing: Any) -> Sequence[Any]:
    history = getattr(type(thing), "history", None)
    return getattr(history.model, "_history_m2m_fields", ()) if history is not None else ()


def _named(things: Iterable[Any]) -> list[str]:
    return sorted(map(str, things))
