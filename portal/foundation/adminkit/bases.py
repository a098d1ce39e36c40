"""The admin classes that every page stands on: history, the first line, verbs as buttons, and saves that say who and why."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from simple_history.admin import SimpleHistoryAdmin
from simple_history.models import ModelChange
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.foundation import clock, database_guards
from portal.foundation.access.checks import may, may_somewhere, require, visible_to
from portal.foundation.access.masks import masked_columns, masked_for
from portal.foundation.access.places import PLACES, view_right
from portal.foundation.errors import InvalidInput, NotAllowed, PortalError
from portal.foundation.people.models import User

from .access_links import access_links
from .fields import FORM_FIELDS
from .frame import frames
from .histories import HistoryInWords
from .ordered_rows import OrderedRows, ordered
from .sent_rows import SentRows
from .verbs import Verb

BUSY = "Somebody else changed this at the same moment. Nothing of yours was saved: look at it again, then repeat what you did."


class PlainChoices:
    """Choices of related things in the reader's reach, without side doors to edit them, and of people only those who can still sign in."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        related = db_field.remote_field.model
        if related is User and "queryset" not in kwargs:
            kwargs["queryset"] = User.objects.filter(is_active=True, origin=User.Origin.PORTAL).order_by("display_name", "username")
        elif related._meta.label_lower in PLACES and "queryset" not in kwargs and not may(request.user, view_right(related)):
            kwargs["queryset"] = visible_to(request.user, related._default_manager.all(), view_right(related))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            for door in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, door, False)
        return field


class Ordered:
    """Rows that may swap their numbers: `renumbered` names the field that numbers them."""

    renumbered = ""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        return ordered(formset, self.renumbered) if self.renumbered else formset


class PortalInline(Ordered, PlainChoices, TabularInline):
    """Rows in a table under a form, durations and decimals as people write them."""

    extra = 0
    formset = SentRows
    formfield_overrides = {**TabularInline.formfield_overrides, **FORM_FIELDS}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The heading of a column is no label to a screen reader, so each field carries its own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and field.label:
            getattr(field.widget, "widget", field.widget).attrs.setdefault("aria-label", str(field.label).capitalize())
        return field


class PortalStackedInline(Ordered, PlainChoices, StackedInline):
    """Blocks under a form, durations and decimals as people write them."""

    extra = 0
    formset = SentRows
    formfield_overrides = {**StackedInline.formfield_overrides, **FORM_FIELDS}


class PortalModelAdmin(PlainChoices, SimpleHistoryAdmin, ModelAdmin):
    """A page that answers its question in the first line and offers its verbs as buttons. Rows are not deleted unless `deletable`.

    Override `first_line` and `page_context`; set `verbs` and, for more above the form, `page_template`.
    """

    verbs: Sequence[Verb] = ()
    deletable = False
    page_template = ""
    empty_list = ""
    add_words = ""
    empty_value_display = "none"
    change_form_outer_before_template = "adminkit/page_top.html"
    formfield_overrides = FORM_FIELDS
    list_filter_sheet = False
    warn_unsaved_form = True
    save_on_top = False

    class Media:
        css = {"all": ("adminkit/adminkit.css",)}

    def first_line(self, thing: Any, now: datetime) -> str:
        """What the page was opened for, in one sentence. May be safe HTML."""
        return ""

    def page_context(self, request: HttpRequest, thing: Any, now: datetime) -> dict[str, Any]:
        """More for `page_template`."""
        return {}

    def links(self, request: HttpRequest, thing: Any) -> list[tuple[str, str, str]]:
        """Buttons that only lead somewhere: words, address, look ('primary' or 'default')."""
        return []

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return self.in_reach(request, super().get_queryset(request))

    def in_reach(self, request: HttpRequest, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """What is out of this reader's reach does not exist: in the list, on pages, in the history, as a choice."""
        if self.sees_all(request) or self.model._meta.label_lower not in PLACES:
            return masked_for(request.user, rows)
        return visible_to(request.user, rows, view_right(self.model))

    def sees_all(self, request: HttpRequest) -> bool:
        """Whether this reader's roles open every row."""
        return bool(super().has_view_permission(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By role, or by a grant that reaches `obj`; of the list, by one that reaches anything."""
        if super().has_view_permission(request, obj):
            return True
        right = view_right(self.model)
        return may(request.user, right, obj) if obj is not None else may_somewhere(request.user, right)

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        """Filters by other things name all of them, so whoever sees only some gets those by the row's own columns."""
        hidden = masked_columns(request.user, self.model)
        found = [each for each in super().get_list_filter(request) if _column(each) not in hidden]
        return found if self.sees_all(request) else [each for each in found if self._is_own_column(each)]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """An address that asks for what is not shown would tell it."""
        if request is not None and lookup.split("__")[0] in masked_columns(request.user, self.model):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def get_sortable_by(self, request: HttpRequest) -> Sequence[Any]:
        """So would the order of its rows."""
        hidden = masked_columns(request.user, self.model)
        found: Sequence[Any] = super().get_sortable_by(request)
        return [name for name in found if getattr(getattr(self, name, None), "admin_order_field", name) not in hidden] if hidden else found

    def _is_own_column(self, entry: Any) -> bool:
        return _column(entry) in {field.name for field in self.opts.fields if not field.is_relation}

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        hidden = masked_columns(request.user, self.model)
        return [name for name in super().get_search_fields(request) if name not in hidden]

    def offered(self, request: HttpRequest, thing: Any) -> list[Verb]:
        """The verbs that this reader may use on `thing` as it is."""
        return [verb for verb in self.verbs if verb.possible(thing) and self.may_use(request, verb, thing)]

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        """Whether this reader may press `verb`, whatever the state of `thing`."""
        return may(request.user, verb.permission, thing)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, DataError) as error:
            # A number in the address that no row can have; Django leads back to the list without it.
            raise IncorrectLookupParameters from error

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
            outcome, error = _attempt(lambda: verb.run(thing, actor=request.user, now=clock.now(), reason=reason, **data))
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

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        thing = kwargs.get("obj")
        context.update({"show_save_and_continue": False, "show_save_and_add_another": False, "page_template": self.page_template})
        if thing is not None:
            now = clock.now()
            verbs = [(verb, self.verb_address(thing, verb)) for verb in self.offered(request, thing)]
            context.update({"first_line": self.first_line(thing, now), "offered": verbs, "links": self.links(request, thing)})
            context["access_links"] = access_links(request, thing)
            context.update(self.page_context(request, thing, now))
        answer: HttpResponse = super().render_change_form(request, context, **kwargs)
        return answer

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """What rows are made from. They only read what was sent, so they share it: a copy for each set was half the time of a big save."""
        made = {"instance": obj, "prefix": prefix, "queryset": inline.get_queryset(request)}
        # No page here copies a thing by saving it as new, nor shows its rows in pages.
        return made | ({"data": request.POST, "files": request.FILES} if request.method == "POST" else {})

    def verb_address(self, thing: models.Model, verb: Verb) -> str:
        name = f"{self.admin_site.name}:{thing._meta.app_label}_{thing._meta.model_name}_do"
        return reverse(name, args=[thing.pk, verb.key])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and bool(super().has_delete_permission(request, obj))

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was is never written over what is."""
        return True

    def set_history_delta_changes(self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True) -> None:
        """Fields that no form edits, such as an incident's state, are what a history is read for."""
        records = list(historical_records)
        for record, older in pairwise(records):
            delta = record.diff_against(older, foreign_keys_are_objs=foreign_keys_are_objs)
            delta.changes.extend(_unedited_changes(older, record))
            words = self.get_historical_record_context_helper(request, record)
            record.history_delta_changes = words.context_for_delta_changes(delta)

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> HistoryInWords:
        return HistoryInWords(self.model, historical_record)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._require_reach(request, object_id)
        answer: HttpResponse = super().history_view(request, object_id, extra_context)
        return answer

    def _require_reach(self, request: HttpRequest, object_id: str) -> None:
        """The history of what is gone stays open to whoever sees all; for the others what is out of reach never was. What never changes has none."""
        if not hasattr(self.opts, "simple_history_manager_attribute"):
            raise Http404
        if not self.sees_all(request) and self.get_object(request, unquote(object_id)) is None:
            raise Http404
        if masked_columns(request.user, self.model):
            raise Http404

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None) -> HttpResponse:
        self._require_reach(request, object_id)
        if request.method != "GET":
            raise PermissionDenied
        request.portal_looks_back = True  # type: ignore[attr-defined]
        answer: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
        return answer


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

        answer, error = _attempt(saved)
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
        before = {name: _listed(thing, name) for name in many}
        super().save_related(request, form, formsets, change)
        for name in many:
            if _listed(thing, name) != before[name]:
                request.portal_act.details[name] = {"before": before[name], "after": _listed(thing, name)}  # type: ignore[attr-defined]
                request.portal_act.silent = False  # type: ignore[attr-defined]

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


def _column(entry: Any) -> str:
    """The column that a filter of a list asks about; empty for one that is a class of its own."""
    return entry if isinstance(entry, str) else entry[0] if isinstance(entry, tuple) else ""


def _unedited_changes(older: Any, record: Any) -> Iterator[ModelChange]:
    for field in older.tracked_fields:
        if not field.editable and not field.primary_key and getattr(older, field.attname) != getattr(record, field.attname):
            yield ModelChange(field.name, getattr(older, field.name), getattr(record, field.name))


def _tracked_lists(thing: Any) -> Sequence[Any]:
    history = getattr(type(thing), "history", None)
    return getattr(history.model, "_history_m2m_fields", ()) if history is not None else ()


def _listed(thing: Any, name: str) -> list[str]:
    return sorted(str(each) for each in getattr(thing, name).all())


def show_in(form: forms.BaseForm, error: PortalError) -> None:
    """Puts a refusal where its field is, or above the form."""
    if not isinstance(error, InvalidInput) or not error.fields:
        form.add_error(None, error.message)
        return
    for name, problems in error.fields.items():
        for problem in problems:
            form.add_error(name if name in form.fields else None, problem)


def _attempt(what: Callable[[], Any]) -> tuple[Any, PortalError | None]:
    """The answer, or the error that a person can be told; a refusal by the database says its guard's own words."""
    try:
        with transaction.atomic():
            try:
                return what(), None
            except PortalError as error:
                if not error.recorded:
                    raise
                return None, error
    except PortalError as error:
        return None, error
    except IntegrityError as error:
        said = str(error).splitlines()[0]
        known = {guard.message for _, group in database_guards.guards for guard in group if isinstance(guard, database_guards.Guard)}
        return None, PortalError(said if said in known else BUSY)
